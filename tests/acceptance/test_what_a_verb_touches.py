"""A verb on what runs touches only what runs, however much the same team holds; what is final has a verb of its own."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.mem0_platform import Mem0Platform
from fleet_tui.emulator.mem0_server import Mem0Server
from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.world import Vendor
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with, mem0_server_with, mem0_with, stripe_with
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

RUNS = {"process", "sandbox"}
HELD = {"memory_scope", "api_key", "account", "customer", "meter", "subscription"}
READS = {"/v3/memories/", "/v1/invoices/create_preview", "/api-keys"}
"""What is asked by POST and changes nothing; the last is the test's own."""
METER = 'rules = [{ field = "name", match = "^agent_minutes$", agent = "ada" }]'
LOCAL = '[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n'


class World:
    """Agent ada of team x holds one of every kind, agent bob of team y has a sandbox."""

    def __init__(self, place: Place, vendors: Vendors) -> None:
        ada = agent("ada", Vendor.E2B, Vendor.DAYTONA, Vendor.MEM0, Vendor.STRIPE, team="x")
        bob = agent("bob", Vendor.E2B, team="y")
        self.place = place
        self.vendors = vendors
        self.e2b: E2BEmulator = vendors.start(e2b_with(ada, bob))
        self.daytona: DaytonaEmulator = vendors.start(daytona_with(ada))
        self.mem0: Mem0Platform = vendors.start(mem0_with(ada))
        self.server: Mem0Server = vendors.start(mem0_server_with(ada))
        self.stripe: StripeEmulator = vendors.start(stripe_with(ada))
        made_key(self.server)
        place.write(
            LOCAL,
            place.source(self.e2b),
            place.source(self.daytona),
            place.source(self.mem0),
            place.source(self.server),
            place.source(self.stripe, more=METER),
        )
        place.run("run", "--name", "ada", "--team", "x", "--", "sleep", "1000").ok()

    def rows(self) -> dict[str, dict[str, Any]]:
        """By source, kind and id, as a command may name them."""
        rows = self.place.run("ls", "--resources", "--json").ok().rows
        return {f"{row['source']}/{row['kind']}/{row['id']}": row for row in rows}

    def of_kind(self, kind: str, **more: str) -> dict[str, dict[str, Any]]:
        return {
            key: row
            for key, row in self.rows().items()
            if row["kind"] == kind and all(row[k] == v for k, v in more.items())
        }

    def changes(self) -> list[tuple[str, str, str]]:
        """Every request that may have changed something at a vendor of what is only held."""
        return [
            (emulator.name, seen.method, seen.path)
            for emulator in (self.mem0, self.server, self.stripe)
            for seen in self.vendors.on_loop(lambda emulator=emulator: list(emulator.requests))  # type: ignore[misc]
            if seen.method != "GET" and seen.path not in READS
        ]


