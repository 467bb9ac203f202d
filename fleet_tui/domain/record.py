"""What is kept of an accepted action from the moment it was confirmed to its recorded outcome."""

from datetime import datetime
from enum import StrEnum

from fleet_tui.domain.action import ActionId, IntentId, Params, Verb
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import Outcome


class ActionState(StrEnum):
    ACCEPTED = "accepted"
    STARTED = "started"
    """Its workflow runs; an effect may or may not have been tried yet."""
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """One verb on one target. Its workflow has the same id."""

    action_id: ActionId
    intent_id: IntentId
    verb: Verb
    params: Params
    target: Target
    name: str
    """The target's name as the plan showed it."""
    actor: str
    host: str
    via: str
    why: str
    submitted_at: datetime
    not_after: datetime
    state: ActionState = ActionState.ACCEPTED
    outcome: Outcome | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit, chained by hash so that a change or a gap can be named.

    `what` is the verb, or `window opened`, `window closed`, `hand-over ...`: anything an operator did that matters.
    """

    seq: int
    at: datetime
    actor: str
    host: str
    via: str
    what: str
    target: str
    incarnation: str
    outcome: str
    """`done`, `refused`, `failed`, or `noted` for what has no outcome."""
    reason: str
    why: str
    intent_id: str
    action_id: str
    hash: str


class WantedKind(StrEnum):
    """What a console or command asks the collector for. Rows expire."""

    LOGS = "logs"
    POLL = "poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`subject` is a packed resource key for logs, a source name for a poll (empty: all)."""

    wanted_id: int
    kind: WantedKind
    subject: str
    asked_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """A task on its way from one agent to another; waits for the operator's word until `not_after`."""

    hand_over_id: str
    from_agent: str
    to_agent: str
    task: str
    asked_by: str
    asked_at: datetime
    not_after: datetime
    state: str
    """`waiting`, `confirmed`, `expired`."""
