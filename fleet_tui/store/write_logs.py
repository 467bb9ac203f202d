"""Log lines in a ring of bytes for each run, and the cursors that the collector keeps."""

import sqlite3
from datetime import datetime

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.ports import LogPage
from fleet_tui.store import schema
from fleet_tui.store.codecs import key_row, opt_us, plain, text, us
from fleet_tui.store.sql import insert, select, upsert

RING_BYTES = 4 * 1024 * 1024
"""Log kept of one run."""

LINE_BYTES = 256 * 1024
"""A longer line keeps its beginning."""

_OF_KEY = "WHERE source = ? AND kind = ? AND rid = ?"
_LINE = insert("log_lines", (*schema.KEY, "at", "read_at", "generation", "text", "size_bytes"))
_GROW = insert("log_rings", (*schema.KEY, "size_bytes", "at")) + (
    " ON CONFLICT (source, kind, rid) DO UPDATE SET size_bytes = size_bytes + excluded.size_bytes, at = excluded.at"
)
_SHRINK = "UPDATE log_rings SET size_bytes = size_bytes - ? WHERE source = ? AND kind = ? AND rid = ?"
_HELD = select(("size_bytes",), "log_rings", _OF_KEY)
_OLDEST = select(("id", "size_bytes"), "log_lines", f"{_OF_KEY} ORDER BY id")
_DROP = "DELETE FROM log_lines WHERE source = ? AND kind = ? AND rid = ? AND id <= ?"


def append(connection: sqlite3.Connection, key: ResourceKey, page: LogPage, now: datetime) -> None:
    """Add lines and drop the oldest until the ring holds again. A page without a line says that it was read."""
    row = key_row(key)
    read = (us(min(now, page.written_by or now)), text(page.generation))
    lines = [(*row, opt_us(at), *read, *_cut(line)) for at, line in page.lines]
    connection.executemany(_LINE, lines)
    connection.execute(_GROW, (*row, sum(line[-1] for line in lines), us(now)))
    (held,) = connection.execute(_HELD, row).fetchone()
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
    cursor = connection.execute(_OLDEST, row)
    while dropped < excess and (line := cursor.fetchone()) is not None:
        last, dropped = line[0], dropped + line[1]
    cursor.close()
    connection.execute(_DROP, (*row, last))
    connection.execute(_SHRINK, (dropped, *row))


def cursor(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM cursors WHERE name = ?", (text(name),)).fetchone()
    return None if row is None else plain(row[0])


def keep_cursor(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute(upsert("cursors", ("name",), ("value",)), (text(name), text(value)))
