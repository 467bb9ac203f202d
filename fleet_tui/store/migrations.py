"""Brings a store to the current schema in one transaction: a crash leaves the old one or the new one."""

import sqlite3
from collections.abc import Callable, Sequence

from sqlite_utils import Database
from sqlite_utils.db import Table
from sqlite_utils.migrations import Migrations

from fleet_tui.ports import StoreError
from fleet_tui.store import schema
from fleet_tui.store.connection import refuse_newer, version

Migration = Callable[[Database], None]
# fmt: off
_INTS = frozenset({
    "revision", "at", "phase_since", "confirmed", "created_at", "ends_at", "rate_micro", "observes_work", "gone_at",
    "changed_at", "last_try_at", "last_ok_at", "last_complete_at", "next_due_at", "complete_streak", "failures",
    "row_count", "latency_ms", "memory_bytes", "signal_at", "since", "microusd_per_day", "status", "origin",
    "start_at", "end_at", "amount_micro", "day", "line_count", "ended_at", "submitted_at", "not_after",
    "accepted_at", "flag", "settled_at", "seq", "asked_at", "expires_at", "n_reported", "n_estimated", "n_plan",
    "n_claimed", "n_unpriced", "until", "present", "size_bytes", "samples", "idx", "horizon", "token", "audit_seq",
    "journal_from", "hour_at", "readings", "covered_ms", "latency_max_ms", "size", "times", "told",
})
# fmt: on
_FLOATS = frozenset({"cadence_s", "clock_skew_s", "cpu_percent", "retry_after_s"})
_BLOBS = frozenset({"packed"})


def _type(column: str) -> type:
    if column in _INTS:
        return int
    if column in _FLOATS:
        return float
    return bytes if column in _BLOBS else str


def _table(db: Database, name: str, columns: Sequence[str], *, unique: Sequence[str] = ()) -> Table:
    """A rowid table with its identity as a unique index."""
    table = db.table(name)
    table.create({"id": int, **{column: _type(column) for column in columns}}, pk="id")
    if unique:
        table.create_index(list(unique), index_name=f"{name}_identity", unique=True)
    return table


def _stamped(db: Database, name: str, columns: Sequence[str], *, unique: Sequence[str]) -> None:
    """A table whose rows, tombstones too, carry the revision of the transaction that last touched them."""
    table = _table(db, name, [*columns, "revision"], unique=unique)
    table.create_index(["revision"], index_name=f"{name}_revision")


def _fleet(db: Database) -> None:
    clock = ["revision", "horizon", "token", "store_id", "audit_seq", "audit_hash", "journal_from"]
    _table(db, "clock", clock)
    _stamped(db, "resources", [*schema.RESOURCE, "changed_at", "gone_at"], unique=schema.KEY)
    _stamped(db, "sources", [*schema.STATUS, "gone_at"], unique=["name"])
    _stamped(db, "vitals", schema.VITALS, unique=schema.KEY)
    _stamped(db, "findings", [*schema.FINDING, "gone_at"], unique=["rule", *schema.KEY])
    # Few rows are tombstones; without these the tidying would read every row to find them.
    for name in ("resources", "findings"):
        db.conn.execute(f"CREATE INDEX {name}_gone ON {name}(gone_at) WHERE gone_at IS NOT NULL")
    _table(db, "journal", ["at", "revision", "present", *schema.RESOURCE])
    _table(db, "samples", [*schema.KEY, "start_at", "end_at", "samples", "packed"]).create_index(
        [*schema.KEY, "end_at"], index_name="samples_key"
    )
    _table(db, "watches", ["source", "start_at", "end_at"], unique=["source", "start_at"])
    _table(db, "cursors", ["name", "value"], unique=["name"])
    events = _table(db, "events", schema.EVENT, unique=["source", "event_id"])
    events.create_index(["at"], index_name="events_at")
    events.create_index(["key_source", "kind", "rid"], index_name="events_key")
    _table(db, "failures", schema.FAILURE).create_index(["at"], index_name="failures_at")
    _table(db, "log_lines", [*schema.KEY, "at", "text", "size_bytes"]).create_index(
        list(schema.KEY), index_name="log_lines_key"
    )
    _table(db, "log_rings", [*schema.KEY, "size_bytes", "at"], unique=schema.KEY)


