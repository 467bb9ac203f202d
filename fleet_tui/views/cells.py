"""A drawn cell: safe text and the role that says what it means; themes decide how a role looks."""

from enum import StrEnum
from typing import Final, NamedTuple

from fleet_tui.domain.phase import Phase
from fleet_tui.domain.text import SafeText


class Role(StrEnum):
    """What a piece of text means. No role is told by its colour alone: the words say it too."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    TITLE = "title"
    RUN = "run"
    START = "start"
    IDLE = "idle"
    WAIT = "wait"
    PAUSED = "paused"
    BACKOFF = "backoff"
    STUCK = "stuck"
    FAIL = "fail"
    ORPHAN = "orphan"
    ENDED = "ended"
    UNKNOWN = "unknown"
    STALE = "stale"
    MONEY = "money"
    ESTIMATE = "estimate"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    KEY = "key"
    MATCH = "match"


class Cell(NamedTuple):
    """One value of one row as it is drawn."""

    text: SafeText
    role: Role = Role.PLAIN


EMPTY: Final = Cell(SafeText(""))


_PHASE_ROLES: Final = {
    Phase.NEW: Role.START,
    Phase.STARTING: Role.START,
    Phase.RUNNING: Role.RUN,
    Phase.IDLE: Role.IDLE,
    Phase.WAITING: Role.WAIT,
    Phase.PAUSED: Role.PAUSED,
    Phase.BACKOFF: Role.BACKOFF,
    Phase.LOOPING: Role.FAIL,
    Phase.STUCK: Role.STUCK,
    Phase.STOPPING: Role.PAUSED,
    Phase.ENDED_OK: Role.ENDED,
    Phase.ENDED_FAILED: Role.FAIL,
    Phase.ENDED_KILLED: Role.ENDED,
    Phase.ENDED_LOST: Role.ENDED,
    Phase.ENDED_TTL: Role.ENDED,
    Phase.UNKNOWN: Role.UNKNOWN,
}


def phase_role(phase: Phase) -> Role:
    """The role a phase is drawn in."""
    return _PHASE_ROLES[phase]
