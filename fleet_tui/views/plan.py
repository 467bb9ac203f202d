"""A plan in words, the same for dialog and command: what would change, what is left out and why, what stays."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fleet_tui.domain.action import VERBS, Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.plan import LeftOut, Plan, expected_word
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, exact, has_hidden, name_cell
from fleet_tui.views import row
from fleet_tui.views.ages import fine, fine_age
from fleet_tui.views.amounts import full
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.columns import Column
from fleet_tui.views.detail import resource_words
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, said, word
from fleet_tui.views.tally import rate_sum

STOPS_THE_METER: Final = frozenset({Verb.PAUSE, Verb.KILL})
_SHOWN_STAYS: Final = 6
_SHOWN_NAMES: Final = 8
_COLUMNS: Final = (
    Column(name="AGENT", width=18, min_width=12, priority=0),
    Column(name="RESOURCE", width=22, min_width=12, priority=2),
    Column(name="WHERE", width=14, min_width=8, priority=1),
    Column(name="STATE", width=9, priority=0),
    Column(name="SEEN", width=12, min_width=8, priority=0),
    Column(name="WHAT HAPPENS", width=24, min_width=12, priority=0, flexible=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What a plan is shown against."""

    fleet: str
    production: bool
    hidden: Collection[str] = ()
    """Names of marked rows that the present filter hides."""
    may_act: bool = True
    """False: the plan is shown, and that is all."""
    why_not: str = ""


def title(plan: Plan) -> SafeText:
    """`KILL 3 resources`, `REASSIGN nothing`."""
    count = len(plan.targets)
    kinds = sorted({r.key.kind.replace("_", " ") for r in plan.targets})
    noun = kinds[0] if len(kinds) == 1 else "resource"
    plural = ("es" if noun.endswith(("s", "x")) else "s") if count != 1 else ""
    return SafeText(f"{plan.verb.upper()} {count} {noun}{plural}" if count else f"{plan.verb.upper()} nothing")


def params_text(verb: Verb, params: Params) -> str:
    """What was chosen beside the verb; empty where nothing can be."""
    if verb is Verb.KILL:
        return (
            "at once, without asking it to stop"
            if params.now
            else f"ask it to stop, {fine(int(params.grace_s))} later kill"
        )
    if verb is Verb.EXTEND and params.extend_s is not None:
        return f"its end is then {fine(params.extend_s)} from now"
    if verb is Verb.REASSIGN:
        return _assign_text(params)
    return ""


def _assign_text(params: Params) -> str:
    if params.task_to is not None:
        return f"its task goes to {params.task_to} when that is confirmed, within 24 h"
    return ", ".join(f"{field} = {value if value is not None else 'nobody'}" for field, value in params.assign)


def plan_table(plan: Plan, model: FleetModel, now: datetime) -> TableView:
    """A row per resource: those that are acted on first, then those left out with the reason."""
    rows = [TableRow(key=r.key.packed(), cells=_target_cells(plan, model, r, now)) for r in plan.targets]
    rows += [
        TableRow(key=left.resource.key.packed(), cells=_left_out_cells(model, left, now)) for left in plan.left_out
    ]
    return TableView(columns=_COLUMNS, rows=tuple(rows), empty=SafeText("nothing here that this verb can act on"))


def _start(model: FleetModel, resource: Resource, now: datetime) -> tuple[Cell, ...]:
    handle = model.handle_of(resource.key)
    name = model.names.of(handle) if handle is not None and handle in model.fleet else name_cell(resource.name)
    place = f"{resource.provider}/{resource.region}" if resource.region else resource.key.source
    status = model.statuses.get(resource.key.source)
    since = fine_age(status.last_ok_at if status else None, now)
    stale = row.is_stale(model, resource, now)
    return (
        Cell(name, Role.STRONG),
        Cell(name_cell(resource.key.id, 64)),
        Cell(name_cell(place, 48)),
        said(row.phase_word(resource), phase_role(resource.phase.phase)),
        word(f"STALE {since}" if stale else f"fresh {since}", Role.STALE if stale else Role.GOOD),
    )


def _target_cells(plan: Plan, model: FleetModel, resource: Resource, now: datetime) -> tuple[Cell, ...]:
    hidden = has_hidden(resource.name) or has_hidden(resource.key.id)
    mark = "  !! see exact" if hidden else ""
    return (*_start(model, resource, now), word(f"{plan.verb}{mark}", Role.WARN if hidden else Role.PLAIN))


