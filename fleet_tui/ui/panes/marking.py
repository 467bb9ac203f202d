"""What marks mean to panes whose rows are agents."""

from typing import Final

from fleet_tui.domain.identity import unpacked
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.views.amounts import full
from fleet_tui.views.model import FleetModel
from fleet_tui.views.tally import rate_sum

MANY_MARKS: Final = 4000
"""What more rows than this cost is not added up at every move of the cursor."""


def chosen_marks(model: FleetModel, table: FleetTable) -> tuple[str, ...]:
    """The marked agents that are still known."""
    return tuple(sorted(handle for handle in table.marks if handle in model.agents))


def marks_words(model: FleetModel, table: FleetTable) -> SafeText:
    """How many they are, and what they cost an hour."""
    if table.mark_count > MANY_MARKS:
        return safe_line(f"{table.mark_count} marked ")
    marks = [model.agents[handle] for handle in table.marks if handle in model.agents]
    lost = len(table.lost_marks)
    if lost and not marks:
        return safe_line(f"{lost} marked gone, U ")
    if not marks:
        return SafeText("")
    hourly = full(rate_sum(tuple(r for agent in marks for r in agent.resources)))
    gone = f", {lost} gone" if lost else ""
    return safe_line(f"{len(marks)} marked{gone} {hourly}/h ")


def name_of_lost(key: str) -> SafeText:
    """What a row is called that exists no more: its agent's name is its key, else the last part of the key."""
    try:
        return safe_line(unpacked(key).id)
    except ValueError:
        return safe_line(key.rpartition("\x1f")[2])
