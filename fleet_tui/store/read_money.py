"""Reads the ledger: counted cost by time, and a day's rollups with the role of each."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.usage import Origin, Role, counting
from fleet_tui.store import schema
from fleet_tui.store.codecs import moment, plain, text, us
from fleet_tui.store.codecs_reading import day_number, day_of, subject_of
from fleet_tui.store.sql import select

_DAY_US: Final = 86_400_000_000
_ROLLUPS: Final = (*schema.ROLLUP_KEY, "amount_micro", "line_count", "ended_at")
_OF_DAY: Final = select(_ROLLUPS, "rollups", "WHERE day = ? AND line_count > 0")
_OF_AGENT: Final = (
    "AND (source, layer, kind, rid, side) IN (SELECT source, layer, kind, rid, side FROM rollups WHERE day = ? "
    "AND agent = ?)"
)
_ORIGINS: Final = select(
    ("day", *schema.SUBJECT, "origin", "max(ended_at)"),
    "rollups",
    "WHERE day >= ? AND side = 'cost' AND line_count > 0 GROUP BY day, source, layer, kind, rid, origin",
)
_SPENT: Final = select(
    (
        *("start_at / 86400000000", *schema.SUBJECT, "origin", "coalesce(agent, '')", "coalesce(team, '')", "currency"),
        *("basis", "min(start_at)", "max(end_at)", "coalesce(sum(amount_micro), 0)", "count(*) - count(amount_micro)"),
    ),
    "usage_lines",
    "WHERE start_at >= ? AND end_at > ? AND side = 'cost' AND basis != 'plan' "
    "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (start_at - ?) / ?, (end_at - 1 - ?) / ?",
)


def parts(connection: sqlite3.Connection, day: date, agent: str | None) -> tuple[Part, ...]:
    """All of a day, or what an agent has a part in; the dearest first."""
    number = day_number(day)
    if agent is None:
        rows = connection.execute(_OF_DAY, (number,)).fetchall()
    else:
        rows = connection.execute(f"{_OF_DAY} {_OF_AGENT}", (number, number, text(agent))).fetchall()
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[:6]].append(row)
    found = [part for group in groups.values() for part in _parts_of(group)]
    kept = found if agent is None else [part for part in found if part.agent == agent]
    return tuple(sorted(kept, key=lambda part: (part.side, -part.amount_micro, part.subject.packed(), part.origin)))


def _parts_of(group: list[Any]) -> Iterable[Part]:
    """The rollups of one subject, day and side: one origin counts for all of them."""
    ended: dict[Origin, int] = {}
    for row in group:
        ended[Origin(row[6])] = max(ended.get(Origin(row[6]), 0), row[-1])
    best = counting(ended, group[0][0])
    for day, source, layer, kind, rid, side, origin, currency, agent, team, basis, amount, lines, ended_at in group:
        yield Part(
            day=day_of(day),
            subject=subject_of(source, layer, kind, rid),
            side=Side(side),
            origin=Origin(origin),
            role=Role.COUNTED if Origin(origin) is best else Role.COMPARED,
            basis=Basis(basis),
            currency=plain(currency),
            agent=plain(agent),
            team=plain(team),
            amount_micro=amount,
            lines=lines,
            until=moment(ended_at),
        )


def spent(connection: sqlite3.Connection, since: datetime, step_s: int) -> tuple[Spent, ...]:
    """What the counting origin says of what ends later; pieces that lie in one step are added up.

    A line lies within one day, so what reaches beyond `since` began on its day at the earliest.
    """
    first, step = us(since), step_s * 1_000_000
    ended: dict[tuple[Any, ...], dict[Origin, int]] = defaultdict(dict)
    for row in connection.execute(_ORIGINS, (first // _DAY_US,)).fetchall():
        ended[row[:5]][Origin(row[5])] = row[6]
    best = {subject: counting(origins, subject[0]) for subject, origins in ended.items()}
    rows = connection.execute(_SPENT, (first // _DAY_US * _DAY_US, first, first, step, first, step)).fetchall()
    return tuple(
        Spent(
            start=moment(start),
            end=moment(end),
            source=SourceName(plain(source)),
            layer=Layer(layer),
            agent=plain(agent),
            team=plain(team),
            currency=plain(currency),
            amount_micro=amount,
            bases=frozenset({Basis(basis)}),
            unpriced=unpriced,
        )
        for day, source, layer, kind, rid, origin, agent, team, currency, basis, start, end, amount, unpriced in rows
        if best.get((day, source, layer, kind, rid)) == origin
    )
