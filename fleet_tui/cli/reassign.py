"""`reassign`: owner, team, task and parent, or the hand-over of a task."""

import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from fleet_tui.cli.out import Ended, say
from fleet_tui.cli.pick import acting_filter, one_agent, picked, refuse_read_only
from fleet_tui.cli.verbs import agreed, planned, report
from fleet_tui.commands.fleet import Fleet, attending
from fleet_tui.commands.orders import ask_hand_over, confirm_hand_over, lay, submit
from fleet_tui.config.operator import who
from fleet_tui.domain.action import Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import ABSENT
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.plan import Plan
from fleet_tui.domain.resource import Resource
from fleet_tui.views.as_json import Row, time_text
from fleet_tui.views.choice import Choice
from fleet_tui.views.reassign import Assign, moving, reassignment


def run(options: Namespace) -> int:
    """Assign, or hand over."""
    assign = _assign(options)
    if options.task_to is not None and assign:
        raise Ended(
            ExitCode.WRONG, "--task-to moves the task as it is: use it without --owner, --team, --task, --parent"
        )
    if options.task_to is None and not assign:
        raise Ended(ExitCode.WRONG, "say what to set: --owner, --team, --task, --parent, or --task-to")
    if options.confirm and options.task_to is None:
        raise Ended(ExitCode.WRONG, "--confirm belongs to --task-to")
    chosen = acting_filter(options.words)
    refuse_read_only(options)
    with attending(options.config, options.state_dir, os.environ) as fleet:
        unread = fleet.read_again()
        choice = picked(fleet, chosen)
        if options.task_to is not None:
            return _hand_over(fleet, choice, options, unread)
        plan = planned(fleet, Verb.REASSIGN, choice, Params(assign=assign), unread)
        if not agreed(fleet, choice, plan, options, unread):
            return ExitCode.DONE
        return _reassign(fleet, plan, assign, options)


def _assign(options: Namespace) -> Assign:
    given: list[tuple[AssignmentField, str | None]] = []
    for field in AssignmentField:
        value: str | None = getattr(options, field.value)
        if value is None:
            continue
        if not value.strip() or not value.isprintable():
            raise Ended(ExitCode.WRONG, f"--{field} takes a printable word; - for none")
        given.append((field, None if value == ABSENT else value))
    return tuple(given)


def _reassign(fleet: Fleet, plan: Plan, assign: Assign, options: Namespace) -> int:
    split = reassignment(fleet.model, plan.targets, assign, writing=fleet.writing, actor=who().actor)
    ids = submit(fleet, plan, why=options.why, only=split.written)
    lay(fleet, split.overlays, why=options.why)
    kept = [_kept_row(resource, options.why) for resource in split.kept_here]
    return report(fleet, plan, ids, options, extra=kept)


def _kept_row(resource: Resource, why: str) -> Row:
    return {
        "verb": Verb.REASSIGN.value,
        "source": resource.key.source,
        "kind": resource.key.kind.value,
        "id": resource.key.id,
        "name": resource.name,
        "incarnation": resource.incarnation,
        "outcome": "done",
        "reason": "kept here, over what the provider says",
        "why": why or None,
        "actor": who().actor,
        "intent_id": None,
        "action_id": None,
        "submitted_at": None,
        "settled_at": None,
    }


def _hand_over(fleet: Fleet, choice: Choice, options: Namespace, unread: Mapping[SourceName, str]) -> int:
    if len(choice.agents) != 1 or not choice.agents[0].claimed:
        raise Ended(ExitCode.WRONG, "--task-to hands over the task of one agent: name it")
    giver, taker = choice.agents[0], one_agent(fleet, options.task_to, "--task-to")
    if giver.handle == taker.handle:
        raise Ended(ExitCode.WRONG, f"{giver.name} cannot hand its task to itself")
    moved = moving(fleet.model, giver, taker.handle)
    if isinstance(moved, str):
        raise Ended(ExitCode.REFUSED, f"{moved}; nothing was done")
    task = moved.task
    plan = planned(fleet, Verb.REASSIGN, choice, Params(task_to=taker.name), unread)
    pause = planned(fleet, Verb.PAUSE, choice, Params(), unread)
    if options.confirm:
        say(f"the task {task} moves from {giver.name} to {taker.name}, then pause: {_names(pause)}")
    else:
        say(f"the task {task} waits to move from {giver.name} to {taker.name} until --confirm, for 24 h")
    if not agreed(fleet, choice, plan, options, unread):
        return ExitCode.DONE
    asked = ask_hand_over(fleet, moved)
    row: dict[str, Any] = {
        "verb": Verb.REASSIGN.value,
        "id": asked.hand_over_id,
        "name": giver.name,
        "to": taker.name,
        "task": task,
        "outcome": "waiting",
        "reason": "confirm it with --confirm",
        "not_after": time_text(asked.not_after),
    }
    if not options.confirm:
        return report(fleet, _without_left_out(plan), (), options, extra=[row])
    if confirm_hand_over(fleet, asked) is None:
        row |= {"outcome": "refused", "reason": "it is not waiting any more"}
        report(fleet, _without_left_out(plan), (), options, extra=[row])
        return ExitCode.SOME_FAILED
    row |= {"outcome": "done", "reason": "the task has moved"}
    return report(fleet, pause, submit(fleet, pause, why=options.why), options, extra=[row])


def _names(plan: Plan) -> str:
    return ", ".join(resource.name or resource.key.id for resource in plan.targets) or "nothing that can be paused"


def _without_left_out(plan: Plan) -> Plan:
    """The plan of the hand-over itself, which reaches no provider."""
    return Plan(
        verb=plan.verb,
        params=plan.params,
        targets=plan.targets,
        left_out=(),
        stays=plan.stays,
        joined_by_label=plan.joined_by_label,
        notes=plan.notes,
        stale=plan.stale,
        made_at=plan.made_at,
    )