def _money(db: Database) -> None:
    lines = _table(db, "usage_lines", schema.USAGE, unique=["source", "line_id"])
    lines.create_index(["start_at"], index_name="usage_lines_start")
    lines.create_index(["agent", "start_at"], index_name="usage_lines_agent")
    _table(db, "rollups", schema.ROLLUP, unique=schema.ROLLUP_KEY)
    _stamped(db, "totals", schema.TOTAL, unique=schema.TOTAL_KEY)
    _table(db, "accruals", [*schema.SUBJECT, "until", "exact"], unique=schema.SUBJECT)


def _acts(db: Database) -> None:
    _table(db, "intents", [*schema.INTENT, "accepted_at"], unique=["intent_id"])
    _stamped(db, "actions", schema.ACTION, unique=["action_id"])
    db.table("actions").create_index(["state"], index_name="actions_state")
    _table(db, "attempts", ["action_id", *schema.TARGET, "at"], unique=["action_id", *schema.TARGET[:4]])
    audit = db.table("audit")
    audit.create({column: _type(column) for column in schema.AUDIT}, pk="seq")
    db.conn.execute("CREATE UNIQUE INDEX audit_action ON audit(action_id, target, incarnation) WHERE action_id != ''")
    _stamped(db, "overlays", [*schema.OVERLAY, "at"], unique=["subject", "field"])
    # A wanted row that is asked again gets a new id, by which the collector tells it from the one it served.
    db.conn.execute(
        "CREATE TABLE wanted (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT, subject TEXT, asked_at INTEGER, "
        "expires_at INTEGER, UNIQUE(kind, subject))"
    )
    _stamped(db, "hand_overs", schema.HAND_OVER, unique=["hand_over_id"])


def _first_schema(db: Database) -> None:
    _fleet(db)
    _money(db)
    _acts(db)


def _runs_of_logs(db: Database) -> None:
    """Lines know which run wrote them and when they were read."""
    db.conn.execute("ALTER TABLE log_lines ADD COLUMN generation TEXT NOT NULL DEFAULT ''")
    db.conn.execute("ALTER TABLE log_lines ADD COLUMN read_at INTEGER")


def _reach(db: Database) -> None:
    reach = _table(db, "reach", schema.REACH, unique=schema.REACH_KEY)
    reach.create_index(["hour_at"], index_name="reach_hour")


def _attention(db: Database) -> None:
    _stamped(db, "acknowledgements", schema.ACKNOWLEDGEMENT, unique=["cause"])
    _stamped(db, "channels", schema.CHANNEL, unique=["name"])
    _table(db, "notices", schema.NOTICE, unique=["channel", "cause"])


STEPS: tuple[tuple[str, Migration], ...] = (
    ("0001 first schema", _first_schema),
    ("0002 runs of logs", _runs_of_logs),
    ("0003 reach", _reach),
    ("0004 attention", _attention),
)
"""In order; as many as `schema.SCHEMA_VERSION` says."""


def migrate(
    connection: sqlite3.Connection,
    *,
    store_id: str,
    now_us: int,
    steps: Sequence[tuple[str, Migration]] = STEPS,
) -> None:
    """Apply what is missing. The connection is in autocommit mode.

    Raises `StoreTooNew`, having changed nothing, when the store is newer than `steps`.
    """
    refuse_newer(version(connection), len(steps))
    if version(connection) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version(connection)
        refuse_newer(found, len(steps))
        migrations = Migrations("fleet-tui")
        for name, step in steps:
            migrations(name=name)(step)
        migrations.apply(Database(connection, execute_plugins=False))
        if found == 0:
            connection.execute(
                "INSERT INTO clock (id, revision, horizon, token, store_id, audit_seq, audit_hash, journal_from) "
                "VALUES (1, 0, 0, 0, ?, 0, '', ?)",
                (store_id, now_us),
            )
            connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def refuse_foreign(connection: sqlite3.Connection) -> None:
    """Tables of ours are never put into somebody else's database. Raises `StoreError`."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != schema.APPLICATION_ID and tables:
        raise StoreError(
            "the file in the store's place is a database of another program: move it away, then start again"
        )
