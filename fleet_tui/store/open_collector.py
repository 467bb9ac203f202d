"""Opens the store of a state directory for the one collector: alone, sound, and with a token that fences others out."""

import sqlite3
from datetime import datetime
from pathlib import Path

from fleet_tui.ports import StoreDamaged
from fleet_tui.store import salvage
from fleet_tui.store.ballast import Ballast
from fleet_tui.store.lock import CollectorLock, take_collector_lock, take_lock
from fleet_tui.store.open import USUAL, Opening, migrated
from fleet_tui.store.place import prepared
from fleet_tui.store.retention import KEPT, Retention
from fleet_tui.store.schema import BALLAST_FILE, SCHEMA_LOCK_FILE
from fleet_tui.store.transaction import Writer
from fleet_tui.store.write import SqliteCollectorStore


def open_for_collector(
    state_dir: Path, now: datetime, *, opening: Opening = USUAL, retention: Retention = KEPT
) -> tuple[SqliteCollectorStore, CollectorLock]:
    """Take the lock, make or migrate the store, raise the fencing token.

    A damaged store is set aside and what can be read of acts and audit is copied into the new one. Raises
    `CollectorRuns`, `StoreTooNew` (nothing touched), or another `StoreError`.
    """
    path = prepared(state_dir, file_system=opening.file_system)
    lock = take_collector_lock(state_dir)
    try:
        ballast = Ballast(state_dir / BALLAST_FILE, opening.ballast_bytes)
        _make_sound(path, now)
        token = _raised_token(path, ballast)
        lock.tell(token)
        ballast.restore()
        store = SqliteCollectorStore(Writer(path, token=token, ballast=ballast), ballast, retention)
    except BaseException:
        lock.close()
        raise
    return store, lock


def _make_sound(path: Path, now: datetime) -> None:
    with take_lock(path.parent / SCHEMA_LOCK_FILE):
        salvage.finish_interrupted(path, now)
    try:
        migrated(path, now)
        salvage.check(path)
    except StoreDamaged:
        with take_lock(path.parent / SCHEMA_LOCK_FILE):
            salvage.set_aside(path, now)


def _raised_token(path: Path, ballast: Ballast) -> int:
    """Whoever wrote under an older token is fenced out from here on."""
    writer = Writer(path, token=None, ballast=ballast)
    try:
        return writer.run(lambda connection, _: _raise_token(connection), durable=True)
    finally:
        writer.close()


def _raise_token(connection: sqlite3.Connection) -> int:
    rows = connection.execute("UPDATE clock SET token = token + 1 WHERE id = 1 RETURNING token").fetchall()
    return int(rows[0][0])
