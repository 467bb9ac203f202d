"""A plan in words, the same for dialog and command: what would change, what is left out and why, what stays."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final

from fleet_tui.domain.action import VERBS, Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.comeback import comes_back
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.plan import Plan
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, exact, has_hidden, name_cell
from fleet_tui.views import row
from fleet_tui.views.ages import fine, fine_age
from fleet_tui.views.amounts import Sum, full
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.columns import Column
from fleet_tui.views.detail import resource_words
from fleet_tui.views.dirt import dirt_cell, dirt_lines
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, counted, said, word
from fleet_tui.views.proposal import Proposal, Scope, family_words
from fleet_tui.views.tally import rate_sum

STOPS_THE_METER: Final = frozenset({Verb.PAUSE, Verb.KILL})
LABEL_CELLS: Final = 7
"""What stands before a line of a plan: a word for it."""
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
_DIRTY: Final = Column(name="UNSAVED", width=22, min_width=14, priority=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What a plan is shown against."""

    fleet: str
    production: bool
    hidden: Collection[str] = ()
    """Names of marked rows that the present filter hides."""
    gone: Collection[str] = ()
    """Names of marked rows that are not there any more: dropped from the plan."""
    proposal: Proposal | None = None
    """What the plan is one of; None for single resources."""
    scope: Scope = Scope.THESE
    choices_shown: bool = False
    """What may be chosen stands beside these lines: what was chosen is not said twice."""
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
        how = (
            "at once, without asking it to stop"
            if params.now
            else f"ask it to stop, {fine(int(params.grace_s))} later kill"
        )
        return how + _rescue_text(params)
    if verb is Verb.RESTART and params.rescue:
        return _rescue_text(params).removeprefix("; ")
    if verb is Verb.EXTEND and params.extend_s is not None:
        return f"its end is then {fine(params.extend_s)} from now"
    if verb is Verb.REASSIGN:
        return _assign_text(params)
    return ""


def _rescue_text(params: Params) -> str:
    if not params.rescue:
        return ""
    when = "after it, as nothing holds it up" if params.now else "before it"
    return f"; {when} its diff and last log lines are kept in the state directory, where it runs on this machine"


def _assign_text(params: Params) -> str:
    if params.task_to is not None:
        return f"its task goes to {params.task_to} when that is confirmed, within 24 h"
    return ", ".join(f"{field} = {value if value is not None else 'nobody'}" for field, value in params.assign)


def plan_table(plan: Plan, model: FleetModel, now: datetime, *, unsaved: bool = False) -> TableView:
    """A row per resource: those that are acted on first, then those left out with the reason.

    `unsaved` keeps the column for work that is nowhere else, whether or not this plan asks for it.
    """
    unsaved = unsaved or bool(plan.dirt)
    columns = (*_COLUMNS[:-1], _DIRTY, _COLUMNS[-1]) if unsaved else _COLUMNS
    dirt = dict(plan.dirt)
    rows: list[TableRow] = []
    for target in plan.targets:
        work = (dirt_cell(dirt.get(target.key)),) if unsaved else ()
        cells = (*_start(model, target, now), *work, _what_happens(plan, target))
        rows.append(TableRow(key=target.key.packed(), cells=cells))
    for left in plan.left_out:
        work = (dirt_cell(None),) if unsaved else ()
        why = said(f"left out: {left.detail or left.reason.value}", Role.DIM)
        rows.append(TableRow(key=left.resource.key.packed(), cells=(*_start(model, left.resource, now), *work, why)))
    return TableView(columns=columns, rows=tuple(rows), empty=SafeText("nothing here that this verb can act on"))


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


def _what_happens(plan: Plan, resource: Resource) -> Cell:
    hidden = has_hidden(resource.name) or has_hidden(resource.key.id)
    what = f"{plan.verb} at once" if plan.verb is Verb.KILL and plan.params.now else plan.verb.value
    return word(f"{what}  !! see exact" if hidden else what, Role.WARN if hidden else Role.PLAIN)


