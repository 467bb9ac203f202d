"""Compares what a plan saw with what the provider says now: act, or what the outcome is without acting. Pure."""

from dataclasses import dataclass
from typing import Final

from fleet_tui.domain.action import ACTION_LABEL, VERBS, Verb
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Resource

ENDS_IT: Final = frozenset({Verb.KILL, Verb.RESTART, Verb.REVOKE, Verb.CANCEL, Verb.DELETE})
"""Verbs after which the incarnation they were aimed at is no more."""
GENERATION_COUNTS: Final = frozenset({Verb.RESTART, Verb.PAUSE})
GONE_IS_DONE: Final = frozenset({Verb.KILL, Verb.REVOKE, Verb.CANCEL, Verb.DELETE})
_BY_ITSELF: Final = "it started anew by itself before the order reached it"


@dataclass(frozen=True, slots=True)
class Go:
    """Send it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`tried`: an attempt is on record. `after_restart`: it was made by a collector that is no more.

    `restart_replaces`: what the provider restarts by order is a new incarnation, never just another generation.
    """

    tried: bool
    after_restart: bool
    restart_replaces: bool = False


def judge_target(record: ActionRecord, resource: Resource | None, seen: Seen) -> Outcome | Go:
    """What to do about one action, given the provider's newest word on its target."""
    if resource is None:
        return _gone(record, seen, "it is not there any more")
    if resource.incarnation != record.target.incarnation:
        return _replaced(record, resource, seen)
    # What ended and can still be killed or restarted, as its provider says, is there.
    if resource.phase.phase in ENDED and VERBS[record.verb].capability not in resource.capabilities:
        return _gone(record, seen, f"it has ended: {resource.phase.raw or resource.phase.phase}")
    moved = bool(record.target.generation) and resource.generation != record.target.generation
    if seen.tried:
        return _repeated(record, resource, seen, moved=moved)
    if moved and record.verb in GENERATION_COUNTS:
        return Refused(RefusalReason.CHANGED, "it started anew since the plan was made; look at it and plan again")
    if record.verb is Verb.PAUSE and resource.phase.phase is Phase.PAUSED:
        return Refused(RefusalReason.ALREADY, "it is paused already")
    return Go()


def counts_twice(record: ActionRecord) -> bool:
    """The target has no generation by which a late first call could be told from its repeat, and goes on after it.

    A collector that stood still behind its attempt may send when another one has long sent the same.
    """
    return not record.target.generation and record.verb not in GONE_IS_DONE


def _gone(record: ActionRecord, seen: Seen, seen_text: str) -> Outcome:
    if record.verb in GONE_IS_DONE:
        return _ours(seen, seen_text) if seen.tried else Done(f"{seen_text}; nothing was sent")
    if seen.tried:
        return Failed(FailureClass.SANDBOX_LOST, f"sent, then {seen_text}", uncertain=True)
    return Refused(RefusalReason.GONE, seen_text)


def _replaced(record: ActionRecord, resource: Resource, seen: Seen) -> Outcome:
    text = "another incarnation has its place; it was not touched"
    # Only a runner of ours is believed: what carries a vendor's labels can write them.
    signed = seen.restart_replaces and record.verb is Verb.RESTART
    if signed and seen.tried and dict(resource.labels).get(ACTION_LABEL) != record.action_id:
        text = "another order has restarted it since"
    elif seen.tried and record.verb in ENDS_IT:
        return _ours(seen, "another incarnation has its place")
    if seen.tried:
        return Failed(FailureClass.SANDBOX_LOST, f"sent, then {text}", uncertain=True)
    return Refused(RefusalReason.REPLACED, text)


def _repeated(record: ActionRecord, resource: Resource, seen: Seen, *, moved: bool) -> Outcome | Go:
    """It was sent before and the same incarnation stands: the effect is seen, or it may be sent again."""
    phase = resource.phase.phase
    if record.verb is Verb.RESTART:
        if moved and seen.restart_replaces:
            return Refused(RefusalReason.CHANGED, f"{_BY_ITSELF}; look at it and plan again")
        if moved:
            return _ours(seen, "it started anew")
        if not record.target.generation:
            return Failed(FailureClass.UNKNOWN, "sent, and nothing shows whether it started anew", uncertain=True)
    if record.verb is Verb.PAUSE:
        if phase is Phase.PAUSED:
            return _ours(seen, "it is paused")
        if moved:
            return Failed(FailureClass.UNKNOWN, "sent, and it started anew since; not sent again", uncertain=True)
    if record.verb is Verb.RESUME and phase not in {Phase.PAUSED, Phase.STOPPING, Phase.UNKNOWN}:
        return _ours(seen, "it runs")
    if phase is Phase.STOPPING and record.verb in {Verb.KILL, Verb.PAUSE}:
        # On its way: another call would meet what is over by then, or what somebody has let go on since.
        return _ours(seen, "it is stopping")
    return Go()


def _ours(seen: Seen, text: str) -> Done:
    return Done(text, confirmed_after_restart=seen.after_restart)
