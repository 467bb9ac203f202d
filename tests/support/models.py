"""Models of small fleets, and what views of them say, as text."""

from collections.abc import Iterable

from fleet_tui.domain.resource import Resource
from fleet_tui.views.book import text_of
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableView
from tests.support.facts import NOW, next_delta, whole


def model_of(*resources: Resource, **changes: object) -> FleetModel:
    """A fleet of these rows, and then what one more delta changes."""
    model = FleetModel()
    model.apply(whole(*resources), NOW)
    if changes:
        model.apply(next_delta(2, **changes), NOW)
    return model


def words(lines: Iterable[Line]) -> str:
    return "\n".join(map(text_of, lines))


def rows_of(view: TableView) -> dict[str, dict[str, str]]:
    """The cells of each row by the names of their columns."""
    names = [column.name for column in view.columns]
    return {row.key: dict(zip(names, [c.text for c in row.cells], strict=True)) for row in view.rows}
