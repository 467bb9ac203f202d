"""How an action ended: done, refused by a rule, or failed. Expected results are values."""

from enum import StrEnum
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import FailureClass


class RefusalReason(StrEnum):
    EXPIRED = "expired"
    READ_ONLY = "read_only"
    REPLACED = "replaced"
    CHANGED = "changed"
    GONE = "gone"
    NOT_SUPPORTED = "not_supported"
    WRONG_KIND = "wrong_kind"
    ALREADY = "already"
    STALE = "stale"
    EMPTY_SCOPE = "empty_scope"
    UNKNOWN_SOURCE = "unknown_source"


@dataclass(frozen=True, slots=True)
class Done:
    """The effect is there. `detail` says what was seen; `uncertain`: nobody can tell whether it happened twice."""

    detail: str = ""
    confirmed_after_restart: bool = False
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule of ours or the vendor's forbids it; nothing was changed. `detail` says what to do instead."""

    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It was tried and the effect is not there, or nobody can tell (`uncertain`)."""

    failure_class: FailureClass
    detail: str
    uncertain: bool = False


Outcome = Done | Refused | Failed

TWICE: Final = "uncertain: sent again after a stop, nobody can tell whether it happened twice"
UNTOLD: Final = "uncertain: nobody can tell whether it took effect"


def doubt(outcome: Outcome) -> str:
    """What is not known of an outcome, in words; empty where it is certain."""
    match outcome:
        case Done(uncertain=True):
            return TWICE
        case Failed(uncertain=True):
            return UNTOLD
        case _:
            return ""
