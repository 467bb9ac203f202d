"""The one table of verbs: it feeds keys, footer, help, palette and commands, and says what each may touch."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import RUNS, Kind, Target

ActionId = NewType("ActionId", str)
IntentId = NewType("IntentId", str)

DEFAULT_TERM = timedelta(minutes=15)
HAND_OVER_TERM = timedelta(hours=24)
KILL_GRACE_S = 30.0
ACTION_LABEL = "fleet.action"
"""On what an action created, the action's id: that is how a repeat of it, or of another one, tells whose it is."""


class Verb(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"
    RESTART = "restart"
    EXTEND = "extend"
    REASSIGN = "reassign"
    REVOKE = "revoke"
    DISABLE = "disable"
    ENABLE = "enable"
    CANCEL = "cancel"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbSpec:
    """What a verb is. `final` ones take ids of one kind, never marks, and always ask for the typed word."""

    verb: Verb
    label: str
    help: str
    capability: Capability
    kinds: frozenset[Kind]
    key: str | None = None
    """The key that opens its plan; None: palette and commands only."""
    final: bool = False
    undo: str = ""
    """Whether and how the vendor can undo it."""


VERBS: dict[Verb, VerbSpec] = {
    spec.verb: spec
    for spec in (
        VerbSpec(
            verb=Verb.PAUSE,
            label="pause",
            help="stop it for now; what is kept depends on the provider and the plan says so",
            capability=Capability.PAUSE,
            kinds=RUNS,
            key="p",
            undo="resume",
        ),
        VerbSpec(
            verb=Verb.RESUME,
            label="resume",
            help="let it run again",
            capability=Capability.RESUME,
            kinds=RUNS,
            key="P",
            undo="pause",
        ),
        VerbSpec(
            verb=Verb.RESTART,
            label="restart",
            help="end it and start it again, as the provider means it",
            capability=Capability.RESTART,
            kinds=RUNS,
            key="r",
            undo="none: what was running is gone",
        ),
        VerbSpec(
            verb=Verb.KILL,
            label="kill",
            help="end what runs; everything else the agent holds stays",
            capability=Capability.KILL,
            kinds=RUNS,
            key="ctrl+k",
            undo="none: what was running is gone",
        ),
        VerbSpec(
            verb=Verb.EXTEND,
            label="extend",
            help="move its end further away",
            capability=Capability.EXTEND,
            kinds=RUNS,
            key="t",
            undo="extend again with another time",
        ),
        VerbSpec(
            verb=Verb.REASSIGN,
            label="reassign",
            help="set owner, team, task or parent, or hand its task to another agent",
            capability=Capability.RELABEL,
            kinds=frozenset(Kind),
            key="m",
            undo="reassign back",
        ),
        VerbSpec(
            verb=Verb.REVOKE,
            label="revoke",
            help="end a key for ever",
            capability=Capability.REVOKE,
            kinds=frozenset({Kind.API_KEY}),
            final=True,
            undo="the vendor cannot undo it",
        ),
        VerbSpec(
            verb=Verb.DISABLE,
            label="disable",
            help="switch a meter off",
            capability=Capability.DISABLE,
            kinds=frozenset({Kind.METER}),
            final=True,
            undo="enable switches it on again; usage sent meanwhile is refused",
        ),
        VerbSpec(
            verb=Verb.ENABLE,
            label="enable",
            help="switch a meter on again",
            capability=Capability.ENABLE,
            kinds=frozenset({Kind.METER}),
            final=True,
            undo="disable",
        ),
        VerbSpec(
            verb=Verb.CANCEL,
            label="cancel",
            help="end a subscription now",
            capability=Capability.CANCEL,
            kinds=frozenset({Kind.SUBSCRIPTION}),
            final=True,
            undo="the vendor cannot undo it: a new subscription is needed",
        ),
        VerbSpec(
            verb=Verb.DELETE,
            label="delete",
            help="delete a memory scope with all its memories",
            capability=Capability.DELETE,
            kinds=frozenset({Kind.MEMORY_SCOPE}),
            final=True,
            undo="the vendor cannot undo it: export first",
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What an operator chose beside the verb. Absent is None."""

    now: bool = False
    grace_s: float = KILL_GRACE_S
    extend_s: int | None = None
    assign: tuple[tuple[AssignmentField, str | None], ...] = ()
    task_to: str | None = None
    """Hand-over: the agent that gets the task."""
    rescue: bool = False
    """Keep the diff of its work tree and its last log lines before it ends."""


NO_PARAMS = Params()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What an operator asked for and confirmed: one verb over the targets of a plan that was shown."""

    intent_id: IntentId
    verb: Verb
    params: Params
    targets: tuple[Target, ...]
    actor: str
    host: str
    why: str
    submitted_at: datetime
    not_after: datetime
    via: str
    """`console`, `command`, `policy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One action: what an adapter is handed. It acts on this incarnation or not at all."""

    action_id: ActionId
    verb: Verb
    target: Target
    params: Params
    deadline_s: float = 60.0


def action_id(intent: IntentId, index: int) -> ActionId:
    """One action per intent and target, in the order of the plan; the same after every restart."""
    return ActionId(f"{intent}.{index}")
