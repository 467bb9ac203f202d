"""Connections as every part of the store opens them, and what SQLite's errors mean to an operator."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from fleet_tui.ports import StoreDamaged, StoreError, StoreTooNew, StoreUnwritable
from fleet_tui.store.schema import BUSY_TIMEOUT_S, SCHEMA_VERSION

WAL_KEPT_BYTES = 16 * 1024 * 1024
"""A log that grew beyond it, because of a long reader, is cut back to it when it begins anew."""

_FULL = 13
_IOERR = 10
_NO_ROOM = frozenset({_IOERR | 3 << 8, _IOERR | 19 << 8})
_READONLY = 8
_CANTOPEN = 14
_BUSY = frozenset({5, 6})
_DAMAGED = frozenset({11, 26})
_PRIMARY = 0xFF


def open_writer(path: Path, *, checkpoints: bool) -> sqlite3.Connection:
    """A connection that may write, in autocommit mode. Only the collector's checkpoints. Raises `StoreError`."""
    own = f"PRAGMA journal_size_limit = {WAL_KEPT_BYTES}" if checkpoints else "PRAGMA wal_autocheckpoint = 0"
    return _opened(path, "rw", ["PRAGMA synchronous = FULL", own])


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write and never checkpoints. Raises `StoreError`."""
    return _opened(path, "ro", [])


def _opened(path: Path, mode: str, setup: Sequence[str]) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_S,
            check_same_thread=False,
            cached_statements=256,
        )
    except sqlite3.Error as error:
        raise explained(error, path) from error
    try:
        for statement in setup:
            connection.execute(statement).fetchall()
    except sqlite3.Error as error:
        connection.close()
        raise explained(error, path) from error
    return connection


def version(connection: sqlite3.Connection) -> int:
    """The schema version of a store; 0 where there is none yet."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0])


def refuse_newer(found: int, known: int = SCHEMA_VERSION) -> None:
    """Raise `StoreTooNew` for a store that this program does not know."""
    if found > known:
        raise StoreTooNew(
            f"the store has version {found} and this fleet-tui knows version {known}: nothing was touched; "
            "install the newer fleet-tui or name another --state-dir"
        )


def is_full(error: sqlite3.Error) -> bool:
    """The disk, or what we may write of it, is used up. A quota shows as a failed write, a full one also as no shm."""
    return _code(error) == _FULL or getattr(error, "sqlite_errorcode", 0) in _NO_ROOM


def unreadable(error: Exception, path: Path) -> StoreError:
    """SQLite gave a row, and what is in it cannot be: a flipped bit, or another program that wrote."""
    return StoreDamaged(
        f"{path} holds a row that fleet-tui did not write so ({type(error).__name__}): it is damaged; "
        "move it away and start again, what runs is found anew"
    )


def explained(error: sqlite3.Error, path: Path) -> StoreError:
    """The same error as one sentence for a person."""
    code = _code(error)
    if code == _FULL:
        return StoreUnwritable(f"cannot write {path}: the disk is full; the last state stays readable, free some space")
    if code == _IOERR:
        return StoreUnwritable(
            f"cannot write {path}: input/output error; the last state stays readable, check the disk"
        )
    if code in {_READONLY, _CANTOPEN}:
        return StoreUnwritable(f"cannot write {path}: it is read-only or gone; check its owner and mode")
    if code in _BUSY:
        return StoreUnwritable(
            f"cannot write {path}: another process has held it for {BUSY_TIMEOUT_S:.0f} s; try again"
        )
    if code in _DAMAGED:
        return StoreDamaged(f"{path} is damaged; restart the collector: it sets the file aside and keeps what it can")
    return StoreError(f"{path}: {error}")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY
