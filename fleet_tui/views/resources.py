"""Resources one by one: the table of `ls --resources`, and everything about one of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, exact, has_hidden, name_cell, safe_line
from fleet_tui.views import row
from fleet_tui.views.ages import NONE, age, left
from fleet_tui.views.amounts import short
from fleet_tui.views.as_json import resource_row
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, said, word
from fleet_tui.views.tally import rate_sum

_COLUMNS: Final = (
    Column(name="SOURCE", width=14, min_width=8, priority=1),
    Column(name="KIND", width=12, min_width=8, priority=2),
    Column(name="ID", width=26, min_width=12, priority=0),
    Column(name="STATE", width=9, priority=0),
    Column(name="FOR", width=4, priority=3),
    Column(name="$/h", width=8, min_width=6, align=Align.RIGHT, priority=3),
    Column(name="LEFT", width=4, priority=6),
    Column(name="TEAM", width=10, min_width=6, priority=7),
    Column(name="AGENT", width=18, min_width=10, priority=4),
    Column(name="NAME", width=20, min_width=10, priority=5, flexible=True),
)
_LABEL_CELLS: Final = 13


def resource_table(model: FleetModel, resources: Iterable[Resource], now: datetime) -> TableView:
    """In the order they come."""
    rows = tuple(TableRow(key=r.key.packed(), cells=_cells(model, r, now)) for r in resources)
    return TableView(columns=_COLUMNS, rows=rows, empty=SafeText("no resource to show"))


def _cells(model: FleetModel, resource: Resource, now: datetime) -> tuple[Cell, ...]:
    shown = model.effective(resource)
    sure = "" if row.confirmed(model, resource, now) else "?"
    state = row.phase_word(resource)
    rate = rate_sum((resource,))
    return (
        Cell(name_cell(resource.key.source)),
        word(resource.key.kind.replace("_", " "), Role.DIM),
        Cell(name_cell(resource.key.id), Role.STRONG),
        said(state if state.startswith("?") else f"{state}{sure}", phase_role(resource.phase.phase)),
        word(age(resource.phase.since, now)),
        word(short(rate) if rate.amounts or rate.unpriced else NONE, Role.MONEY),
        word(left(resource.ends_at, now)),
        Cell(name_cell(shown.assignment.team or NONE)),
        Cell(name_cell(resource.agent or NONE)),
        Cell(safe_line(resource.name or NONE, 256)),
    )


def resource_lines(model: FleetModel, resource: Resource, now: datetime) -> list[Line]:
    """Every fact with its label; what holds hidden characters is also spelled exactly."""
    lines = [_line(label, _text(value)) for label, value in resource_row(model, resource, now).items()]
    if resource.phase.evidence:
        lines.append(_line("why", resource.phase.evidence))
    lines += [_line(label, value) for label, value in resource.detail]
    for what, text in (("name", resource.name), ("id", resource.key.id)):
        if has_hidden(text):
            lines.append(_line("exact", f"{what} {exact(text, 120)} holds hidden or mixed characters", Role.WARN))
    return lines


def _text(value: object) -> str:
    match value:
        case None | "":
            return NONE
        case bool():
            return "yes" if value else "no"
        case dict():
            return " ".join(f"{key}={text}" for key, text in value.items()) or NONE  # pyright: ignore[reportUnknownVariableType]
        case list():
            return " ".join(str(one) for one in value) or NONE  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            return str(value)


def _line(label: str, text: str, role: Role = Role.PLAIN) -> Line:
    return (word(f"{safe_line(label, 40):<{_LABEL_CELLS}} ", Role.DIM), said(text, role))
