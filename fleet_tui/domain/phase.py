"""The one state machine that every provider's states are mapped onto."""

from datetime import datetime
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass


class Phase(StrEnum):
    """Where a resource or an agent is in its life. `UNKNOWN` keeps the provider's raw text beside it."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    IDLE = "idle"
    WAITING = "waiting"
    PAUSED = "paused"
    BACKOFF = "backoff"
    LOOPING = "looping"
    STUCK = "stuck"
    STOPPING = "stopping"
    ENDED_OK = "ended(ok)"
    ENDED_FAILED = "ended(failed)"
    ENDED_KILLED = "ended(killed)"
    ENDED_LOST = "ended(lost)"
    ENDED_TTL = "ended(ttl)"
    UNKNOWN = "unknown"


ENDED = frozenset({Phase.ENDED_OK, Phase.ENDED_FAILED, Phase.ENDED_KILLED, Phase.ENDED_LOST, Phase.ENDED_TTL})
BURNING = frozenset({Phase.NEW, Phase.STARTING, Phase.RUNNING, Phase.IDLE, Phase.WAITING, Phase.LOOPING, Phase.STUCK})
"""Phases in which compute is billed as running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFact:
    """A phase with what says so. `since` is None where nobody told; `raw` is the provider's own word."""

    phase: Phase
    since: datetime | None
    evidence: str
    raw: str
    confirmed: bool = True


def short(phase: Phase) -> str:
    """The word a table prints, at most 8 cells."""
    return _SHORT[phase]


def attention_rank(phase: Phase) -> int:
    """How much a person is needed, 0 most. The default order of FLEET starts with it."""
    return _RANK[phase]


_RANK: dict[Phase, int] = {
    Phase.LOOPING: 0,
    Phase.STUCK: 1,
    Phase.WAITING: 2,
    Phase.ENDED_FAILED: 3,
    Phase.ENDED_LOST: 3,
    Phase.UNKNOWN: 4,
    Phase.BACKOFF: 5,
    Phase.STOPPING: 6,
    Phase.STARTING: 7,
    Phase.NEW: 7,
    Phase.IDLE: 8,
    Phase.RUNNING: 9,
    Phase.PAUSED: 10,
    Phase.ENDED_KILLED: 11,
    Phase.ENDED_TTL: 11,
    Phase.ENDED_OK: 12,
}

_SHORT: dict[Phase, str] = {
    Phase.NEW: "NEW",
    Phase.STARTING: "START",
    Phase.RUNNING: "RUN",
    Phase.IDLE: "IDLE",
    Phase.WAITING: "WAIT-YOU",
    Phase.PAUSED: "PAUSED",
    Phase.BACKOFF: "BACKOFF",
    Phase.LOOPING: "LOOP",
    Phase.STUCK: "STUCK",
    Phase.STOPPING: "STOPPING",
    Phase.ENDED_OK: "DONE",
    Phase.ENDED_FAILED: "FAILED",
    Phase.ENDED_KILLED: "KILLED",
    Phase.ENDED_LOST: "LOST",
    Phase.ENDED_TTL: "TTL",
    Phase.UNKNOWN: "?",
}