def _left_out_cells(model: FleetModel, left: LeftOut, now: datetime) -> tuple[Cell, ...]:
    return (*_start(model, left.resource, now), said(f"left out: {left.detail or left.reason.value}", Role.DIM))


def plan_lines(plan: Plan, model: FleetModel, context: PlanContext) -> list[Line]:
    """What stands under the rows."""
    lines = [*_scope(plan, context), *_exactly(plan), *_stays(plan), *_money(plan)]
    chosen = params_text(plan.verb, plan.params)
    if chosen:
        lines.append(_labelled("how", chosen))
    lines.append(_labelled("undo", VERBS[plan.verb].undo))
    if plan.verb is Verb.REASSIGN:
        lines.append(_labelled("where", _where_labels_go(plan, model)))
    lines.append(
        _labelled("then", "each row is read again just before it is acted on; one that is not the same is left alone")
    )
    return lines


def _labelled(label: str, text: str, role: Role = Role.PLAIN) -> Line:
    return (word(f"{label:<7}", Role.DIM), said(text, role))


def _scope(plan: Plan, context: PlanContext) -> Iterator[Line]:
    if context.hidden:
        yield _labelled(
            "hidden", f"{len(context.hidden)} marked rows are hidden by the filter: {_names(context.hidden)}", Role.BAD
        )
    if plan.joined_by_label:
        text = (
            f"{_names(plan.joined_by_label)}: one agent in several sources by its label alone, which agents can write"
        )
        yield _labelled("joined", text, Role.WARN)
    for note in plan.notes:
        yield _labelled("note", note, Role.WARN)
    for left in plan.left_out[:_SHOWN_STAYS]:
        yield _labelled("out", f"{left.resource.name or left.resource.key.id}: {left.detail or left.reason.value}")
    if len(plan.left_out) > _SHOWN_STAYS:
        yield _labelled("out", f"and {len(plan.left_out) - _SHOWN_STAYS} more")
    reasons = [left.reason for left in plan.left_out]
    if RefusalReason.STALE in reasons:
        yield _labelled(
            "note", f"{reasons.count(RefusalReason.STALE)} rows could not be read in time and are left out", Role.WARN
        )


def _names(names: Iterable[str]) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - _SHOWN_NAMES} more" if len(listed) > _SHOWN_NAMES else ""
    return ", ".join(listed[:_SHOWN_NAMES]) + more


def _exactly(plan: Plan) -> Iterator[Line]:
    for resource in plan.targets:
        if has_hidden(resource.name) or has_hidden(resource.key.id):
            spelled = f"!! hidden or mixed characters: {exact(resource.name, 80)}  id {exact(resource.key.id, 80)}"
            yield _labelled("exact", spelled, Role.WARN)


def _stays(plan: Plan) -> Iterator[Line]:
    if not plan.stays:
        return
    shown = ", ".join(resource_words(resource) for resource in plan.stays[:_SHOWN_STAYS])
    more = f" and {len(plan.stays) - _SHOWN_STAYS} more" if len(plan.stays) > _SHOWN_STAYS else ""
    yield _labelled("stays", shown + more)


def _money(plan: Plan) -> Iterator[Line]:
    if plan.verb not in STOPS_THE_METER or not plan.targets:
        return
    saved = rate_sum(plan.targets)
    text = f"{full(saved)} an hour"
    if saved.unpriced:
        text += f" ({saved.unpriced} of {len(plan.targets)} have no known price)"
    yield _labelled("saves", text, Role.MONEY)


def _where_labels_go(plan: Plan, model: FleetModel) -> str:
    assigned = [field for field, _ in plan.params.assign]
    fields = ", ".join(AssignmentField(field) for field in assigned) or "the task"
    sources = sorted({r.key.source for r in plan.targets if r.key.source in model.statuses})
    return (
        f"{fields} in {', '.join(sources) or 'our store'}: written there where write_labels allows it, else kept here"
    )


def confirmation(plan: Plan, context: PlanContext) -> SafeText:
    """How to say yes, as one sentence."""
    if not plan.targets:
        return SafeText("there is nothing to do")
    if not context.may_act:
        return said(context.why_not or "this is a plan only").text
    wanted = expected_word(plan, fleet=context.fleet, production=context.production)
    if wanted is None:
        return SafeText(f"press the button to {plan.verb}")
    return said(f"type  {exact(wanted)}  to go ahead").text
