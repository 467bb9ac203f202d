"""What each kind of fault must do to a client on the wire, the same for every vendor."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, assert_never

import httpx
import pytest

from fleet_tui.emulator.base import Emulator
from fleet_tui.emulator.faults import Fault, FaultKind
from tests.support.wait import eventually_async

SOON_S = 0.4
"""How long a client that must not be answered waits behind the effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, as httpx takes it."""

    method: str
    path: str
    more: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A vendor with more than one page of rows, ready to be asked. `follow` gives the request for the next page."""

    emulator: Emulator
    headers: Mapping[str, str]
    look: Ask
    act: Ask
    effects: Callable[[], int]
    rows: Callable[[Any], list[Any]]
    follow: Callable[[Any], Ask | None] | None = None


async def check_bites(probe: Probe, kind: FaultKind) -> None:
    """Raise AssertionError unless a fault of that kind shows, and is gone afterwards."""
    async with httpx.AsyncClient(base_url=probe.emulator.base_url, headers=dict(probe.headers)) as client:
        whole = await _sent(client, probe.look)
        assert whole.status_code == 200
        await _CHECKS[_family(kind)](probe, client, kind, whole)
        probe.emulator.faults.clear()
        assert (await _sent(client, probe.look)).json() == whole.json()


async def _refused(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    del whole
    status = {FaultKind.UNAUTHORIZED: 401, FaultKind.FORBIDDEN: 403, FaultKind.RATE_LIMITED: 429}.get(kind, 503)
    probe.emulator.faults.add(Fault(kind=kind, status=503, retry_after_s=7))
    before = probe.effects()
    for ask in (probe.look, probe.act):
        answer = await _sent(client, ask)
        assert answer.status_code == status
        expected = probe.emulator.error_body(status, retry_after_s=7)
        assert answer.json() == expected.body
        for name, value in expected.headers.items():
            assert name.lower() == "request-id" or answer.headers[name] == value
    assert (probe.effects() == before) is (kind is not FaultKind.ERROR_AFTER)


async def _foreign(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    del whole
    canned = Fault(kind=kind, status=418, headers=(("Content-Type", "text/plain"),), body=b'{"id": NaN')
    probe.emulator.faults.add(canned)
    answer = await _sent(client, probe.look)
    if kind is FaultKind.CANNED:
        assert (answer.status_code, answer.content) == (418, b'{"id": NaN')
    else:
        assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
        assert b"\x1b[2J" in answer.content


async def _silent(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    del whole
    probe.emulator.faults.add(Fault(kind=kind, drip_interval_s=60.0))
    before, asked = probe.effects(), len(probe.emulator.requests)
    waiting = asyncio.create_task(_sent(client, probe.act))

    async def was_heard() -> bool:
        heard = len(probe.emulator.requests) > asked
        return heard and (kind is FaultKind.HANG or probe.effects() != before)

    await eventually_async(was_heard, what="a request, and its effect where it has one")
    answered, _ = await asyncio.wait({waiting}, timeout=SOON_S)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert not answered
    assert (probe.effects() == before) is (kind is FaultKind.HANG)


async def _reset(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    del whole
    probe.emulator.faults.add(Fault(kind=kind))
    before = probe.effects()
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await _sent(client, probe.act)
    assert (probe.effects() == before) is (kind is FaultKind.RESET_BEFORE)


async def _misshapen(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    probe.emulator.faults.add(Fault(kind=kind))
    answer = await _sent(client, probe.look)
    assert answer.status_code == 200
    if kind is FaultKind.TRUNCATED_JSON:
        assert whole.content.startswith(answer.content)
        assert len(answer.content) < len(whole.content)
    else:
        assert type(answer.json()) is not type(whole.json())


async def _other_rows(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    probe.emulator.faults.add(Fault(kind=kind))
    rows, told = probe.rows(whole.json()), probe.rows((await _sent(client, probe.look)).json())
    assert len(rows) > 2
    if kind is FaultKind.DUPLICATE_IDS:
        assert len(told) > len(rows)
        assert {row["id"] for row in told} == {row["id"] for row in rows}
    else:
        assert len(told) < len(rows)


async def _endless(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    probe.emulator.faults.add(Fault(kind=kind))
    if probe.follow is None:
        assert (await _sent(client, probe.look)).json() == whole.json()
        return
    ask: Ask | None = probe.look
    for _ in range(12):
        assert ask is not None, "the pages ended"
        body = (await _sent(client, ask)).json()
        assert probe.rows(body) == probe.rows(whole.json())
        ask = probe.follow(body)


async def _skewed(probe: Probe, client: httpx.AsyncClient, kind: FaultKind, whole: httpx.Response) -> None:
    probe.emulator.faults.add(Fault(kind=kind, skew_s=7200.0))
    answer = await _sent(client, probe.look)
    assert answer.json() != whole.json()
    told = parsedate_to_datetime(answer.headers["Date"])
    assert abs(told - probe.emulator.clock() - timedelta(hours=2)) < timedelta(seconds=2)


_CHECKS = {check.__name__: check for check in (_refused, _foreign, _silent, _reset, _misshapen, _other_rows, _endless)}
_CHECKS[_skewed.__name__] = _skewed


def _family(kind: FaultKind) -> str:
    match kind:
        case FaultKind.UNAUTHORIZED | FaultKind.FORBIDDEN | FaultKind.RATE_LIMITED:
            return "_refused"
        case FaultKind.SERVER_ERROR | FaultKind.ERROR_AFTER:
            return "_refused"
        case FaultKind.GATEWAY_HTML | FaultKind.CANNED:
            return "_foreign"
        case FaultKind.HANG | FaultKind.HANG_AFTER | FaultKind.SLOW_DRIP:
            return "_silent"
        case FaultKind.RESET_BEFORE | FaultKind.RESET_AFTER:
            return "_reset"
        case FaultKind.TRUNCATED_JSON | FaultKind.WRONG_JSON:
            return "_misshapen"
        case FaultKind.DUPLICATE_IDS | FaultKind.VANISHED_ROWS:
            return "_other_rows"
        case FaultKind.ENDLESS_CURSOR:
            return "_endless"
        case FaultKind.CLOCK_SKEW:
            return "_skewed"
        case _:
            assert_never(kind)


async def _sent(client: httpx.AsyncClient, ask: Ask) -> httpx.Response:
    return await client.request(ask.method, ask.path, timeout=30, **ask.more)
