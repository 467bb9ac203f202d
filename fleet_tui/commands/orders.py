"""Submits what was confirmed, and waits for what became of it."""

import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Final

from fleet_tui.commands.fleet import Fleet
from fleet_tui.config.operator import who
from fleet_tui.domain.action import DEFAULT_TERM, HAND_OVER_TERM, ActionId, Intent, IntentId, action_id
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.plan import Plan, targets_of
from fleet_tui.domain.record import ActionRecord, HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.views.reassign import Moving

AFTER_TERM_S: Final = 120.0
"""How much longer than its term an action may take to be settled: what began in time is seen to its end."""

Progress = Callable[[str], None]


def submit(fleet: Fleet, plan: Plan, *, why: str, only: Collection[Resource] | None = None) -> tuple[ActionId, ...]:
    """Submit a confirmed plan, or a part of its targets; the ids its actions will have."""
    targets = plan.targets if only is None else tuple(r for r in plan.targets if r in only)
    if not targets:
        return ()
    now, me = fleet.now(), who()
    intent = Intent(
        intent_id=IntentId(secrets.token_hex(8)),
        verb=plan.verb,
        params=plan.params,
        targets=tuple(t for t in targets_of(plan) if t.key in {r.key for r in targets}),
        actor=me.actor,
        host=me.host,
        why=why,
        submitted_at=now,
        not_after=now + DEFAULT_TERM,
        via="command",
    )
    fleet.intents.submit(intent, {r.key: r.name for r in targets})
    return tuple(action_id(intent.intent_id, index) for index in range(len(intent.targets)))


def outcomes(fleet: Fleet, actions: Sequence[ActionId], told: Progress) -> list[ActionRecord]:
    """Wait until every action is settled, telling each as it is; those still open at the end come as they are."""
    open_ = dict.fromkeys(actions)

    def settled() -> bool:
        for id_ in tuple(open_):
            record = fleet.model.actions.get(id_)
            if record is not None and record.outcome is not None:
                del open_[id_]
                told(f"{len(actions) - len(open_)} of {len(actions)} settled")
        return not open_

    fleet.wait(settled, for_s=DEFAULT_TERM.total_seconds() + AFTER_TERM_S)
    return [record for id_ in actions if (record := fleet.model.actions.get(id_)) is not None]


def lay(fleet: Fleet, overlays: Sequence[Overlay], *, why: str) -> None:
    """Keep assignments of our own over what providers say."""
    fleet.intents.overlay(overlays, now=fleet.now(), host=who().host, why=why)


def ask_hand_over(fleet: Fleet, moved: Moving) -> HandOver:
    """The hand-over of a task that waits for a word: the one there is, or a new one for 24 h."""
    now = fleet.now()
    for waiting in fleet.model.hand_overs.values():
        held = waiting.state == "waiting" and waiting.not_after >= now
        if held and (waiting.from_agent, waiting.to_agent, waiting.task) == (moved.giver, moved.taker, moved.task):
            return waiting
    asked = HandOver(
        hand_over_id=secrets.token_hex(8),
        from_agent=moved.giver,
        to_agent=moved.taker,
        task=moved.task,
        asked_by=who().actor,
        asked_at=now,
        not_after=now + HAND_OVER_TERM,
        state="waiting",
    )
    fleet.intents.hand_over(asked)
    return asked


def confirm_hand_over(fleet: Fleet, hand_over: HandOver) -> HandOver | None:
    """Move the task; None where it is not waiting any more."""
    me = who()
    return fleet.intents.confirm_hand_over(hand_over.hand_over_id, actor=me.actor, host=me.host, now=fleet.now())