def made_key(server: Mem0Server) -> None:
    """Somebody made a key on the self-hosted server."""
    asked = urllib.request.Request(
        f"{server.base_url}/api-keys",
        data=json.dumps({"label": "ci"}).encode(),
        headers={"X-API-Key": server.default_key, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        assert answer.status == 201


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all that is refused; what changes it stands last."""
    from tests.acceptance.harness import place_in

    vendors = Vendors()
    with place_in(tmp_path_factory.mktemp("world") / "place") as place:
        yield World(place, vendors)
    vendors.close()


def test_one_agent_holds_one_of_every_kind(world: World) -> None:
    (ada,) = [row for row in world.place.run("ls", "agent:ada", "--json").ok().rows if row["name"] == "ada"]
    kinds = Counter(resource["kind"] for resource in ada["resources"])
    assert kinds["process"] == 1
    assert kinds["sandbox"] == 2
    assert set(kinds) >= {"memory_scope", "customer", "meter", "subscription"}
    assert ada["team"] == "x"
    assert len(world.of_kind("api_key")) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["kill", "team:x", "--yes", "--expect", "9"], 3, "--expect 9, but the plan has 3"),
        (["kill", "team:x", "--yes"], 3, "--expect 3"),
        (["kill", "team:x"], 3, "without a terminal it needs --yes"),
        (["kill", "team:nobody", "--yes", "--expect", "1"], 3, "matches nothing"),
        (["pause", "kind:meter", "--yes"], 3, "pause does not touch a meter: use disable"),
        (["kill", "source:daytona", "--yes", "--expect", "2"], 3, "but the plan has 1"),
        (["kill", "--yes"], 2, "all:"),
        (["kill", "ad", "--yes"], 2, "ada"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_not_exactly_what_was_meant_does_nothing(world: World, words: list[str], code: int, says: str) -> None:
    before = alive(world)
    ran = world.place.run(*words)
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert alive(world) == before
    assert world.changes() == []


@pytest.mark.parametrize(
    ("verb", "kind", "right"),
    [
        ("kill", "customer", "no verb here does"),
        ("pause", "subscription", "cancel"),
        ("kill", "meter", "disable"),
        ("restart", "api_key", "revoke"),
        ("delete", "sandbox", "kill"),
        ("cancel", "meter", "disable"),
        ("revoke", "subscription", "cancel"),
        ("disable", "memory_scope", "delete"),
        ("delete", "customer", "no verb here does"),
    ],
)
def test_a_verb_refuses_another_kind_and_names_the_right_verb(world: World, verb: str, kind: str, right: str) -> None:
    key, row = next(iter(world.of_kind(kind).items()))
    final = verb in {"delete", "cancel", "revoke", "disable"}
    words = [key, "--yes", "--word", f"{verb} 1"] if final else [row["id"], "--yes"]
    ran = world.place.run(verb, *words)
    assert (ran.code, ran.out) == (3, "")
    assert f"{verb} does not touch a" in ran.err
    assert right in ran.err
    assert world.changes() == []


@pytest.mark.parametrize("more", [[], ["--yes"], ["--yes", "--word", "cancel 2"], ["--yes", "--word", "y"]], ids=str)
def test_a_final_verb_without_its_word_does_nothing(world: World, more: list[str]) -> None:
    (subscription,) = world.of_kind("subscription", agent="ada")
    ran = world.place.run("cancel", subscription, *more)
    assert (ran.code, ran.out) == (3, "")
    assert "cancel 1" in ran.err
    assert world.changes() == []


def alive(world: World) -> set[str]:
    """What runs, by id."""
    return {row["id"] for row in world.rows().values() if row["kind"] in RUNS and row["phase"] == "running"}


def test_kill_over_a_team_that_holds_everything_changes_what_runs_and_nothing_else(world: World) -> None:
    before = {key: row["raw_state"] for key, row in world.rows().items() if row["kind"] in HELD}
    others = {row["id"] for row in world.of_kind("sandbox", agent="bob").values()}

    ran = world.place.run("kill", "team:x", "--yes", "--expect", "3", "--json").ok()

    assert Counter((row["kind"], row["outcome"]) for row in ran.rows) == {
        ("process", "done"): 1,
        ("sandbox", "done"): 2,
    }
    assert world.vendors.on_loop(lambda: set(world.e2b.boxes.by_id)) == others
    assert len(world.vendors.asked(world.daytona, "DELETE")) == 1
    assert world.changes() == []
    assert {key: row["raw_state"] for key, row in world.rows().items() if row["kind"] in HELD} == before
    eventually(lambda: alive(world) == others, what="a listing without them")


@pytest.mark.parametrize(
    ("verb", "kind", "path"),
    [
        ("delete", "memory_scope", "/v2/entities/agent/ada/"),
        ("revoke", "api_key", "/api-keys/"),
        ("cancel", "subscription", "/v1/subscriptions/{id}"),
    ],
)
def test_what_is_final_is_done_by_its_own_verb_and_word(world: World, verb: str, kind: str, path: str) -> None:
    which = {"source": "mem0", "agent": "ada"} if kind == "memory_scope" else {}
    key, row = next(iter(world.of_kind(kind, **which).items()))
    is_done(world, verb, key, path.format(id=row["id"]))


def test_a_meter_is_switched_off_and_on_again(world: World) -> None:
    key, row = next(iter(world.of_kind("meter").items()))
    is_done(world, "disable", key, f"/v1/billing/meters/{row['id']}/deactivate")
    eventually(lambda: world.of_kind("meter")[key]["raw_state"] == "inactive", what="a listing that shows it off")
    is_done(world, "enable", key, f"/v1/billing/meters/{row['id']}/reactivate")
    eventually(lambda: world.of_kind("meter")[key]["raw_state"] == "active", what="a listing that shows it on")


def is_done(world: World, verb: str, key: str, path: str) -> None:
    """One request to the vendor, and its line in the audit."""
    before = len(world.changes())
    ran = world.place.run(verb, key, "--yes", "--word", f"{verb} 1", "--json", "--why", "the trial ended").ok()

    (outcome,) = ran.rows
    assert outcome["outcome"] == "done"
    (change,) = world.changes()[before:]
    assert path in change[2]
    (line,) = [line for line in world.place.run("audit", "--json").rows if line["what"] == verb]
    assert (line["outcome"], line["why"]) == ("done", "the trial ended")
