"""From a plan that was confirmed to what lies in the store: the only place of the console that submits."""

import os
from datetime import datetime

from fleet_tui.domain.action import DEFAULT_TERM, HAND_OVER_TERM, Intent, IntentId, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.plan import Plan, targets_of
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import StoreError
from fleet_tui.ui.messages import Submitted
from fleet_tui.ui.session import Session
from fleet_tui.views.model import FleetModel
from fleet_tui.views.reassign import moving, reassignment


def order(session: Session, model: FleetModel, plan: Plan, *, why: str, agents: tuple[Agent, ...]) -> Submitted:
    """Submit exactly what the plan showed. Refused when the window has closed meanwhile."""
    now = session.now()
    if not session.may_act():
        return Submitted("", 0, refused=session.why_not())
    try:
        if plan.verb is not Verb.REASSIGN:
            return _submit(session, plan, plan.targets, why, now)
        if plan.params.task_to is not None:
            return _hand_over(session, model, agents[0], plan.params.task_to, now)
        return _reassign(session, model, plan, why, now)
    except StoreError as error:
        return Submitted("", 0, refused=f"nothing was submitted: {error}")


def move(session: Session, hand_over: HandOver, plan: Plan, *, why: str) -> Submitted:
    """Confirm a hand-over: the task moves, then what of the giver was planned is paused."""
    now = session.now()
    if not session.may_act():
        return Submitted("", 0, refused=session.why_not())
    try:
        moved = session.intents.confirm_hand_over(
            hand_over.hand_over_id, actor=session.actor, host=session.host, now=now
        )
    except StoreError as error:
        return Submitted("", 0, refused=f"nothing was done: {error}")
    if moved is None:
        return Submitted("", 0, refused="the hand-over is not waiting any more; nothing was done")
    if not plan.targets:
        return Submitted("", 1, told="the task has moved; nothing of its giver runs that could pause")
    try:
        return _submit(session, plan, plan.targets, why, now)
    except StoreError as error:
        return Submitted("", 0, refused=f"the task has moved, but its giver could not be told to pause: {error}")


def _submit(session: Session, plan: Plan, targets: tuple[Resource, ...], why: str, now: datetime) -> Submitted:
    chosen = {r.key for r in targets}
    intent = Intent(
        intent_id=IntentId(os.urandom(8).hex()),
        verb=plan.verb,
        params=plan.params,
        targets=tuple(target for target in targets_of(plan) if target.key in chosen),
        actor=session.actor,
        host=session.host,
        why=why,
        submitted_at=now,
        not_after=now + DEFAULT_TERM,
        via="console",
    )
    session.intents.submit(intent, {r.key: r.name for r in targets})
    return Submitted(intent.intent_id, len(intent.targets))


def _reassign(session: Session, model: FleetModel, plan: Plan, why: str, now: datetime) -> Submitted:
    split = reassignment(model, plan.targets, plan.params.assign, writing=session.writing, actor=session.actor)
    session.intents.overlay(split.overlays, now=now, host=session.host, why=why)
    if not split.written:
        return Submitted("", len(split.kept_here))
    try:
        return _submit(session, plan, split.written, why, now)
    except StoreError as error:
        if not split.overlays:
            raise
        return Submitted("", 0, refused=f"what stands here was set, but no provider could be told: {error}")


def _hand_over(session: Session, model: FleetModel, giver: Agent, taker: str, now: datetime) -> Submitted:
    moved = moving(model, giver, taker)
    if isinstance(moved, str):
        return Submitted("", 0, refused=f"{moved}; nothing was done")
    session.intents.hand_over(
        HandOver(
            hand_over_id=os.urandom(8).hex(),
            from_agent=moved.giver,
            to_agent=moved.taker,
            task=moved.task,
            asked_by=session.actor,
            asked_at=now,
            not_after=now + HAND_OVER_TERM,
            state="waiting",
        )
    )
    return Submitted("", 1, told="the task waits to move: m on either of the two confirms it")
