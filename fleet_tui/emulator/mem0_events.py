"""Mem0's background work: what was asked, when it starts and ends, and whether it will fail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fleet_tui.emulator.wire import rfc3339

Effect = Callable[[datetime], list[object]]


class EventState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(slots=True, kw_only=True)
class Event:
    """One queued piece of work. `effect` runs once, when `ends_at` has come and it is not to fail."""

    id: str
    event_type: str
    payload: Mapping[str, object]
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    error: str | None
    effect: Effect
    results: list[object] = field(default_factory=list[object])
    done: bool = False

    def state(self, now: datetime) -> EventState:
        if now < self.starts_at:
            return EventState.PENDING
        if not self.done:
            return EventState.RUNNING
        return EventState.SUCCEEDED if self.error is None else EventState.FAILED

    def detail_json(self, now: datetime) -> dict[str, object]:
        """The event as `GET /v1/event/{id}/` prints it: with why it failed, which the list does not say."""
        error = self.error if self.state(now) is EventState.FAILED else None
        return {**self.as_json(now), "graph_status": None, "error": error}

    def as_json(self, now: datetime) -> dict[str, object]:
        """The event as the list prints it; times that have not come are left out."""
        state = self.state(now)
        row: dict[str, object] = {
            "id": self.id,
            "event_type": self.event_type,
            "status": state.value,
            "payload": dict(self.payload),
            "metadata": None,
            "results": self.results,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.ends_at if self.done else self.created_at),
        }
        if state is not EventState.PENDING:
            row["started_at"] = rfc3339(self.starts_at)
        if self.done:
            row["completed_at"] = rfc3339(self.ends_at)
            row["latency"] = (self.ends_at - self.starts_at).total_seconds() * 1000
        return row


class EventQueue:
    """Everything that was queued, in order. `failing` of the next events end as FAILED and change nothing."""

    def __init__(self, *, starts_after_s: float, ends_after_s: float) -> None:
        self.failing = 0
        self._starts_after = timedelta(seconds=starts_after_s)
        self._ends_after = timedelta(seconds=ends_after_s)
        self._events: dict[str, Event] = {}
        self._open: list[Event] = []

    def put(
        self, *, event_id: str, event_type: str, payload: Mapping[str, object], now: datetime, effect: Effect
    ) -> Event:
        """Queue a piece of work."""
        error = None
        if self.failing > 0:
            self.failing -= 1
            error = "The memory service could not finish this request. Please try again."
        event = Event(
            id=event_id,
            event_type=event_type,
            payload=payload,
            created_at=now,
            starts_at=now + self._starts_after,
            ends_at=now + self._ends_after,
            error=error,
            effect=effect,
        )
        self._events[event_id] = event
        self._open.append(event)
        return event

    def settle(self, now: datetime) -> None:
        """End what is due, oldest first."""
        while self._open and self._open[0].ends_at <= now:
            event = self._open.pop(0)
            if event.error is None:
                event.results = event.effect(event.ends_at)
            event.done = True

    def find(self, event_id: str) -> Event | None:
        return self._events.get(event_id)

    def newest_first(self) -> list[Event]:
        return list(reversed(self._events.values()))
