"""Rebuilds the resources as they stood at a moment, by undoing what was written since."""

import sqlite3
from datetime import datetime

from fleet_tui.domain.history import Recorded
from fleet_tui.ports import StoreError
from fleet_tui.store import schema
from fleet_tui.store.codecs import moment as moment_of
from fleet_tui.store.codecs import opt_moment, resource_of, us
from fleet_tui.store.sql import select

_NOW = select(schema.RESOURCE, "resources", "WHERE gone_at IS NULL")
# From the newest entry down: a clock that was set back then cannot hide what came after it.
_LAST_BEFORE = "SELECT id FROM journal WHERE +at <= ? ORDER BY id DESC LIMIT 1"
_BESIDE = "SELECT max(CASE WHEN at < ? AND at >= ? THEN at END), min(CASE WHEN at > ? THEN at END) FROM journal"
_UNDO = select(
    ("present", *schema.RESOURCE),
    "journal",
    "WHERE id IN (SELECT min(id) FROM journal WHERE id > ? GROUP BY source, kind, rid)",
)


def at(connection: sqlite3.Connection, moment: datetime) -> Recorded:
    """The resources as they stood at `moment`, within the caller's read transaction.

    Raises `StoreError` for a moment before the journal begins.
    """
    (begins,) = connection.execute("SELECT journal_from FROM clock WHERE id = 1").fetchone()
    if us(moment) < begins:
        raise StoreError(f"the journal begins at {moment_of(begins):%Y-%m-%d %H:%M:%SZ}; nothing older can be rebuilt")
    last = connection.execute(_LAST_BEFORE, (us(moment),)).fetchone()
    undone = connection.execute(_UNDO, (last[0] if last else 0,)).fetchall()
    rows = {row[:3]: row for row in connection.execute(_NOW).fetchall()}
    for present, *row in undone:
        key = tuple(row[:3])
        if present:
            rows[key] = tuple(row)
        else:
            rows.pop(key, None)
    earlier, later = connection.execute(_BESIDE, (us(moment), begins, us(moment))).fetchone()
    return Recorded(
        moment=moment,
        resources=tuple(resource_of(row) for row in rows.values()),
        begins=moment_of(begins),
        earlier=opt_moment(earlier),
        later=opt_moment(later),
    )
