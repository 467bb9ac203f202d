"""The sandboxes of one Daytona organization, how long each change of state takes and what is billed meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from fleet_tui.emulator.ranked import Rank, Ranked
from fleet_tui.emulator.timeline import Timeline
from fleet_tui.emulator.workload import Workload, last_work_at


class State(StrEnum):
    """The states that this emulator brings about, in the vendor's words."""

    CREATING = "creating"
    RESTORING = "restoring"
    STARTING = "starting"
    STARTED = "started"
    STOPPING = "stopping"
    STOPPED = "stopped"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    ARCHIVING = "archiving"
    ARCHIVED = "archived"
    RESIZING = "resizing"
    DESTROYING = "destroying"
    DESTROYED = "destroyed"
    ERROR = "error"


SETTLED = frozenset({State.STARTED, State.STOPPED, State.PAUSED, State.ARCHIVED, State.ERROR, State.DESTROYED})
TAKES_S: Mapping[State, float] = {
    State.CREATING: 2.0,
    State.STARTING: 2.0,
    State.STOPPING: 3.0,
    State.PAUSING: 4.0,
    State.RESUMING: 2.0,
    State.ARCHIVING: 20.0,
    State.RESTORING: 8.0,
    State.RESIZING: 2.0,
    State.DESTROYING: 2.0,
}
"""How long a change is seen under way; invented, of the size that users report."""
_TICK = timedelta(milliseconds=1)


@dataclass(slots=True, kw_only=True)
class Period:
    """A stretch of time billed alike: a running sandbox costs everything, a stopped or paused one its disk."""

    running: bool
    start: datetime
    end: datetime | None = None
    cpu: int
    memory_gib: int
    disk_gib: int


@dataclass(slots=True, kw_only=True)
class Box:
    """One sandbox. Intervals are minutes; 0 (for delete: -1) turns one off. `turn` counts its changes of state."""

    id: str
    name: str
    labels: dict[str, str]
    target: str
    snapshot: str
    cpu: int
    memory_gib: int
    disk_gib: int
    state: State
    desired: State
    created_at: datetime
    updated_at: datetime
    touched_at: datetime
    work: Workload
    runner_id: str
    env: dict[str, str] = field(default_factory=dict[str, str])
    public: bool = False
    error_reason: str | None = None
    recoverable: bool = False
    auto_stop_min: int = 15
    auto_pause_min: int = 0
    auto_archive_min: int = 10080
    auto_delete_min: int = -1
    destroy_at: datetime | None = None
    periods: list[Period] = field(default_factory=list[Period])
    turn: int = 0

    @property
    def rank(self) -> Rank:
        return (self.created_at, self.id)


def period_of(box: Box, start: datetime, *, running: bool) -> Period:
    """A period without an end, for the size the sandbox has now."""
    return Period(running=running, start=start, cpu=box.cpu, memory_gib=box.memory_gib, disk_gib=box.disk_gib)


