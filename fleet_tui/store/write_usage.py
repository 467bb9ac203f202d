"""The ledger: lines once, day rollups and running totals in the same transaction, one origin counted per subject."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Accrual, Basis
from fleet_tui.domain.usage import Origin, Subject, UsageLine, counting
from fleet_tui.store import schema
from fleet_tui.store.codecs import moment, text, us, whole
from fleet_tui.store.codecs_reading import BASES, day_at, subject_of, subject_row, usage_of, usage_row
from fleet_tui.store.sql import columns, insert, select, upsert

LINES_KEPT = timedelta(days=90)
_LINE = select(schema.USAGE, "usage_lines", "WHERE source = ? AND line_id = ?")
_PUT_LINE = upsert("usage_lines", schema.USAGE[:2], schema.USAGE[2:])
_ROLLUPS = select(
    schema.ROLLUP, "rollups", "WHERE day = ? AND source = ? AND layer = ? AND kind = ? AND rid = ? AND side = ?"
)
_PUT_ROLLUP = upsert("rollups", schema.ROLLUP_KEY, ("amount_micro", "line_count", "ended_at"))
_ADD_TOTAL = (
    insert("totals", (*schema.TOTAL, "revision"))
    + f" ON CONFLICT ({columns(schema.TOTAL_KEY)}) DO UPDATE SET revision = excluded.revision, "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in ("amount_micro", *schema.BASIS_COUNTS))
)
_PUT_ACCRUAL = upsert("accruals", schema.SUBJECT, ("until", "exact"))
_ACCRUALS = select((*schema.SUBJECT, "until", "exact"), "accruals", "WHERE source = ?")
_LEFT_BY_OTHERS = select(
    ("now.name", "a.layer", "a.kind", "a.rid", "max(a.until)"),
    "sources now JOIN sources old ON old.provider = now.provider AND old.gone_at IS NOT NULL "
    "JOIN accruals a ON a.source = old.name",
    "WHERE now.name = ? AND now.gone_at IS NULL GROUP BY a.layer, a.kind, a.rid",
)

Group = tuple[int, str, str, str, str, str]
"""Day, subject (source, layer, kind, id) and side: what one origin counts for."""

Cut = tuple[int, str, str, str, str]
"""Origin, currency, agent, team and basis: how a group is taken apart."""

Heading = tuple[int, str, str, str, str, str]
"""Day, agent, team, source, side and currency: one running total."""


@dataclass(slots=True)
class _Sum:
    amount_micro: int = 0
    lines: int = 0
    ended_at: int = 0


@dataclass(slots=True)
class _Tally:
    """What is added to one running total."""

    amount_micro: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(BASES))

    def add(self, basis: Basis, held: _Sum, sign: int) -> None:
        # A plan's list price is shown apart: it is in no total.
        if basis is not Basis.PLAN:
            self.amount_micro += sign * held.amount_micro
        self.counts[BASES.index(basis)] += sign * held.lines

    @property
    def empty(self) -> bool:
        return not self.amount_micro and not any(self.counts)


def book(
    connection: sqlite3.Connection,
    revision: int,
    lines: Sequence[UsageLine],
    accruals: Sequence[tuple[Subject, Accrual]],
    at: datetime,
) -> None:
    """Add lines together with the totals they were cut from."""
    append(connection, revision, lines, at)
    put_accruals(connection, accruals)


def append(connection: sqlite3.Connection, revision: int, lines: Sequence[UsageLine], at: datetime) -> None:
    """Add lines. A repeat adds nothing; a later, larger figure of the same line supersedes the earlier one.

    A line so old that it may have been dropped already is left out: it would be counted twice.
    """
    oldest = at - LINES_KEPT + timedelta(days=1)
    groups: dict[Group, dict[Cut, _Sum]] = {}
    before: dict[Heading, _Tally] = {}
    for line in lines:
        if line.start < oldest:
            continue
        earlier = _earlier(connection, line)
        kept = line if earlier is None else superseded(earlier, line)
        if kept == earlier:
            continue
        for each, sign in ((earlier, -1), (kept, 1)):
            if each is None:
                continue
            group = _group(each)
            if group not in groups:
                groups[group] = _cuts(connection, group)
                _count(before, group, groups[group], -1)
            _book(groups[group], each, sign)
        connection.execute(_PUT_LINE, usage_row(kept))
    _keep(connection, revision, groups, before)


def superseded(earlier: UsageLine, later: UsageLine) -> UsageLine:
    """What stands of two figures for one line, whichever came first: the larger, known over unknown, ending last."""
    best = max(earlier, later, key=_rank)
    end = max(earlier.end, later.end)
    if best is earlier and end == earlier.end:
        return earlier
    return UsageLine(
        line_id=best.line_id,
        subject=best.subject,
        side=best.side,
        origin=best.origin,
        basis=best.basis,
        start=best.start,
        end=end,
        amount_micro=best.amount_micro,
        currency=best.currency,
        quantity=best.quantity,
        unit=best.unit,
        agent=best.agent,
        team=best.team,
        task=best.task,
    )


def _rank(line: UsageLine) -> tuple[bool, int, int]:
    return line.amount_micro is not None, line.amount_micro or 0, us(line.end)


def _earlier(connection: sqlite3.Connection, line: UsageLine) -> UsageLine | None:
    row = connection.execute(_LINE, (text(line.subject.source), text(line.line_id))).fetchone()
    return None if row is None else usage_of(row)


def _group(line: UsageLine) -> Group:
    return (day_at(line.start), *subject_row(line.subject), line.side.value)


def _cuts(connection: sqlite3.Connection, group: Group) -> dict[Cut, _Sum]:
    rows = connection.execute(_ROLLUPS, group).fetchall()
    return {tuple(row[6:11]): _Sum(*row[11:]) for row in rows}


def _book(cuts: dict[Cut, _Sum], line: UsageLine, sign: int) -> None:
    cut: Cut = (
        line.origin.value,
        text(line.currency),
        text(line.agent or ""),
        text(line.team or ""),
        line.basis.value,
    )
    held = cuts.setdefault(cut, _Sum())
    held.amount_micro += sign * whole(line.amount_micro or 0)
    held.lines += sign
    if sign > 0:
        held.ended_at = max(held.ended_at, us(line.end))


def _count(tallies: dict[Heading, _Tally], group: Group, cuts: dict[Cut, _Sum], sign: int) -> None:
    """Add (or take away) what a group's counting origin says."""
    ended_at: dict[Origin, int] = {}
    for (origin, *_), held in cuts.items():
        if held.lines:
            ended_at[Origin(origin)] = max(ended_at.get(Origin(origin), 0), held.ended_at)
    best = counting(ended_at, group[0])
    for (origin, currency, agent, team, basis), held in cuts.items():
        if origin == best:
            heading: Heading = (group[0], agent, team, group[1], group[5], currency)
            tallies.setdefault(heading, _Tally()).add(Basis(basis), held, sign)


