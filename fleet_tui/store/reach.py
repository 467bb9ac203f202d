"""Writes and reads how our own readings went, one row per source, hour, operation and end."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reach import Attempt, ReachHour, hour_of
from fleet_tui.store import schema
from fleet_tui.store.codecs import Cells, Row, moment, plain, text, us, whole
from fleet_tui.store.sql import insert, select

_ADD = (
    insert("reach", schema.REACH) + " ON CONFLICT (source, hour_at, operation, failure_class) DO UPDATE SET "
    "readings = readings + 1, covered_ms = covered_ms + excluded.covered_ms, "
    "latency_ms = latency_ms + excluded.latency_ms, latency_max_ms = max(latency_max_ms, excluded.latency_max_ms)"
)
_WELL = ""


def add(connection: sqlite3.Connection, _: int, attempts: Sequence[Attempt]) -> None:
    """Count them in."""
    connection.executemany(_ADD, map(_row, attempts))


def _row(attempt: Attempt) -> Row:
    return (
        text(attempt.source),
        us(hour_of(attempt.at)),
        text(attempt.operation),
        _WELL if attempt.failure_class is None else attempt.failure_class.value,
        1,
        whole(attempt.covered_ms),
        whole(attempt.latency_ms),
        whole(attempt.latency_ms),
    )


def hours(connection: sqlite3.Connection, since: datetime) -> tuple[ReachHour, ...]:
    """Every hour from the one that `since` lies in, oldest first."""
    chosen = select(schema.REACH, "reach", "WHERE hour_at >= ? ORDER BY hour_at, id")
    return tuple(_hour(row) for row in connection.execute(chosen, (us(hour_of(since)),)).fetchall())


def _hour(row: Cells) -> ReachHour:
    source, hour_at, operation, failure_class, readings, covered_ms, latency_ms, latency_max_ms = row
    return ReachHour(
        source=SourceName(plain(source)),
        hour=moment(hour_at),
        operation=plain(operation),
        failure_class=FailureClass(failure_class) if failure_class else None,
        readings=readings,
        covered_ms=covered_ms,
        latency_ms=latency_ms,
        latency_max_ms=latency_max_ms,
    )