class Sandboxes:
    """All sandboxes of the organization. `pace` stretches (or, at 0, abolishes) the time a change takes."""

    def __init__(self) -> None:
        self.by_id: dict[str, Box] = {}
        self.by_name: dict[str, str] = {}
        self.gone: dict[str, Box] = {}
        self.ranks = Ranked()
        self.timeline = Timeline()
        self.pace = 1.0

    def add(self, box: Box) -> None:
        self.by_id[box.id] = box
        self.by_name[box.name] = box.id
        self.ranks.add(box.rank)

    def find(self, id_or_name: str) -> Box | None:
        return self.by_id.get(id_or_name) or self.by_id.get(self.by_name.get(id_or_name, ""))

    def change(self, box: Box, via: State, to: State, at: datetime) -> None:
        """It is `via` from now on and `to` once the time that takes is over."""
        self._enter(box, via, at, desired=to)
        due = at + timedelta(seconds=TAKES_S[via] * self.pace)
        self.timeline.at(due, self._if_same(box, partial(self.settle, box, to)))
        self.timeline.run(at)

    def settle(self, box: Box, state: State, at: datetime) -> None:
        """It is in that state, and its timers start."""
        self._enter(box, state, at, desired=state)
        self._bill(box, at)
        match state:
            case State.STARTED:
                box.touched_at = max(box.touched_at, at)
                self.watch_idle(box, at)
            case State.STOPPED:
                self.watch_stopped(box, at)
            case State.DESTROYED:
                self._forget(box)
            case _:
                pass

    def fail(self, box: Box, at: datetime, *, reason: str, recoverable: bool) -> None:
        if box.state is State.STARTED:
            self._enter(box, State.ERROR, at, desired=State.STARTED)
            box.error_reason, box.recoverable = reason, recoverable
            self._bill(box, at)

    def last_activity_at(self, box: Box, now: datetime) -> datetime:
        """What its agent does counts as activity while it runs."""
        return max(box.touched_at, last_work_at(box.work, now)) if box.state is State.STARTED else box.touched_at

    def watch_idle(self, box: Box, at: datetime) -> None:
        """Auto-stop and auto-pause: after so many idle minutes."""
        for minutes, via, to in (
            (box.auto_stop_min, State.STOPPING, State.STOPPED),
            (box.auto_pause_min, State.PAUSING, State.PAUSED),
        ):
            if minutes > 0:
                due = self.last_activity_at(box, at) + timedelta(minutes=minutes)
                self.timeline.at(max(due, at + _TICK), self._if_same(box, partial(self._idle, box, minutes, via, to)))

    def watch_stopped(self, box: Box, at: datetime) -> None:
        """Auto-archive and auto-delete: after so many minutes stopped."""
        if box.auto_delete_min >= 0:
            due = at + timedelta(minutes=box.auto_delete_min)
            self.timeline.at(due, self._if_same(box, partial(self.change, box, State.DESTROYING, State.DESTROYED)))
        if box.auto_archive_min > 0:
            due = at + timedelta(minutes=box.auto_archive_min)
            self.timeline.at(due, self._if_same(box, partial(self.change, box, State.ARCHIVING, State.ARCHIVED)))

    def destroy_later(self, box: Box, due: datetime | None) -> None:
        """The time to live, which ends a sandbox in any state."""
        box.destroy_at = due
        if due is not None:
            self.timeline.at(due, partial(self._time_out, box))

    def reschedule(self, box: Box, now: datetime) -> None:
        """Its intervals were changed: the timers start anew."""
        box.turn += 1
        if box.state is State.STARTED:
            self.watch_idle(box, now)
        elif box.state is State.STOPPED:
            self.watch_stopped(box, now)

    def _idle(self, box: Box, minutes: int, via: State, to: State, due: datetime) -> None:
        if self.last_activity_at(box, due) + timedelta(minutes=minutes) <= due:
            self.change(box, via, to, due)
        else:
            self.watch_idle(box, due)

    def _time_out(self, box: Box, due: datetime) -> None:
        if box.destroy_at == due and box.id in self.by_id:
            self.change(box, State.DESTROYING, State.DESTROYED, due)

    def _if_same(self, box: Box, act: Callable[[datetime], None]) -> Callable[[datetime], None]:
        """The act, unless the sandbox has changed since."""
        turn = box.turn

        def guarded(due: datetime) -> None:
            if box.turn == turn and box.id in self.by_id:
                act(due)

        return guarded

    def _enter(self, box: Box, state: State, at: datetime, *, desired: State) -> None:
        box.turn += 1
        box.state, box.desired, box.updated_at = state, desired, at
        if state is not State.ERROR:
            box.error_reason, box.recoverable = None, False

    def _bill(self, box: Box, at: datetime) -> None:
        """The period under way ends; what the state costs begins."""
        if box.periods and box.periods[-1].end is None:
            box.periods[-1].end = at
        if box.state in {State.STARTED, State.STOPPED, State.PAUSED, State.ERROR}:
            box.periods.append(period_of(box, at, running=box.state is State.STARTED))

    def _forget(self, box: Box) -> None:
        del self.by_id[box.id]
        self.by_name.pop(box.name, None)
        self.ranks.remove(box.rank)
        self.gone[box.id] = box