def plan_lines(plan: Plan, model: FleetModel, context: PlanContext) -> list[Line]:
    """What stands under the rows."""
    lines = [*dirt_lines(plan, _SHOWN_STAYS), *_scope(plan, model, context), *_exactly(plan)]
    if context.proposal is not None:
        lines += [_labelled(label, text, role) for label, text, role in family_words(context.proposal, context.scope)]
    lines += [*_back(plan, model), *_stays(plan)]
    if plan.verb in STOPS_THE_METER and plan.targets:
        lines.append((*_money(plan), *_spent(plan, model)))
    rescue = _rescue_text(plan.params).removeprefix("; ")
    chosen = rescue if context.choices_shown and plan.verb is Verb.KILL else params_text(plan.verb, plan.params)
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
    return (word(f"{label:<{LABEL_CELLS}}", Role.DIM), said(text, role))


def _scope(plan: Plan, model: FleetModel, context: PlanContext) -> Iterator[Line]:
    if context.hidden:
        yield _labelled(
            "hidden", f"{len(context.hidden)} marked rows are hidden by the filter: {_names(context.hidden)}", Role.BAD
        )
    if context.gone:
        count = counted(len(context.gone), "marked row")
        yield _labelled("gone", f"{count} ended or not there any more, left out: {_names(context.gone)}", Role.WARN)
    if plan.joined_by_label:
        text = (
            f"{_names(plan.joined_by_label)}: one agent in several sources by its label alone, which agents can write"
        )
        yield _labelled("joined", text, Role.WARN)
    for note in plan.notes:
        yield _labelled("note", note, Role.WARN)
    for left in plan.left_out[:_SHOWN_STAYS]:
        own = left.resource.name or left.resource.key.id
        names = " ".join(dict.fromkeys((model.called(left.resource.key, own), own)))
        yield _labelled("out", f"{names}: {left.detail or left.reason.value}")
    if len(plan.left_out) > _SHOWN_STAYS:
        yield _labelled("out", f"and {len(plan.left_out) - _SHOWN_STAYS} more")
    stale = sum(left.reason is RefusalReason.STALE for left in plan.left_out)
    if stale:
        yield _labelled("note", f"{counted(stale, 'row')} could not be read in time and left out", Role.WARN)


def _names(names: Iterable[str]) -> str:
    listed = sorted(set(names))
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


def _money(plan: Plan) -> Line:
    saved = rate_sum(plan.targets)
    text = f"{full(saved)} an hour"
    if saved.unpriced:
        text += f" ({saved.unpriced} of {len(plan.targets)} have no known price)"
    return _labelled("saves", text, Role.MONEY)


def _spent(plan: Plan, model: FleetModel) -> Line:
    handles = dict.fromkeys(model.handle_of(r.key) for r in plan.targets)
    total = Sum()
    for handle in handles:
        agent = model.agents.get(handle) if handle is not None else None
        today = row.today(model, agent, plan.made_at) if agent is not None else None
        if today is None:
            total.unpriced += 1
            continue
        total.unpriced += today.unpriced
        for currency, amount in today.amounts.items():
            total.add(amount, currency, today.bases)
    return (word("   spent ", Role.DIM), word(f"{full(total)} today", Role.MONEY))


def _back(plan: Plan, model: FleetModel) -> Iterator[Line]:
    """Who or what would start them again, rows with the same answer together."""
    names: dict[str, list[str]] = {}
    for resource in plan.targets:
        clause = comes_back(plan.verb, resource)
        if clause is not None:
            names.setdefault(clause, []).append(model.called(resource.key, resource.name))
    for clause, of in names.items():
        yield _labelled("again", f"{_names(of)}: {clause}" if len(names) > 1 or len(of) < len(plan.targets) else clause)


def _where_labels_go(plan: Plan, model: FleetModel) -> str:
    assigned = [field for field, _ in plan.params.assign]
    fields = ", ".join(AssignmentField(field) for field in assigned) or "the task"
    sources = sorted({r.key.source for r in plan.targets if r.key.source in model.statuses})
    return (
        f"{fields} in {', '.join(sources) or 'our store'}: written there where write_labels allows it, else kept here"
    )


def nothing_to_confirm(plan: Plan, context: PlanContext) -> SafeText:
    """Why nobody is asked anything."""
    if not plan.targets:
        return SafeText("there is nothing to do")
    return said(context.why_not or "this is a plan only").text


def asks_for_word(wanted: str) -> Line:
    return (word("type  "), said(exact(wanted), Role.BAD), word("  to go ahead"))


def asks_for_key(verb: Verb) -> SafeText:
    return said(f"press y to {verb}, or the button").text
