"""The sandboxes of one E2B account and what becomes of them; knows time and state, knows no HTTP."""

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fleet_tui.emulator.ranked import Rank, Ranked
from fleet_tui.emulator.timeline import Timeline
from fleet_tui.emulator.wire import rfc3339
from fleet_tui.emulator.workload import Workload

EVENTS_KEPT = timedelta(days=7)
"""https://e2b.dev/docs/sandbox/lifecycle-events-api"""
_MAX_EVENTS = 100_000


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"


class OnTimeout(StrEnum):
    KILL = "kill"
    PAUSE = "pause"


class Happening(StrEnum):
    """The vendor's names of lifecycle events."""

    CREATED = "sandbox.lifecycle.created"
    UPDATED = "sandbox.lifecycle.updated"
    PAUSED = "sandbox.lifecycle.paused"
    RESUMED = "sandbox.lifecycle.resumed"
    KILLED = "sandbox.lifecycle.killed"


@dataclass(slots=True, kw_only=True)
class Box:
    """One sandbox. `unresponsive` says its guest agent did not answer when it was paused."""

    id: str
    template: str
    alias: str
    build_id: str
    execution_id: str
    metadata: dict[str, str]
    cpu_count: int
    memory_mb: int
    disk_mb: int
    started_at: datetime
    end_at: datetime
    work: Workload
    on_timeout: OnTimeout = OnTimeout.KILL
    auto_resume: bool = False
    keep_memory: bool = True
    state: State = State.RUNNING
    unresponsive: bool = False
    access_token: str = ""

    @property
    def rank(self) -> Rank:
        """Its place in a list by start time."""
        return (self.started_at, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the lifecycle feed."""

    id: str
    kind: Happening
    sandbox_id: str
    execution_id: str
    build_id: str
    template: str
    at: datetime
    details: Mapping[str, object] = field(default_factory=dict[str, object])


class Boxes:
    """All sandboxes of the account, by id and by start time, and the feed of what happened to them."""

    def __init__(self) -> None:
        self.by_id: dict[str, Box] = {}
        self.events: deque[Event] = deque(maxlen=_MAX_EVENTS)
        self.timeline = Timeline()
        self.running = 0
        self._ranks = Ranked()
        self.on_gone: Callable[[Box, datetime], None] | None = None

    def add(self, box: Box, at: datetime) -> None:
        self.by_id[box.id] = box
        self._ranks.add(box.rank)
        self.running += box.state is State.RUNNING
        self._note(box, Happening.CREATED, at, {"sandbox_metadata": dict(box.metadata)})
        self._watch(box)

    def after(self, rank: Rank | None, *, newest_first: bool) -> Iterator[Box]:
        """The sandboxes behind `rank` in the asked order; from the start when there is none."""
        return (self.by_id[box_id] for box_id in self._ranks.after(rank, descending=newest_first))

    def kill(self, box: Box, at: datetime) -> None:
        """Gone from every list at once; only the feed still knows it."""
        del self.by_id[box.id]
        self._ranks.remove(box.rank)
        self.running -= box.state is State.RUNNING
        self._note(box, Happening.KILLED, at, {"sandbox_metadata": dict(box.metadata)})
        if self.on_gone is not None:
            self.on_gone(box, at)

    def pause(self, box: Box, at: datetime, *, keep_memory: bool) -> None:
        self.running -= box.state is State.RUNNING
        box.state = State.PAUSED
        box.keep_memory = keep_memory
        box.end_at = at
        self._note(box, Happening.PAUSED, at)

    def resume(self, box: Box, at: datetime, *, timeout_s: int) -> None:
        """Runs again as a new execution with a new start, under the same id."""
        self._ranks.remove(box.rank)
        self.running += box.state is State.PAUSED
        box.state = State.RUNNING
        box.unresponsive = False
        box.started_at = at
        box.execution_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{box.execution_id}{at}"))
        box.end_at = at + timedelta(seconds=timeout_s)
        self._ranks.add(box.rank)
        self._note(box, Happening.RESUMED, at)
        self._watch(box)

    def end_in(self, box: Box, at: datetime, timeout_s: int) -> None:
        """The time to live starts anew, at `at`."""
        box.end_at = at + timedelta(seconds=timeout_s)
        self._note(box, Happening.UPDATED, at, {"set_timeout": rfc3339(box.end_at)})
        self._watch(box)

    def forget_old_events(self, now: datetime) -> None:
        while self.events and self.events[0].at < now - EVENTS_KEPT:
            self.events.popleft()

    def sort_events(self) -> None:
        self.events = deque(sorted(self.events, key=lambda event: event.at), maxlen=_MAX_EVENTS)

    def _watch(self, box: Box) -> None:
        self.timeline.at(box.end_at, lambda due: self._time_out(box, due))

    def _time_out(self, box: Box, due: datetime) -> None:
        if self.by_id.get(box.id) is not box or box.state is not State.RUNNING or box.end_at != due:
            return
        if box.on_timeout is OnTimeout.PAUSE:
            self.pause(box, due, keep_memory=box.keep_memory)
        else:
            self.kill(box, due)

    def _note(self, box: Box, kind: Happening, at: datetime, details: Mapping[str, object] | None = None) -> None:
        number = len(self.events)
        self.events.append(
            Event(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{box.execution_id}:{kind}:{at}:{number}")),
                kind=kind,
                sandbox_id=box.id,
                execution_id=box.execution_id,
                build_id=box.build_id,
                template=box.template,
                at=at,
                details=details or {},
            )
        )
