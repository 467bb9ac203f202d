"""Reads what is kept beside the fleet's present: logs, events, failures, audit, usage lines and samples."""

import sqlite3
from datetime import datetime

from fleet_tui.domain.failure import Failure
from fleet_tui.domain.history import Sample
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.log import LogLine, LogRun, LogState
from fleet_tui.domain.record import AuditRow, WantedKind
from fleet_tui.domain.resource import Event
from fleet_tui.domain.text import LINE_LIMIT
from fleet_tui.domain.usage import UsageLine
from fleet_tui.domain.watch import Watch
from fleet_tui.store import schema
from fleet_tui.store.codecs import failure_of, key_row, moment, opt_moment, plain, text, us
from fleet_tui.store.codecs_acts import audit_of
from fleet_tui.store.codecs_reading import event_of, usage_of
from fleet_tui.store.samples import unpacked
from fleet_tui.store.sql import select

Tail = tuple[tuple[datetime | None, str], ...]


def log_tail(connection: sqlite3.Connection, key: ResourceKey, limit: int) -> Tail:
    """The newest lines, oldest first."""
    rows = connection.execute(
        "SELECT at, text FROM log_lines WHERE source = ? AND kind = ? AND rid = ? ORDER BY id DESC LIMIT ?",
        (*key_row(key), limit),
    ).fetchall()
    return tuple((opt_moment(at), plain(line)) for at, line in reversed(rows))


def log_after(connection: sqlite3.Connection, key: ResourceKey, seq: int, limit: int) -> tuple[LogLine, ...]:
    """The newest lines behind `seq`, oldest first; of a long line as much as a screen can draw."""
    rows = connection.execute(
        "SELECT id, at, read_at, generation, substr(text, 1, ?) FROM log_lines "
        "WHERE source = ? AND kind = ? AND rid = ? AND id > ? ORDER BY id DESC LIMIT ?",
        (LINE_LIMIT + 1, *key_row(key), seq, limit),
    ).fetchall()
    return tuple(
        LogLine(seq=id_, at=opt_moment(at), read_at=opt_moment(read_at), generation=plain(generation), text=plain(line))
        for id_, at, read_at, generation, line in reversed(rows)
    )


def log_state(connection: sqlite3.Connection, key: ResourceKey) -> LogState | None:
    """What is kept, by run, the oldest run first."""
    ring = connection.execute(
        "SELECT size_bytes, at FROM log_rings WHERE source = ? AND kind = ? AND rid = ?", key_row(key)
    ).fetchone()
    if ring is None:
        return None
    runs = connection.execute(
        "SELECT generation, count(*) FROM log_lines WHERE source = ? AND kind = ? AND rid = ? "
        "GROUP BY generation ORDER BY min(id)",
        key_row(key),
    ).fetchall()
    return LogState(
        size_bytes=ring[0],
        read_at=moment(ring[1]),
        runs=tuple(LogRun(generation=plain(generation), lines=count) for generation, count in runs),
    )


def events(connection: sqlite3.Connection, limit: int, key: ResourceKey | None) -> tuple[Event, ...]:
    """Newest first."""
    chosen = select(schema.EVENT, "events")
    if key is None:
        rows = connection.execute(f"{chosen} ORDER BY at DESC, id DESC LIMIT ?", (limit,)).fetchall()
    else:
        rows = connection.execute(
            f"{chosen} WHERE key_source = ? AND kind = ? AND rid = ? ORDER BY +at DESC, id DESC LIMIT ?",
            (*key_row(key), limit),
        ).fetchall()
    return tuple(event_of(row) for row in rows)


def failures(connection: sqlite3.Connection, since: datetime, limit: int) -> tuple[Failure, ...]:
    """Newest first."""
    rows = connection.execute(
        select(schema.FAILURE, "failures", "WHERE at >= ? ORDER BY at DESC, id DESC LIMIT ?"),
        (us(since), limit),
    ).fetchall()
    return tuple(failure_of(row) for row in rows)


def polls_asked(connection: sqlite3.Connection) -> dict[str, datetime]:
    """When somebody last asked for a reading, by source; those that expired may be among them."""
    rows = connection.execute(
        "SELECT subject, asked_at FROM wanted WHERE kind = ?", (WantedKind.POLL.value,)
    ).fetchall()
    return {plain(subject): moment(asked_at) for subject, asked_at in rows}


def audit_rows(connection: sqlite3.Connection, limit: int) -> tuple[AuditRow, ...]:
    """Newest first."""
    rows = connection.execute(select(schema.AUDIT, "audit", "ORDER BY seq DESC LIMIT ?"), (limit,)).fetchall()
    return tuple(audit_of(row) for row in rows)


def usage(connection: sqlite3.Connection, since: datetime, agent: str | None, limit: int) -> tuple[UsageLine, ...]:
    """Lines that begin at `since` or later, newest first."""
    chosen = select(schema.USAGE, "usage_lines", "WHERE start_at >= ?")
    newest = "ORDER BY start_at DESC, id DESC LIMIT ?"
    if agent is None:
        rows = connection.execute(f"{chosen} {newest}", (us(since), limit)).fetchall()
    else:
        rows = connection.execute(f"{chosen} AND agent = ? {newest}", (us(since), text(agent), limit)).fetchall()
    return tuple(usage_of(row) for row in rows)


def samples(connection: sqlite3.Connection, key: ResourceKey, since: datetime) -> tuple[Sample, ...]:
    """Oldest first; the newest few are still with the collector."""
    rows = connection.execute(
        "SELECT packed FROM samples WHERE source = ? AND kind = ? AND rid = ? AND end_at >= ? ORDER BY end_at",
        (*key_row(key), us(since)),
    ).fetchall()
    return tuple(sample for (packed,) in rows for sample in unpacked(packed) if sample.at >= since)


def watched(connection: sqlite3.Connection, since: datetime) -> tuple[tuple[SourceName, Watch], ...]:
    """In the order of time."""
    rows = connection.execute(
        "SELECT source, start_at, end_at FROM watches WHERE end_at >= ? ORDER BY start_at", (us(since),)
    ).fetchall()
    return tuple((SourceName(plain(name)), Watch(moment(start), moment(end))) for name, start, end in rows)
