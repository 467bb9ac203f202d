"""The audit: a chain of rows in which a changed, missing or added one can be named."""

import hashlib
import json
import sqlite3
from datetime import datetime

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.store import schema
from fleet_tui.store.codecs import text, us
from fleet_tui.store.sql import insert, select

_INSERT = insert("audit", schema.AUDIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line to come; the chain adds its number and hash."""

    at: datetime
    actor: str
    host: str
    via: str
    what: str
    target: str = ""
    incarnation: str = ""
    outcome: str = "noted"
    reason: str = ""
    why: str = ""
    intent_id: str = ""
    action_id: str = ""


def append(connection: sqlite3.Connection, entry: Entry) -> None:
    """Add a row within the caller's transaction."""
    seq, before = connection.execute("SELECT audit_seq, audit_hash FROM clock WHERE id = 1").fetchone()
    row = (
        seq + 1,
        us(entry.at),
        text(entry.actor),
        text(entry.host),
        text(entry.via),
        text(entry.what),
        text(entry.target),
        text(entry.incarnation),
        text(entry.outcome),
        text(entry.reason),
        text(entry.why),
        text(entry.intent_id),
        text(entry.action_id),
    )
    digest = _digest(before, row)
    connection.execute(_INSERT, (*row, digest))
    connection.execute("UPDATE clock SET audit_seq = ?, audit_hash = ? WHERE id = 1", (seq + 1, digest))


def verify(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the chain, naming the row, or None. Reads every row once."""
    expected, before = 1, ""
    cursor = connection.execute(select(schema.AUDIT, "audit", "ORDER BY seq"))
    while rows := cursor.fetchmany(schema.CHUNK_ROWS):
        for *row, digest in rows:
            if row[0] != expected:
                return f"audit row {expected} is missing"
            if _digest(before, tuple(row)) != digest:
                return f"audit row {expected} was changed"
            expected, before = expected + 1, digest
    seq, head = connection.execute("SELECT audit_seq, audit_hash FROM clock WHERE id = 1").fetchone()
    if seq >= expected:
        return f"audit row {expected} is missing"
    if seq < expected - 1:
        return f"audit row {seq + 1} was added"
    return None if head == before else f"audit row {seq} was changed"


def _digest(before: str, row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *row], separators=(",", ":")).encode()).hexdigest()
