"""What the emulators answer is what the vendors' official specifications say."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import State
from fleet_tui.emulator.daytona_wire import ORGANIZATION_ID
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.e2b_wire import TEAM_ID
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import seed_world
from tests.support.clock import MovableClock
from tests.support.corpora import Corpora
from tests.support.specs import Spec, Specs

pytestmark = pytest.mark.specs


class Checked:
    """Sends a request and holds the answer against the specification."""

    def __init__(self, client: httpx.AsyncClient, spec: Spec) -> None:
        self.client = client
        self.spec = spec

    async def ask(self, method: str, path: str, *, status: int, query: Any = None, body: Any = None, **at: str) -> Any:
        """`path` is the specification's, `at` fills its braces; returns the decoded body, None when there is none."""
        answer = await self.client.request(method, path.format(**at), params=query, json=body)
        assert answer.status_code == status, answer.text
        decoded = answer.json() if answer.content else None
        self.spec.check(method, path, status, decoded)
        return decoded


@pytest.fixture
async def e2b_asked(e2b: E2BEmulator, clock: MovableClock, specs: Specs) -> AsyncIterator[Checked]:
    e2b.fill(seed_world(200, 5, clock()))
    headers = {"X-API-Key": e2b.default_key}
    async with httpx.AsyncClient(base_url=e2b.base_url, headers=headers, timeout=5) as client:
        yield Checked(client, specs.read("e2b.yaml"))


@pytest.fixture
async def daytona_raw(daytona: DaytonaEmulator, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    daytona.fill(seed_world(300, 5, clock()))
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers, timeout=5) as client:
        yield client


async def test_e2b_reads_as_specified(e2b_asked: Checked, clock: MovableClock) -> None:
    rows = await e2b_asked.ask("GET", "/v2/sandboxes", status=200)
    assert len(rows) == 100
    await e2b_asked.ask("GET", "/sandboxes", status=200)
    box_id = rows[-1]["sandboxID"]
    running = [row["sandboxID"] for row in rows if row["state"] == "running"]
    for row in rows:
        await e2b_asked.ask("GET", "/sandboxes/{sandboxID}", status=200, sandboxID=row["sandboxID"])
    metrics = "/sandboxes/{sandboxID}/metrics"
    await e2b_asked.ask("GET", metrics, status=200, sandboxID=running[0])
    many = {"sandbox_ids": ",".join(running)}
    assert (await e2b_asked.ask("GET", "/sandboxes/metrics", status=200, query=many))["sandboxes"].keys() == {*running}
    assert (await e2b_asked.ask("GET", "/v2/sandboxes/{sandboxID}/logs", status=200, sandboxID=box_id))["logs"]
    await e2b_asked.ask("GET", "/sandboxes/{sandboxID}/logs", status=200, sandboxID=box_id)
    await e2b_asked.ask("GET", "/teams/{teamID}/metrics", status=200, teamID=TEAM_ID)
    await e2b_asked.ask("GET", "/teams/{teamID}/metrics", status=403, teamID="another")


async def test_e2b_acts_as_specified(e2b_asked: Checked) -> None:
    ask = e2b_asked.ask
    body = {"templateID": "base", "timeout": 60, "metadata": {"fleet.agent": "x"}}
    at = {"sandboxID": (await ask("POST", "/sandboxes", status=201, body=body))["sandboxID"]}
    await ask("POST", "/sandboxes/{sandboxID}/timeout", status=204, body={"timeout": 90}, **at)
    await ask("POST", "/sandboxes/{sandboxID}/refreshes", status=204, body={"duration": 900}, **at)
    await ask("POST", "/sandboxes/{sandboxID}/connect", status=200, body={"timeout": 90}, **at)
    await ask("POST", "/sandboxes/{sandboxID}/pause", status=204, **at)
    await ask("POST", "/sandboxes/{sandboxID}/pause", status=409, **at)
    await ask("POST", "/sandboxes/{sandboxID}/connect", status=201, body={"timeout": 90}, **at)
    await ask("POST", "/sandboxes/{sandboxID}/resume", status=409, body={"timeout": 90}, **at)
    await ask("DELETE", "/sandboxes/{sandboxID}", status=204, **at)
    for method, path in (
        ("DELETE", "/sandboxes/{sandboxID}"),
        ("GET", "/sandboxes/{sandboxID}"),
        ("POST", "/sandboxes/{sandboxID}/pause"),
    ):
        await ask(method, path, status=404, **at)
    await ask("POST", "/sandboxes", status=400, body={})


@pytest.mark.corpora
async def test_e2b_words_every_error_as_the_corpus_does(e2b: E2BEmulator, e2b_asked: Checked, corpora: Corpora) -> None:
    rows = [row for row in corpora.rows("vendor_errors.jsonl") if row["vendor"] == "e2b"]
    assert rows
    for row in rows:
        e2b.faults.add(Fault(kind=FaultKind.SERVER_ERROR, status=int(row["status"]), times=1))
        answer = await e2b_asked.client.get("/v2/sandboxes")
        assert answer.status_code == int(row["status"])
        assert answer.headers["Content-Type"].startswith(row["content_type"])
        assert {"code", "message"} <= answer.json().keys() <= row["body"].keys()
        e2b_asked.spec.check_schema(e2b_asked.spec.component("Error"), answer.json(), what=row["op"])


