"""What is kept for how long, as data, and the tidying that applies it in small transactions."""

import sqlite3
from datetime import datetime, timedelta

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.reach import KEPT as REACH_KEPT
from fleet_tui.store.ballast import Ballast
from fleet_tui.store.codecs import us
from fleet_tui.store.schema import CHUNK_ROWS, KEY
from fleet_tui.store.sql import delete_chosen, select
from fleet_tui.store.transaction import Writer
from fleet_tui.store.write_usage import LINES_KEPT

ROUNDS = 50
"""Transactions that one tidying spends on one table; the rest waits for the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Day rollups, totals and the audit are kept for ever."""

    journal: timedelta = timedelta(hours=48)
    journal_rows: int = 1_000_000
    """Beyond it the journal reaches back less far."""
    tombstones: timedelta = timedelta(hours=24)
    samples: timedelta = timedelta(days=7)
    logs: timedelta = timedelta(days=7)
    """After the last line of a run."""
    events: timedelta = timedelta(days=30)
    failures: timedelta = timedelta(days=30)
    acts: timedelta = timedelta(days=30)
    """Settled actions with their attempts and intents; the audit stays."""
    usage_lines: timedelta = LINES_KEPT
    watches: timedelta = timedelta(days=90)
    reach: timedelta = REACH_KEPT
    acknowledgements: timedelta = timedelta(days=31)
    """Longer than anything may be snoozed or silenced."""
    notices: timedelta = timedelta(days=31)


KEPT = Retention()


@dataclass(frozen=True, slots=True)
class _Old:
    """Rows of one table that are over their time: `where` compares with one cutoff."""

    table: str
    where: str
    kept: timedelta


def _olds(kept: Retention) -> tuple[_Old, ...]:
    settled = "state = 'settled' AND settled_at < ?"
    return (
        _Old("wanted", "expires_at < ?", timedelta()),
        _Old("samples", "end_at < ?", kept.samples),
        _Old("events", "at < ?", kept.events),
        _Old("failures", "at < ?", kept.failures),
        _Old("usage_lines", "start_at < ?", kept.usage_lines),
        _Old("watches", "end_at < ?", kept.watches),
        _Old("reach", "hour_at < ?", kept.reach),
        _Old("acknowledgements", "at < ?", kept.acknowledgements),
        _Old("notices", "at < ?", kept.notices),
        _Old("actions", settled, kept.acts),
        _Old("attempts", "at < ? AND action_id NOT IN (SELECT action_id FROM actions)", kept.acts),
        _Old("intents", "accepted_at < ? AND intent_id NOT IN (SELECT intent_id FROM actions)", kept.acts),
    )


class Tidier:
    def __init__(self, writer: Writer, ballast: Ballast, kept: Retention) -> None:
        self._writer = writer
        self._ballast = ballast
        self._kept = kept

    def tidy(self, now: datetime) -> None:
        """Drop what is over its time, move the horizon, checkpoint, and take the ballast again. Writes nothing else."""
        for old in _olds(self._kept):
            self._drop(old, us(now - old.kept))
        self._drop_logs(us(now - self._kept.logs))
        self._drop_journal(us(now - self._kept.journal))
        for table in ("resources", "findings", "sources"):
            self._drop_tombstones(table, us(now - self._kept.tombstones))
        self._writer.checkpoint()
        self._ballast.restore()

    def _drop(self, old: _Old, cutoff: int) -> None:
        chosen = select(("id",), old.table, f"WHERE {old.where} LIMIT {CHUNK_ROWS}")
        for _ in range(ROUNDS):
            if not self._any(chosen, cutoff):
                return
            self._write(delete_chosen(old.table, chosen), cutoff)

    def _drop_tombstones(self, table: str, cutoff: int) -> None:
        chosen = select(("id",), table, f"WHERE gone_at < ? ORDER BY gone_at LIMIT {CHUNK_ROWS}")
        newest = select(("max(revision)",), table, f"WHERE id IN ({chosen})")

        def bury(connection: sqlite3.Connection, _: int) -> None:
            (stamp,) = connection.execute(newest, (cutoff,)).fetchone()
            if table == "resources":
                keys = connection.execute(select(KEY, table, f"WHERE id IN ({chosen})"), (cutoff,)).fetchall()
                connection.executemany("DELETE FROM vitals WHERE source = ? AND kind = ? AND rid = ?", keys)
            connection.execute(delete_chosen(table, chosen), (cutoff,))
            connection.execute("UPDATE clock SET horizon = max(horizon, ?) WHERE id = 1", (stamp or 0,))

        for _ in range(ROUNDS):
            if not self._any(chosen, cutoff):
                return
            self._writer.run(bury, durable=False, precious=True)

    def _drop_journal(self, cutoff: int) -> None:
        """From its oldest end only, so that what is left is whole."""
        oldest = select(("id", "at"), "journal", f"ORDER BY id LIMIT {CHUNK_ROWS}")

        def cut(connection: sqlite3.Connection, _: int) -> bool:
            (first, last) = connection.execute("SELECT min(id), max(id) FROM journal").fetchone()
            if first is None:
                return False
            excess = last - first + 1 - self._kept.journal_rows
            until, begins = 0, 0
            for place, (row_id, at) in enumerate(connection.execute(oldest).fetchall()):
                if at >= cutoff and place >= excess:
                    break
                until, begins = row_id, max(begins, at)
            connection.execute("DELETE FROM journal WHERE id <= ?", (until,))
            connection.execute("UPDATE clock SET journal_from = max(journal_from, ?) WHERE id = 1", (begins,))
            return until > 0

        def due(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT at, id FROM journal ORDER BY id LIMIT 1").fetchone()
            if row is None:
                return False
            (last,) = connection.execute("SELECT max(id) FROM journal").fetchone()
            return bool(row[0] < cutoff or last - row[1] >= self._kept.journal_rows)

        for _ in range(ROUNDS):
            if not (self._writer.read(due) and self._writer.run(cut, durable=False, precious=True)):
                return

    def _drop_logs(self, cutoff: int) -> None:
        silent = "SELECT source, kind, rid FROM log_rings WHERE at < ? LIMIT 1"

        def drop(connection: sqlite3.Connection, _: int) -> None:
            key = connection.execute(silent, (cutoff,)).fetchone()
            connection.execute("DELETE FROM log_lines WHERE source = ? AND kind = ? AND rid = ?", key)
            connection.execute("DELETE FROM log_rings WHERE source = ? AND kind = ? AND rid = ?", key)

        for _ in range(ROUNDS):
            if not self._any(silent, cutoff):
                return
            self._writer.run(drop, durable=False, precious=True)

    def _any(self, chosen: str, cutoff: int) -> bool:
        return bool(self._writer.read(lambda c: c.execute(f"SELECT EXISTS ({chosen})", (cutoff,)).fetchone())[0])

    def _write(self, statement: str, cutoff: int) -> None:
        self._writer.run(lambda connection, _: connection.execute(statement, (cutoff,)), durable=False, precious=True)