def _keep(
    connection: sqlite3.Connection, revision: int, groups: dict[Group, dict[Cut, _Sum]], tallies: dict[Heading, _Tally]
) -> None:
    for group, cuts in groups.items():
        _count(tallies, group, cuts, 1)
    connection.executemany(
        _PUT_ROLLUP,
        [
            (*group, *cut, whole(held.amount_micro), held.lines, held.ended_at)
            for group, cuts in groups.items()
            for cut, held in cuts.items()
        ],
    )
    connection.executemany(
        _ADD_TOTAL,
        [
            (*heading, whole(tally.amount_micro), *tally.counts, revision)
            for heading, tally in tallies.items()
            if not tally.empty
        ],
    )


def put_accruals(connection: sqlite3.Connection, accruals: Iterable[tuple[Subject, Accrual]]) -> None:
    connection.executemany(
        _PUT_ACCRUAL,
        [(*subject_row(subject), us(accrual.until), str(accrual.exact)) for subject, accrual in accruals],
    )


def accruals(connection: sqlite3.Connection, source: SourceName) -> dict[Subject, Accrual]:
    """The totals of a source. What a source that is gone counted of the same things is not counted once more.

    A provider never uses an id again: where one stands under another source's name, the source was renamed.
    """
    left = connection.execute(_LEFT_BY_OTHERS, (text(source),)).fetchall()
    rows = connection.execute(_ACCRUALS, (text(source),)).fetchall()
    return {
        subject_of(name, layer, kind, rid): Accrual(until=moment(until), exact=Decimal(exact))
        for name, layer, kind, rid, until, exact in (*((*row, "0") for row in left), *rows)
    }
