"""The deterministic simulation: the real engine, a hostile vendor, a full disk, crashes at any step, one seed.

`python -m fleet_tui.testing.simulation --seeds N` runs many; a broken invariant prints its seed.
"""

import argparse
import asyncio
import hashlib
import logging
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet_tui.domain.action import Intent, IntentId, Params, Verb
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.phase import ENDED
from fleet_tui.testing.fake_adapter import FakeAdapter, Weather
from fleet_tui.testing.fake_vendor import FakeVendor
from fleet_tui.testing.inline import DurableFile
from fleet_tui.testing.invariants import BrokenInvariant, broken_at_the_end, broken_now
from fleet_tui.testing.life import Life
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.rig import SOURCE
from fleet_tui.testing.times import Times
from fleet_tui.testing.virtual_time import LoopClock, run_virtually

HOURS: Final = 1.0
SLOTS: Final = tuple(f"s{number}" for number in range(8))
VERBS: Final = (Verb.KILL, Verb.KILL, Verb.RESTART, Verb.PAUSE, Verb.RESUME, Verb.EXTEND)
LONGEST_TERM: Final = timedelta(minutes=15)
CALM_S: Final = 1200.0
LAST_READING_S: Final = 200.0
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What a machine without a battery says until somebody tells it the time. A change to summer time is none in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one seed did."""

    seed: int
    trace: str
    """A hash over everything that happened, in order."""
    actions: int
    lives: int
    simulated_s: float
    outcomes: tuple[Outcome, ...]


class World:
    """Everything that is not the collector: the vendor's life, the operators, the weather, and fate."""

    def __init__(self, seed: int, *, fenced: bool = True) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - a die, not a key
        self.clock = LoopClock()
        self.store = MemoryStore()
        self.vendor = FakeVendor()
        self.times = Times(self.clock, self.store)
        self.durable_file = DurableFile()
        self.lives = 0
        self._trace = hashlib.sha256()
        self._fenced = fenced
        self._calm = False
        self._life: Life | None = None
        self._weather = Weather(fault_share=self.chance.choice((0.0, 0.1, 0.3, 0.6)))
        self._crash_share = self.chance.choice((0.0, 0.002, 0.01))
        self._jump_share = self.chance.choice((0.0, 0.02, 0.1))
        self._adapter: FakeAdapter | None = None
        self._intents = 0

    async def run(self) -> Run:
        """An hour of trouble, then calm until everything has settled."""
        supervisor = asyncio.create_task(self._keep_alive())
        trouble_until = HOURS * 3600
        while self.clock.monotonic_s() < trouble_until:
            await asyncio.sleep(self.chance.expovariate(1 / 20))
            self._happen()
            self._check()
        self._calm = True
        if self._life is not None:
            self._life.disk_full, self._life.crash_share = False, 0.0
        if self._adapter is not None:
            self._adapter.weather = Weather()
        await self._until_settled(supervisor)
        supervisor.cancel()
        if self._life is not None:
            self._life.crash()
        self._trace.update(repr(sorted(self.store.actions)).encode())
        if broken := list(broken_at_the_end(self.store, self.vendor, self.times)):
            raise BrokenInvariant(self.seed, broken)
        return Run(
            seed=self.seed,
            trace=self._trace.hexdigest(),
            actions=len(self.store.actions),
            lives=self.lives,
            simulated_s=self.clock.monotonic_s(),
            outcomes=tuple(settled.outcome for settled in self.store.settled),
        )

    async def _until_settled(self, supervisor: asyncio.Task[None]) -> None:
        deadline = self.clock.monotonic_s() + LONGEST_TERM.total_seconds() + CALM_S
        calm_since = self.clock.monotonic_s()
        while self.clock.monotonic_s() < deadline:
            await asyncio.sleep(5)
            if supervisor.done():
                supervisor.result()
            self.vendor.expire(self.clock.true_now())
            self._check()
            settled = not self.store.intents and not self.store.unsettled()
            if settled and self.clock.monotonic_s() - calm_since > CALM_S / 2:
                break
        # The world stands still until everybody has read it.
        await asyncio.sleep(LAST_READING_S)

    async def _keep_alive(self) -> None:
        while True:
            self.lives += 1
            self._adapter = FakeAdapter(
                self.vendor,
                source=SOURCE,
                clock=self.clock,
                chance=self.chance,
                weather=Weather() if self._calm else self._weather,
                fenced=self._fenced,
                on_call=self._note,
                vendor_now=self.clock.true_now,
                on_listing=self.times.listed,
            )
            self._life = Life(
                clock=self.clock,
                store=self.store,
                durable_file=self.durable_file,
                adapter=self._adapter,
                chance=self.chance,
                crash_share=0.0 if self._calm else self._crash_share,
            )
            await self._life.over()
            self._note("crashed")
            await asyncio.sleep(self.chance.choice((0.0, 1.0, 30.0, 0.0 if self._calm else 400.0)))

    def _note(self, what: str) -> None:
        self._trace.update(f"{self.clock.monotonic_s():.3f} {what}\n".encode())

    def _check(self) -> None:
        if broken := list(broken_now(self.store, self.vendor, self.times)):
            raise BrokenInvariant(self.seed, broken)

    def _happen(self) -> None:
        """One thing, drawn at random."""
        if self.chance.random() < self._jump_share:
            self._set_the_clock()
        now, chance = self.clock.true_now(), self.chance
        self.vendor.expire(now)
        slot = chance.choice(SLOTS)
        match chance.randrange(12):
            case 0 | 1:
                ttl = timedelta(minutes=chance.randrange(1, 40)) if chance.random() < 0.3 else None  # noqa: PLR2004
                labels = {"fleet.agent": f"a-{slot}"}
                if chance.random() < 0.5:  # noqa: PLR2004
                    labels["fleet.task"] = f"t-{slot}"
                self.vendor.start(slot, now, labels=labels, ttl=ttl)
            case 2 if slot in self.vendor.boxes:
                self.vendor.end(slot, now, by=None)
            case 3 if slot in self.vendor.boxes:
                # Somebody else restarts it.
                self.vendor.boxes[slot].generation += 1
            case 4 if slot in self.vendor.boxes:
                self.vendor.boxes[slot].paused = not self.vendor.boxes[slot].paused
            case 5 if slot in self.vendor.boxes:
                self.vendor.boxes[slot].signal_at = now
            case 6 if self._life is not None:
                self._life.disk_full = not self._life.disk_full and chance.random() < 0.5  # noqa: PLR2004
            case 7 if self._life is not None and chance.random() < 0.2:  # noqa: PLR2004
                self._life.crash()
            case _:
                self._submit()

    def _set_the_clock(self) -> None:
        """NTP corrects it, somebody sets it, a board without a battery forgets it, or a lid is closed for a while."""
        truth, wall, chance = self.clock.true_now(), self.clock.now(), self.chance
        match chance.randrange(6):
            case 0:
                by = timedelta(hours=1)
            case 1:
                by = timedelta(hours=-1)
            case 2:
                by = timedelta(seconds=chance.uniform(-5, 5))
            case 3:
                by = EPOCH - wall
            case 4:
                by = truth - wall
            case _:
                asleep = timedelta(seconds=chance.uniform(10, 3600))
                self._note(f"asleep for {asleep}")
                return self.times.suspend(asleep)
        self._note(f"clock set by {by}")
        return self.times.jump(by)

    def _submit(self) -> None:
        """An operator acts on what the store shows, which may be old."""
        chance, now = self.chance, self.clock.now()
        shown = sorted((r for r in self.store.known(SOURCE) if r.phase.phase not in ENDED), key=lambda r: r.key)
        if not shown:
            return
        self._intents += 1
        targets = chance.sample(shown, chance.randint(1, min(3, len(shown))))
        verb = chance.choice(VERBS)
        intent = Intent(
            intent_id=IntentId(f"i{self._intents:04}"),
            verb=verb,
            params=Params(now=chance.random() < 0.5, extend_s=600 if verb is Verb.EXTEND else None),  # noqa: PLR2004
            targets=tuple(row.target for row in targets),
            actor="operator",
            host="here",
            why="",
            submitted_at=now,
            not_after=now + chance.choice((timedelta(minutes=1), timedelta(minutes=5), LONGEST_TERM)),
            via="console",
        )
        self._note(f"submit {intent.intent_id} {verb}")
        self.times.submitted(intent)
        self.store.submit(intent, {})


def simulate(seed: int, *, fenced: bool = True) -> Run:
    """One run. Raises BrokenInvariant, which names the seed."""

    async def main() -> Run:
        return await World(seed, fenced=fenced).run()

    return run_virtually(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run many seeds; 1 when any broke an invariant."""
    parser = argparse.ArgumentParser(description="Run the deterministic simulation of the engine.")
    parser.add_argument("--seeds", type=int, default=50, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    options = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    began, broken, simulated_s, actions, lives = time.monotonic(), 0, 0.0, 0, 0
    for seed in range(options.first, options.first + options.seeds):
        try:
            run = simulate(seed)
        except BrokenInvariant as error:
            broken += 1
            print(error, file=sys.stderr)  # noqa: T201 - a command talks on stderr
            continue
        simulated_s += run.simulated_s
        actions += run.actions
        lives += run.lives
    took_s = time.monotonic() - began
    print(  # noqa: T201 - what this command is for
        f"{options.seeds} seeds, {simulated_s / 3600:.0f} simulated hours, {actions} actions, {lives} lives, "
        f"{broken} broken, {took_s:.1f} s"
    )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