async def test_daytona_reads_as_specified(
    daytona: DaytonaEmulator, daytona_raw: httpx.AsyncClient, clock: MovableClock, specs: Specs
) -> None:
    asked = Checked(daytona_raw, specs.read("daytona-api.json"))
    daytona.advance(clock.move(700))
    page = await asked.ask("GET", "/sandbox", status=200, query={"limit": 200})
    assert {row["state"] for row in page["items"]} >= {"started", "paused", "error"}
    for row in page["items"][:40]:
        await asked.ask("GET", "/sandbox/{sandboxIdOrName}", status=200, sandboxIdOrName=row["id"])
    running = next(row["id"] for row in page["items"] if row["state"] == "started")
    span = {"from": (clock() - timedelta(hours=1)).isoformat(), "to": clock().isoformat()}
    at = {"sandboxId": running}
    metrics = await asked.ask("GET", "/sandbox/{sandboxId}/telemetry/metrics", status=200, query=span, **at)
    assert len(metrics["series"]) == 7
    assert (await asked.ask("GET", "/sandbox/{sandboxId}/telemetry/logs", status=200, query=span, **at))["items"]
    await asked.ask("GET", "/sandbox/{sandboxId}/toolbox-proxy-url", status=200, **at)
    await asked.ask("GET", "/config", status=200)
    await asked.ask("GET", "/organizations/{organizationId}/usage", status=200, organizationId=ORGANIZATION_ID)


async def test_daytona_acts_as_specified(
    daytona: DaytonaEmulator, daytona_raw: httpx.AsyncClient, clock: MovableClock, specs: Specs
) -> None:
    asked = Checked(daytona_raw, specs.read("daytona-api.json"))
    at = {"sandboxIdOrName": (await asked.ask("POST", "/sandbox", status=200, body={"labels": {"a": "b"}}))["id"]}
    clock.move(5)
    one = "/sandbox/{sandboxIdOrName}"
    await asked.ask("PUT", f"{one}/labels", status=200, body={"labels": {"fleet.agent": "x"}}, **at)
    for timer in ("autostop/{interval}", "autopause/{interval}", "autoarchive/{interval}", "autodelete/{interval}"):
        await asked.ask("POST", f"{one}/{timer}", status=200, interval="60", **at)
    await asked.ask("POST", one + "/ttl/{ttlMinutes}", status=200, ttlMinutes="60", **at)
    for verb in ("pause", "start", "stop", "archive"):
        await asked.ask("POST", f"{one}/{verb}", status=200, **at)
        clock.move(30)
    await asked.ask("POST", f"{one}/start", status=200, **at)
    clock.move(30)
    box = daytona.boxes.by_id[at["sandboxIdOrName"]]
    daytona.advance(clock())
    daytona.boxes.fail(box, clock(), reason="out of memory", recoverable=True)
    assert box.state is State.ERROR
    await asked.ask("POST", f"{one}/recover", status=200, **at)
    clock.move(30)
    await asked.ask("POST", f"{one}/resize", status=200, body={"cpu": 2}, **at)
    clock.move(30)
    await asked.ask("DELETE", one, status=200, **at)


async def test_daytona_charges_as_specified(
    daytona_raw: httpx.AsyncClient, daytona: DaytonaEmulator, clock: MovableClock, specs: Specs
) -> None:
    asked = Checked(daytona_raw, specs.read("daytona-analytics.json"))
    span = {"from": (clock() - timedelta(days=2)).isoformat(), "to": clock().isoformat()}
    usage, organization = "/organization/{organizationId}", {"organizationId": ORGANIZATION_ID}
    rows = await asked.ask("GET", f"{usage}/usage/sandbox", status=200, query=span, **organization)
    assert sum(row["totalPrice"] for row in rows) > 0
    await asked.ask("GET", f"{usage}/usage/aggregated", status=200, query=span, **organization)
    await asked.ask("GET", f"{usage}/usage/chart", status=200, query=span, **organization)
    at = {"sandboxId": rows[0]["sandboxId"], **organization}
    for what in ("usage", "telemetry/metrics", "telemetry/logs"):
        path = usage + "/sandbox/{sandboxId}/" + what
        assert await asked.ask("GET", path, status=200, query=span, **at)


def test_the_check_itself_can_fail(specs: Specs) -> None:
    spec = specs.read("e2b.yaml")
    with pytest.raises(AssertionError, match="differs"):
        spec.check("GET", "/v2/sandboxes", 200, [{"sandboxID": 7}])
    with pytest.raises(AssertionError, match="never answers 418"):
        spec.check("GET", "/v2/sandboxes", 418, None)
