"""A console for tests: the real app over a store that lives in memory and remembers what was submitted."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot
from typing_extensions import override

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Word, acknowledged
from fleet_tui.domain.action import Intent
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.attention import Item
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.history import Recorded, Sample, Spent
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.domain.reach import ReachHour
from fleet_tui.domain.record import AuditRow, HandOver, WantedKind
from fleet_tui.domain.resource import Event, Resource
from fleet_tui.domain.usage import UsageLine
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import FleetReader, IntentStore, StoreError
from fleet_tui.ui.app import FleetApp
from fleet_tui.ui.session import Session
from tests.support.capture import CaptureDriver
from tests.support.facts import NOW
from tests.support.wait import eventually_async


class MemoryReader(FleetReader):
    """Gives the deltas that a test puts in, once each."""

    def __init__(self, *first: FleetDelta) -> None:
        self._first = first
        self._next: deque[FleetDelta] = deque()
        self.logs: tuple[tuple[datetime | None, str], ...] = ()
        self.log_lines: list[LogLine] = []
        self.log_states: dict[ResourceKey, LogState] = {}
        self.told_events: tuple[Event, ...] = ()
        self.told_failures: tuple[Failure, ...] = ()
        self.told_audit: tuple[AuditRow, ...] = ()
        self.told_usage: tuple[UsageLine, ...] = ()
        self.told_reach: tuple[ReachHour, ...] = ()
        self.told_samples: dict[ResourceKey, tuple[Sample, ...]] = {}
        self.told_past: dict[datetime, tuple[Resource, ...]] = {}
        self.told_spent: tuple[Spent, ...] = ()
        self.told_parts: tuple[Part, ...] = ()
        self.told_watched: tuple[tuple[SourceName, Watch], ...] = ()
        self.trouble: str = ""

    def put(self, delta: FleetDelta) -> None:
        """Let the store have changed."""
        self._next.append(delta)

    @property
    def waiting(self) -> int:
        """How many deltas nobody has read yet."""
        return len(self._next)

    @override
    def woken(self) -> bool:
        return bool(self._next) or bool(self.trouble)

    @override
    def load(self, on_delta: Callable[[FleetDelta], None], *, chunk: int = 2000) -> int:
        self._broken()
        for delta in self._first or (FleetDelta(store_id="test", revision=0, whole=True),):
            on_delta(delta)
        return self._first[-1].revision if self._first else 0

    @override
    def changes(self, after: int) -> FleetDelta:
        self._broken()
        return self._next.popleft() if self._next else FleetDelta(store_id="test", revision=after)

    def _broken(self) -> None:
        if self.trouble:
            raise StoreError(self.trouble)

    @override
    def log_tail(self, key: ResourceKey, *, limit: int) -> tuple[tuple[datetime | None, str], ...]:
        return self.logs[-limit:]

    @override
    def log_after(self, key: ResourceKey, *, seq: int, limit: int) -> tuple[LogLine, ...]:
        self._broken()
        plain = [LogLine(seq=n, at=at, read_at=None, text=text) for n, (at, text) in enumerate(self.logs, 1)]
        return tuple(line for line in (*plain, *self.log_lines) if line.seq > seq)[-limit:]

    @override
    def log_state(self, key: ResourceKey) -> LogState | None:
        self._broken()
        return self.log_states.get(key)

    @override
    def events(self, *, limit: int, key: ResourceKey | None = None) -> tuple[Event, ...]:
        return self.told_events

    @override
    def failures(self, *, since: datetime, limit: int) -> tuple[Failure, ...]:
        return self.told_failures

    @override
    def reach(self, *, since: datetime) -> tuple[ReachHour, ...]:
        return self.told_reach

    @override
    def audit(self, *, limit: int) -> tuple[AuditRow, ...]:
        return self.told_audit

    @override
    def usage(self, *, since: datetime, agent: str | None = None, limit: int = 1000) -> tuple[UsageLine, ...]:
        return self.told_usage

    @override
    def samples(self, key: ResourceKey, *, since: datetime) -> tuple[Sample, ...]:
        return self.told_samples.get(key, ())

    @override
    def spent(self, *, since: datetime, step_s: int) -> tuple[Spent, ...]:
        return self.told_spent

    @override
    def parts(self, *, day: date, agent: str | None = None) -> tuple[Part, ...]:
        return tuple(part for part in self.told_parts if agent is None or part.agent == agent)

    @override
    def watched(self, *, since: datetime) -> tuple[tuple[SourceName, Watch], ...]:
        return self.told_watched

    @override
    def at(self, moment: datetime) -> Recorded:
        self._broken()
        earlier = max((at for at in self.told_past if at < moment), default=None)
        shown = max((at for at in self.told_past if at <= moment), default=None)
        if shown is None:
            raise StoreError("the journal begins later; nothing older can be rebuilt")
        return Recorded(
            moment=moment,
            resources=self.told_past[shown],
            begins=min(self.told_past),
            earlier=earlier,
            later=min((at for at in self.told_past if at > moment), default=None),
        )


@dataclass
class MemoryIntents(IntentStore):
    """Keeps what was written; `full` refuses every write."""

    submitted: list[Intent] = field(default_factory=list)
    names: list[Mapping[ResourceKey, str]] = field(default_factory=list)
    overlays: list[Overlay] = field(default_factory=list)
    wanted: list[tuple[WantedKind, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    handed: list[HandOver] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    dealt: list[Acknowledgement] = field(default_factory=list)
    full: bool = False

    def _check(self) -> None:
        if self.full:
            raise StoreError("the disk is full")

    @override
    def submit(self, intent: Intent, names: Mapping[ResourceKey, str]) -> None:
        self._check()
        self.submitted.append(intent)
        self.names.append(names)

    @override
    def overlay(self, overlays: Sequence[Overlay], *, now: datetime, host: str, why: str) -> None:
        self._check()
        self.overlays.extend(overlays)

    @override
    def want(self, kind: WantedKind, subject: str, *, now: datetime, for_s: float) -> None:
        self._check()
        self.wanted.append((kind, subject))

    @override
    def note(self, what: str, *, actor: str, host: str, via: str, why: str, now: datetime) -> None:
        self._check()
        self.notes.append((what, actor))

    @override
    def acknowledge(self, items: Sequence[Item], dealt: Dealt, word: Word) -> tuple[Acknowledgement, ...]:
        self._check()
        kept = tuple(
            acknowledged(item, dealt, None, by=word.actor, now=word.now, until=word.until, why=word.why)
            for item in items
        )
        self.dealt.extend(kept)
        return kept

    @override
    def silence(self, ack: Acknowledgement, *, host: str, via: str) -> None:
        self._check()
        self.dealt.append(ack)

    @override
    def hand_over(self, hand_over: HandOver) -> None:
        self._check()
        self.handed.append(hand_over)

    @override
    def confirm_hand_over(self, hand_over_id: str, *, actor: str, host: str, now: datetime) -> HandOver | None:
        self._check()
        waiting = next((one for one in self.handed if one.hand_over_id == hand_over_id), None)
        if waiting is None or hand_over_id in self.confirmed:
            return None
        self.confirmed.append(hand_over_id)
        return waiting

    @property
    def acts(self) -> int:
        """How many things were done to agents."""
        return len(self.submitted) + len(self.overlays) + len(self.handed) + len(self.confirmed)


@dataclass
class Time:
    """The wall clock of a test."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def uptime_s(self) -> float:
        """Of a machine that started when the test did."""
        return (self.at - NOW).total_seconds()

    def pass_s(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Desk:
    """A console with everything a test moves or looks at."""

    def __init__(
        self,
        *first: FleetDelta,
        fleet: str = "prod",
        production: bool = False,
        read_only: bool = False,
        theme: str = "dark",
        beside: Path | None = None,
        ascii_only: bool = True,
        state_dir: Path | None = None,
    ) -> None:
        self.reader = MemoryReader(*first)
        self.intents = MemoryIntents()
        self.time = Time()
        self.session = Session(
            reader=self.reader,
            intents=self.intents,
            actor="kim",
            host="h",
            fleet=fleet,
            production=production,
            read_only=read_only,
            now=self.time,
            uptime_s=self.time.uptime_s,
            beside=beside,
            state_dir=state_dir,
        )
        self.app = FleetApp(self.session, theme=theme, ascii_only=ascii_only, driver_class=CaptureDriver)

    @asynccontextmanager
    async def open(self, size: tuple[int, int], rows: int = 12) -> AsyncGenerator[Pilot[None]]:
        """The console on a terminal of a size, once FLEET shows so many rows."""
        async with self.app.run_test(headless=False, size=size, notifications=True) as pilot:
            await self.settled(pilot, rows)
            yield pilot

    def screen(self) -> list[str]:
        """What the terminal shows."""
        driver = self.app._driver
        assert isinstance(driver, CaptureDriver)
        return driver.screen()

    def text(self) -> str:
        return "\n".join(self.screen())

    async def settled(self, pilot: Pilot[None], rows: int) -> None:
        """Wait until FLEET shows so many rows."""

        async def there() -> bool:
            await pilot.pause()
            return len(self.app.fleet_pane.table.order) == rows

        await eventually_async(there, what=f"FLEET of {rows} rows")

    async def read(self, pilot: Pilot[None]) -> None:
        """Wait until all that is read in threads is here, and drawn."""

        async def done() -> bool:
            return all(worker.is_finished for worker in self.app.workers if worker.name != "feed")

        await eventually_async(done, what="the end of what is read in threads")
        await pilot.pause()

    async def shows_no(self, pilot: Pilot[None], text: str) -> None:
        """Wait until the screen shows a text no more."""

        async def gone() -> bool:
            await pilot.pause()
            return text not in self.text()

        await eventually_async(gone, what=f"no {text!r} on the screen")

    async def tells(self, pilot: Pilot[None], text: str, *, times: int = 1) -> None:
        """Wait until so many toasts say a text, however it is wrapped."""

        async def said() -> bool:
            await pilot.pause()
            return sum(text in one.message for one in self.app._notifications) >= times

        await eventually_async(said, what=f"{times} toasts that say {text!r}")

    async def shows(self, pilot: Pilot[None], text: str) -> None:
        """Wait until the screen shows a text."""

        async def there() -> bool:
            await pilot.pause()
            return text in self.text()

        try:
            await eventually_async(there, what=f"{text!r} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text()}") from error
