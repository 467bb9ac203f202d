"""What marks mean to panes whose rows are agents."""

from typing import Final

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
    if not marks:
        return SafeText("")
    hourly = full(rate_sum(tuple(r for agent in marks for r in agent.resources)))
    return safe_line(f"{len(marks)} marked {hourly}/h ")
