"""What operators ask for and what became of it, to rows and back."""

import json
from collections.abc import Mapping
from typing import Final

from fleet_tui.domain.action import ActionId, Intent, IntentId, Params, Verb
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Incarnation, ResourceKey, Target
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.record import ActionRecord, ActionState, AuditRow, HandOver, Wanted, WantedKind
from fleet_tui.store.codecs import (
    Cells,
    Row,
    key_of,
    key_row,
    moment,
    opt_moment,
    opt_plain,
    opt_text,
    opt_us,
    packed,
    plain,
    real,
    text,
    us,
)


def params_text(params: Params) -> str:
    return packed(
        {
            "now": params.now,
            "grace_s": real(params.grace_s) or 0.0,
            "extend_s": params.extend_s,
            "assign": [[field.value, opt_text(value)] for field, value in params.assign],
            "task_to": opt_text(params.task_to),
            "rescue": params.rescue,
        }
    )


def params_of(held_text: str) -> Params:
    held = json.loads(held_text)
    return Params(
        now=held["now"],
        grace_s=held["grace_s"],
        extend_s=held["extend_s"],
        assign=tuple((AssignmentField(field), opt_plain(value)) for field, value in held["assign"]),
        task_to=opt_plain(held["task_to"]),
        # An older version wrote none.
        rescue=held.get("rescue", False),
    )


def targets_text(intent: Intent, names: Mapping[ResourceKey, str]) -> str:
    """Every target with the name that the plan showed for it."""
    return packed([[*target_row(target), text(names.get(target.key, ""))] for target in intent.targets])


def targets_of(held_text: str) -> tuple[tuple[Target, str], ...]:
    return tuple((target_of(tuple(row[:-1])), plain(row[-1])) for row in json.loads(held_text))


def target_row(target: Target) -> tuple[str, str, str, str, str]:
    """In the order of `schema.TARGET`."""
    return *key_row(target.key), text(target.incarnation), text(target.generation)


def target_of(row: Cells) -> Target:
    source, kind, rid, incarnation, generation = row
    return Target(key_of(source, kind, rid), Incarnation(plain(incarnation)), plain(generation))


def intent_row(intent: Intent, names: Mapping[ResourceKey, str]) -> Row:
    """In the order of `schema.INTENT`."""
    return (
        text(intent.intent_id),
        intent.verb.value,
        params_text(intent.params),
        targets_text(intent, names),
        text(intent.actor),
        text(intent.host),
        text(intent.why),
        us(intent.submitted_at),
        us(intent.not_after),
        text(intent.via),
    )


_CONFIRMED: Final = 1
_UNCERTAIN: Final = 2
"""Flags of what was done; what failed has one, and it is 1."""


def outcome_row(outcome: Outcome | None) -> tuple[str | None, str | None, str | None, int]:
    """In the order of `schema.OUTCOME`: kind, reason or class, detail, and the flags of the kind."""
    match outcome:
        case None:
            return None, None, None, 0
        case Done(detail=detail, confirmed_after_restart=confirmed, uncertain=uncertain):
            return "done", "", text(detail), _CONFIRMED * confirmed | _UNCERTAIN * uncertain
        case Refused(reason=reason, detail=detail):
            return "refused", reason.value, text(detail), 0
        case Failed(failure_class=failure_class, detail=detail, uncertain=flag):
            return "failed", failure_class.value, text(detail), int(flag)


def outcome_of(row: Cells) -> Outcome | None:
    kind, reason, detail, flag = row
    match kind:
        case "done":
            return Done(
                detail=plain(detail),
                confirmed_after_restart=bool(flag & _CONFIRMED),
                uncertain=bool(flag & _UNCERTAIN),
            )
        case "refused":
            return Refused(reason=RefusalReason(reason), detail=plain(detail))
        case "failed":
            return Failed(failure_class=FailureClass(reason), detail=plain(detail), uncertain=bool(flag))
        case _:
            return None


def action_row(record: ActionRecord) -> Row:
    """In the order of `schema.ACTION`."""
    return (
        text(record.action_id),
        text(record.intent_id),
        record.verb.value,
        params_text(record.params),
        *target_row(record.target),
        text(record.name),
        text(record.actor),
        text(record.host),
        text(record.via),
        text(record.why),
        us(record.submitted_at),
        us(record.not_after),
        record.state.value,
        *outcome_row(record.outcome),
        opt_us(record.settled_at),
    )


def action_of(row: Cells) -> ActionRecord:
    """From the columns of `schema.ACTION`, in that order."""
    action_id, intent_id, verb, params, *rest = row
    target, (name, actor, host, via, why), rest = rest[:5], rest[5:10], rest[10:]
    submitted_at, not_after, state, *outcome, settled_at = rest
    return ActionRecord(
        action_id=ActionId(plain(action_id)),
        intent_id=IntentId(plain(intent_id)),
        verb=Verb(verb),
        params=params_of(params),
        target=target_of(tuple(target)),
        name=plain(name),
        actor=plain(actor),
        host=plain(host),
        via=plain(via),
        why=plain(why),
        submitted_at=moment(submitted_at),
        not_after=moment(not_after),
        state=ActionState(state),
        outcome=outcome_of(tuple(outcome)),
        settled_at=opt_moment(settled_at),
    )


def audit_of(row: Cells) -> AuditRow:
    """From the columns of `schema.AUDIT`, in that order."""
    seq, at, *texts = row
    held: list[str] = [plain(each) for each in texts]
    actor, host, via, what, target, incarnation, outcome, reason, why, intent_id, action_id, hash_ = held
    return AuditRow(
        seq=seq,
        at=moment(at),
        actor=actor,
        host=host,
        via=via,
        what=what,
        target=target,
        incarnation=incarnation,
        outcome=outcome,
        reason=reason,
        why=why,
        intent_id=intent_id,
        action_id=action_id,
        hash=hash_,
    )


def overlay_row(overlay: Overlay) -> Row:
    """In the order of `schema.OVERLAY`."""
    return text(overlay.subject), overlay.field.value, opt_text(overlay.value), text(overlay.set_by)


def overlay_of(row: Cells) -> Overlay:
    subject, field, value, set_by = row
    return Overlay(subject=plain(subject), field=AssignmentField(field), value=opt_plain(value), set_by=plain(set_by))


def wanted_of(row: Cells) -> Wanted:
    """From `id` and the columns of `schema.WANTED`."""
    wanted_id, kind, subject, asked_at, expires_at = row
    return Wanted(
        wanted_id=wanted_id,
        kind=WantedKind(kind),
        subject=plain(subject),
        asked_at=moment(asked_at),
        expires_at=moment(expires_at),
    )


def hand_over_row(hand_over: HandOver) -> Row:
    """In the order of `schema.HAND_OVER`."""
    return (
        text(hand_over.hand_over_id),
        text(hand_over.from_agent),
        text(hand_over.to_agent),
        text(hand_over.task),
        text(hand_over.asked_by),
        us(hand_over.asked_at),
        us(hand_over.not_after),
        hand_over.state,
    )


def hand_over_of(row: Cells) -> HandOver:
    """From the columns of `schema.HAND_OVER`, in that order."""
    hand_over_id, from_agent, to_agent, task, asked_by, asked_at, not_after, state = row
    return HandOver(
        hand_over_id=plain(hand_over_id),
        from_agent=plain(from_agent),
        to_agent=plain(to_agent),
        task=plain(task),
        asked_by=plain(asked_by),
        asked_at=moment(asked_at),
        not_after=moment(not_after),
        state=state,
    )
