"""Which method of an adapter does which verb; None where the adapter has no such ability."""

from collections.abc import Callable, Coroutine
from typing import Any, assert_never

from fleet_tui.domain.action import Order, Verb
from fleet_tui.domain.outcome import Outcome
from fleet_tui.ports import (
    Canceller,
    Deleter,
    Disabler,
    Enabler,
    Extender,
    Killer,
    Pauser,
    Relabeler,
    Restarter,
    Resumer,
    Revoker,
)

Act = Callable[[Order], Coroutine[Any, Any, Outcome]]


def can(adapter: object, verb: Verb) -> bool:
    """Whether the adapter implements the port of a verb."""
    return act_of(adapter, verb) is not None


def act_of(adapter: object, verb: Verb) -> Act | None:  # noqa: C901 - one line per verb
    """The adapter's method for a verb."""
    match verb:
        case Verb.PAUSE:
            return adapter.pause if isinstance(adapter, Pauser) else None
        case Verb.RESUME:
            return adapter.resume if isinstance(adapter, Resumer) else None
        case Verb.KILL:
            return adapter.kill if isinstance(adapter, Killer) else None
        case Verb.RESTART:
            return adapter.restart if isinstance(adapter, Restarter) else None
        case Verb.EXTEND:
            return adapter.extend if isinstance(adapter, Extender) else None
        case Verb.REASSIGN:
            return adapter.relabel if isinstance(adapter, Relabeler) else None
        case Verb.REVOKE:
            return adapter.revoke if isinstance(adapter, Revoker) else None
        case Verb.DISABLE:
            return adapter.disable if isinstance(adapter, Disabler) else None
        case Verb.ENABLE:
            return adapter.enable if isinstance(adapter, Enabler) else None
        case Verb.CANCEL:
            return adapter.cancel if isinstance(adapter, Canceller) else None
        case Verb.DELETE:
            return adapter.delete if isinstance(adapter, Deleter) else None
        case _:
            assert_never(verb)
