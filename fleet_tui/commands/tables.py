"""The tables that `export` knows, each made whole as the console's view makes it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from fleet_tui.commands.attention import attention
from fleet_tui.commands.fleet import Fleet
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.filter import Filter
from fleet_tui.views import fleet as fleet_view
from fleet_tui.views import tree_table
from fleet_tui.views.attention import within
from fleet_tui.views.attention_rows import attention_table
from fleet_tui.views.audit import audit_table
from fleet_tui.views.facts import matching, matching_resources
from fleet_tui.views.failures import classes_table, open_incidents, open_table
from fleet_tui.views.model import FleetModel
from fleet_tui.views.narrow import audit_within, failures_within, narrowed
from fleet_tui.views.pieces import TableRow, TableView
from fleet_tui.views.resources import resource_table
from fleet_tui.views.sort_keys import ordered
from fleet_tui.views.spend import GroupBy, spend_table
from fleet_tui.views.sprawl import findings_table, rules_table
from fleet_tui.views.stack import WEEK, measured, stack_table
from fleet_tui.views.tree import tree_rows

_WINDOW: Final = timedelta(hours=24)
_FAILURES: Final = 100_000
_AUDIT_LINES: Final = 1_000_000


def _fleet(fleet: Fleet, chosen: Filter) -> TableView:
    model, now = fleet.model, fleet.now()
    handles = ordered(model, matching(model, chosen, sorted(model.fleet), now), now)
    rows = (TableRow(key=one, cells=fleet_view.cells(model, model.agents[one], now)) for one in handles)
    return TableView(columns=fleet_view.COLUMNS, rows=tuple(rows))


def _resources(fleet: Fleet, chosen: Filter) -> TableView:
    now = fleet.now()
    return resource_table(fleet.model, matching_resources(fleet.model, chosen, now), now)


def _spend(by: GroupBy) -> Callable[[Fleet, Filter], TableView]:
    def made(fleet: Fleet, chosen: Filter) -> TableView:
        now = fleet.now()
        model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
        return spend_table(model, now, by, filtered=chosen.text)

    return made


def _failures(fleet: Fleet, chosen: Filter) -> TableView:
    """Incidents too, as the console and the command show them."""
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    return open_table(model, now, told=open_incidents(model, _recorded(fleet, chosen, model)))


def _classes(fleet: Fleet, chosen: Filter) -> TableView:
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    return classes_table(_recorded(fleet, chosen, model), now)


def _recorded(fleet: Fleet, chosen: Filter, model: FleetModel) -> list[Failure]:
    found = list(fleet.reader.failures(since=fleet.now() - _WINDOW, limit=_FAILURES))
    return failures_within(found, model) if chosen else found


def _sprawl(fleet: Fleet, chosen: Filter) -> TableView:
    now = fleet.now()
    return findings_table(narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join), now)


def _rules(fleet: Fleet, chosen: Filter) -> TableView:
    now = fleet.now()
    return rules_table(narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join), now)


def _attention(fleet: Fleet, chosen: Filter) -> TableView:
    now = fleet.now()
    items = tuple(within(fleet.model, chosen, attention(fleet).items, now))
    return attention_table(fleet.model, items, now, ids=True, filtered=chosen.text)


def _stack(fleet: Fleet, chosen: Filter) -> TableView:
    now, reader = fleet.now(), fleet.reader
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    found = measured(reader.reach(since=now - WEEK), reader.failures(since=now - WEEK, limit=_FAILURES), now)
    return stack_table(model, found, now, filtered=chosen.text)


def _tree(fleet: Fleet, chosen: Filter) -> TableView:
    model, now = fleet.model, fleet.now()
    rows = tree_rows(model, now, chosen=chosen, collapse=False)
    cells = ((key, tree_table.cells(model, rows, key, now, ascii_only=True)) for key in rows.order)
    return TableView(columns=tree_table.COLUMNS, rows=tuple(TableRow(key=key, cells=tuple(one)) for key, one in cells))


def _audit(fleet: Fleet, chosen: Filter) -> TableView:
    return audit_table(audit_within(fleet.reader.audit(limit=_AUDIT_LINES), chosen, fleet.now()))


TABLES: Final[Mapping[str, Callable[[Fleet, Filter], TableView]]] = {
    "fleet": _fleet,
    "resources": _resources,
    "spend": _spend(GroupBy.AGENT),
    **{f"spend-by-{by.value}": _spend(by) for by in GroupBy if by is not GroupBy.AGENT},
    "failures": _failures,
    "failure-classes": _classes,
    "sprawl": _sprawl,
    "sprawl-rules": _rules,
    "attention": _attention,
    "stack": _stack,
    "tree": _tree,
    "audit": _audit,
}
