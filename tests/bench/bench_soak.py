"""Eight hours of a busy fleet driven faster than time through the real console: what its memory grows by.

python -m tests.bench.bench_soak [--agents 2000] [--hours 8]
"""

import argparse
import asyncio
import gc
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import psutil
from textual.pilot import Pilot

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.ui.app import FleetApp
from tests.bench.report import figure, heading
from tests.support.capture import CaptureDriver, captured
from tests.support.consoles import Desk
from tests.support.facts import NOW, resource, status, total, vitals
from tests.support.wait import eventually_async

SIZE = (160, 45)
POLL_S = 5.0
MEGABYTE = 1e6
WARM_HOURS = 1.0
_PHASES = (Phase.RUNNING, Phase.IDLE, Phase.WAITING, Phase.STUCK, Phase.PAUSED)
_FORGOTTEN_POLLS = 12
"""So many polls after its end the provider lists an agent no more."""
_BEHIND = 20
_KEYS = ("j", "pagedown", "k", "2", "1", "G", "g", "space", "U")


class Churn:
    """One per cent changes at every poll; at every poll one agent ends and a new one begins."""

    def __init__(self, agents: int) -> None:
        self.rows: list[Resource] = [self._begun(number) for number in range(agents)]
        self.next: int = agents
        self.polls: int = 0
        self.ended: deque[ResourceKey] = deque()

    def _begun(self, number: int) -> Resource:
        name = f"worker-{number}"
        return resource(f"sbx-{number}", agent=name, team=f"team-{number % 7}", task=f"task {number}", since_s=0)

    def first(self) -> FleetDelta:
        return FleetDelta(
            store_id="soak",
            revision=1,
            whole=True,
            resources=tuple(self.rows),
            statuses=(status("e2b", cadence_s=POLL_S * 1000),),
        )

    def deltas(self, polls: int) -> Iterator[FleetDelta]:
        for _ in range(polls):
            yield self._poll()

    def _poll(self) -> FleetDelta:
        self.polls += 1
        now = NOW + timedelta(seconds=self.polls * POLL_S)
        step = max(1, len(self.rows) // 100)
        touched = [(self.polls * step + offset) % len(self.rows) for offset in range(step)]
        changed: list[Resource] = []
        for index in touched[1:]:
            row = self.rows[index]
            phase = _PHASES[(self.polls + index) % len(_PHASES)]
            self.rows[index] = replace(row, phase=replace(row.phase, phase=phase, since=now))
            changed.append(self.rows[index])
        at = touched[0]
        dead = self.rows[at]
        changed.append(replace(dead, phase=replace(dead.phase, phase=Phase.ENDED_OK, since=now)))
        self.ended.append(dead.key)
        self.rows[at] = self._begun(self.next)
        self.next += 1
        changed.append(self.rows[at])
        gone = (self.ended.popleft(),) if len(self.ended) > _FORGOTTEN_POLLS else ()
        beats = tuple(replace(vitals(row.key), at=now, signal_at=now) for row in changed[: step // 2])
        money = total(f"worker-{touched[-1] % 500}", f"{self.polls / 100:.2f}", team="team-1")
        return FleetDelta(
            store_id="soak",
            revision=1 + self.polls,
            resources=tuple(changed),
            gone=gone,
            vitals=beats,
            totals=(money,),
            statuses=(status("e2b", cadence_s=POLL_S * 1000),),
        )


async def read(desk: Desk) -> None:
    """Until the console's reading thread has come near the newest delta."""

    async def near() -> bool:
        return desk.reader.waiting < _BEHIND

    await eventually_async(near, timeout_s=600, what="the console's reading")


async def drive(desk: Desk, app: FleetApp, pilot: Pilot[None], churn: Churn, polls: int) -> None:
    """So many polls, with a key now and then."""
    reached = 1 + churn.polls
    for number, delta in enumerate(churn.deltas(polls)):
        desk.time.pass_s(POLL_S)
        desk.reader.put(delta)
        reached = delta.revision
        if number % 60 == 0:
            await pilot.press(_KEYS[(number // 60) % len(_KEYS)])
        if number % 20 == 0:
            await pilot.pause()
            captured(pilot).writes.clear()
        if number % 20 == 0:
            await read(desk)

    async def taken() -> bool:
        await pilot.pause()
        return app.model.revision >= reached

    await eventually_async(taken, timeout_s=600, what="the last delta")
    captured(pilot).writes.clear()


def held() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MEGABYTE


async def run(agents: int, hours: float) -> None:
    churn = Churn(agents)
    desk = Desk(churn.first())
    app = FleetApp(desk.session, driver_class=CaptureDriver)
    per_hour = int(3600 / POLL_S)
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await drive(desk, app, pilot, churn, int(WARM_HOURS * per_hour))
        begun = held()
        seen: list[float] = []
        for _ in range(int(hours)):
            await drive(desk, app, pilot, churn, per_hour)
            seen.append(held())
        rows, known = len(app.model.fleet), len(app.model.agents)
    heading(
        f"{hours:.0f} hours of churn at {agents:,} agents after {WARM_HOURS:.0f} to warm up: "
        f"{churn.next:,} agents came, {churn.next - agents:,} of them went"
    )
    figure("memory grew by", seen[-1] - begun, "MB", at_most=10.0, beside=f"({begun:.0f} MB -> {seen[-1]:.0f} MB)")
    figure("most of any hour", max(seen) - begun, "MB", at_most=10.0)
    figure("rows in FLEET at the end", rows, "", beside=f"({known:,} agents known)")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=2000)
    parser.add_argument("--hours", type=float, default=8.0)
    options = parser.parse_args(argv)
    asyncio.run(run(options.agents, options.hours))


if __name__ == "__main__":
    main()
