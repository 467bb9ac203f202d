"""Commands that look at a fleet as a whole: `spend`, `failures`, `sprawl`, `tree`, `stack`, `audit`."""

from argparse import Namespace
from datetime import timedelta
from typing import Final

from fleet_tui.cli.look import looked, print_lines, print_table, show_table
from fleet_tui.cli.out import draws_boxes, put, put_json, say_lines
from fleet_tui.commands.fleet import Fleet
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.money import Side
from fleet_tui.views import tree_table
from fleet_tui.views.as_json import audit_row
from fleet_tui.views.audit import audit_table
from fleet_tui.views.failures import classes_table, open_incidents, open_table
from fleet_tui.views.list_json import failure_row, finding_row, total_row
from fleet_tui.views.narrow import audit_within, failures_within, narrowed
from fleet_tui.views.sources import nothing_to_show
from fleet_tui.views.spend import GroupBy, spend_lines, spend_table
from fleet_tui.views.sprawl import findings_table, rules_table
from fleet_tui.views.stack import WEEK, chain_lines, measured, stack_rows, stack_table
from fleet_tui.views.tree import tree_json, tree_rows

_WINDOW: Final = timedelta(hours=24)
_FAILURES: Final = 10_000
_AUDIT_LINES: Final = 1_000


def run(options: Namespace) -> int:
    """Look at what `options.command` names."""
    return looked(_LOOKS[options.command], options)


def _spend(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    if options.json:
        put_json([total_row(total) for side in Side for total in model.ledger.of_day(now.date(), side)])
        return
    for by in (GroupBy.TEAM, GroupBy.AGENT):
        show_table(spend_table(model, now, by, filtered=chosen.text))
        put([""])
    print_lines(spend_lines(model, now, GroupBy.TEAM))


def _failures(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    failures = list(fleet.reader.failures(since=now - _WINDOW, limit=_FAILURES))
    if chosen:
        failures = failures_within(failures, model)
    if options.json:
        put_json([failure_row(failure) for failure in failures])
        return
    show_table(open_table(model, now, told=open_incidents(model, failures)))
    show_table(classes_table(failures, now))


def _sprawl(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    if options.json:
        found = (finding for of_subject in model.findings.values() for finding in of_subject.values())
        put_json([finding_row(model, finding, now) for finding in sorted(found, key=lambda f: (f.rule, f.subject))])
        return
    show_table(rules_table(model, now))
    show_table(findings_table(model, now))


def _tree(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    model, now = fleet.model, fleet.now()
    rows = tree_rows(model, now, chosen=chosen, collapse=False)
    if options.json:
        put_json(tree_json(model, rows, now))
        return
    ascii_only = not draws_boxes()
    drawn = [tree_table.cells(model, rows, key, now, ascii_only=ascii_only) for key in rows.order]
    print_table(tree_table.COLUMNS, drawn)
    if not drawn:
        say_lines(nothing_to_show(model.statuses.values(), now, filtered=chosen.text)[:1])


def _stack(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    now = fleet.now()
    model = narrowed(fleet.model, chosen, now, join=fleet.config.fleet.join)
    reader = fleet.reader
    found = measured(reader.reach(since=now - WEEK), reader.failures(since=now - WEEK, limit=_FAILURES), now)
    if options.json:
        put_json(stack_rows(model, found, now))
        return
    show_table(stack_table(model, found, now, filtered=chosen.text))
    print_lines(chain_lines(model, found))


def _audit(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    lines = audit_within(fleet.reader.audit(limit=_AUDIT_LINES), chosen, fleet.now())
    if options.json:
        put_json([audit_row(line) for line in sorted(lines, key=lambda line: line.seq)])
    else:
        show_table(audit_table(lines))


_LOOKS: Final = {
    "spend": _spend,
    "failures": _failures,
    "sprawl": _sprawl,
    "tree": _tree,
    "stack": _stack,
    "audit": _audit,
}
