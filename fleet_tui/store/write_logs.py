"""Log lines in a ring of bytes for each run, and the small things the collector keeps: cursors and wanted rows."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.ports import LogPage
from fleet_tui.store.codecs import key_row, opt_us, plain, text, us

RING_BYTES = 4 * 1024 * 1024
"""Log kept of one run."""

LINE_BYTES = 256 * 1024
"""A longer line keeps its beginning."""

_IS_KEY = "source = ? AND kind = ? AND rid = ?"


def append(connection: sqlite3.Connection, key: ResourceKey, page: LogPage, now: datetime) -> None:
    """Add lines and drop the oldest until the ring holds again."""
    row = key_row(key)
    lines = [(*row, opt_us(at), *_cut(line)) for at, line in page.lines]
    connection.executemany(
        "INSERT INTO log_lines (source, kind, rid, at, text, size_bytes) VALUES (?, ?, ?, ?, ?, ?)", lines
    )
    connection.execute(
        "INSERT INTO log_rings (source, kind, rid, size_bytes, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, kind, rid) "
        "DO UPDATE SET size_bytes = size_bytes + excluded.size_bytes, at = excluded.at",
        (*row, sum(line[-1] for line in lines), us(now)),
    )
    (held,) = connection.execute(f"SELECT size_bytes FROM log_rings WHERE {_IS_KEY}", row).fetchone()
    if held > RING_BYTES:
        _trim(connection, row, held - RING_BYTES)


def _cut(line: str) -> tuple[str, int]:
    held = text(line)
    size = len(held.encode())
    if size > LINE_BYTES:
        held = held.encode()[:LINE_BYTES].decode(errors="ignore")
        size = len(held.encode())
    return held, size + 1


def _trim(connection: sqlite3.Connection, row: tuple[str, str, str], excess: int) -> None:
    last, dropped = 0, 0
    cursor = connection.execute(f"SELECT id, size_bytes FROM log_lines WHERE {_IS_KEY} ORDER BY id", row)
    while dropped < excess and (line := cursor.fetchone()) is not None:
        last, dropped = line[0], dropped + line[1]
    cursor.close()
    connection.execute(f"DELETE FROM log_lines WHERE {_IS_KEY} AND id <= ?", (*row, last))
    connection.execute(f"UPDATE log_rings SET size_bytes = size_bytes - ? WHERE {_IS_KEY}", (dropped, *row))


def cursor(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM cursors WHERE name = ?", (text(name),)).fetchone()
    return None if row is None else plain(row[0])


def keep_cursor(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute(
        "INSERT INTO cursors (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (text(name), text(value)),
    )


def drop_wanted(connection: sqlite3.Connection, rows: Sequence[tuple[int]]) -> None:
    connection.executemany("DELETE FROM wanted WHERE id = ?", rows)
