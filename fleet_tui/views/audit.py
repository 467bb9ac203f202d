"""AUDIT: who did what to whom, why, and how it ended."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.text import SafeText, exact, name_cell
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Column
from fleet_tui.views.pieces import Line, TableRow, TableView, said, word

_COLUMNS: Final = (
    Column(name="AT", width=12, priority=0),
    Column(name="ACTOR", width=12, min_width=9, priority=2),
    Column(name="WHAT", width=13, min_width=10, priority=0),
    Column(name="TARGET", width=22, min_width=12, priority=1),
    Column(name="OUTCOME", width=8, priority=0),
    Column(name="VIA", width=7, priority=5),
    Column(name="REASON", width=16, min_width=12, priority=3, flexible=True),
    Column(name="WHY", width=16, min_width=10, priority=4, flexible=True),
)
_ROLES: Final = {"done": Role.GOOD, "refused": Role.WARN, "failed": Role.BAD}


def audit_table(rows: Iterable[AuditRow]) -> TableView:
    """Newest first."""
    ordered = sorted(rows, key=lambda line: line.seq, reverse=True)
    return TableView(
        columns=_COLUMNS,
        rows=tuple(TableRow(key=str(line.seq), cells=_cells(line)) for line in ordered),
        empty=SafeText("nobody has done anything yet"),
    )


def stamp(at: datetime) -> str:
    """`22 Nov 14:05`, UTC; the year stands in the detail."""
    return f"{at.astimezone(UTC):%d %b %H:%M}"


def _cells(line: AuditRow) -> tuple[Cell, ...]:
    return (
        word(stamp(line.at), Role.DIM),
        Cell(name_cell(f"{line.actor}@{line.host}" if line.host else line.actor, 64)),
        Cell(name_cell(line.what, 64), Role.STRONG),
        Cell(name_cell(line.target.replace("\x1f", "/"), 128)),
        Cell(name_cell(line.outcome, 16), _ROLES.get(line.outcome, Role.DIM)),
        Cell(name_cell(line.via, 16), Role.DIM),
        Cell(name_cell(line.reason, 256)),
        said(line.why, Role.DIM),
    )


def audit_lines(line: AuditRow) -> list[Line]:
    """One line of the audit in full, every foreign text spelled exactly."""
    fields = (
        ("at", f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"),
        ("actor", f"{line.actor} on {line.host} via {line.via}"),
        ("what", line.what),
        ("target", line.target.replace("\x1f", "/")),
        ("of", line.incarnation),
        ("outcome", f"{line.outcome} {line.reason}"),
        ("why", line.why),
        ("action", line.action_id or line.intent_id),
        ("hash", f"{line.seq} {line.hash}"),
    )
    return [(word(f"{label:<8}", Role.DIM), Cell(exact(text, 400))) for label, text in fields if text.strip()]
