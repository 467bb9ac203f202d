"""Opens the store of a state directory for readers and for those who submit."""

import os
import sqlite3
from datetime import datetime
from pathlib import Path

from fleet_tui import clock
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ports import StoreError
from fleet_tui.store.ballast import BALLAST_BYTES, Ballast
from fleet_tui.store.codecs import us
from fleet_tui.store.connection import explained, open_writer, refuse_newer, version
from fleet_tui.store.intents import SqliteIntentStore
from fleet_tui.store.lock import take_lock
from fleet_tui.store.place import FileSystemOf, created, file_system_of, prepared
from fleet_tui.store.read import SqliteFleetReader
from fleet_tui.store.schema import BALLAST_FILE, SCHEMA_LOCK_FILE, SCHEMA_VERSION
from fleet_tui.store.transaction import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What may differ from the usual."""

    file_system: FileSystemOf = file_system_of
    ballast_bytes: int = BALLAST_BYTES


USUAL = Opening()


def open_for_reader(state_dir: Path, *, opening: Opening = USUAL) -> SqliteFleetReader:
    """A reader; where no collector has made a store yet it shows an empty fleet until one has. Raises `StoreTooNew`."""
    return SqliteFleetReader(prepared(state_dir, file_system=opening.file_system))


def open_for_intents(state_dir: Path, *, opening: Opening = USUAL) -> SqliteIntentStore:
    """The side of consoles and commands; makes the store at the first write if no collector has."""

    path = prepared(state_dir, file_system=opening.file_system)

    def opened() -> Writer:
        _ensure_current(path, clock.now())
        return Writer(path, token=None, ballast=Ballast(state_dir / BALLAST_FILE, opening.ballast_bytes))

    return SqliteIntentStore(opened)


def _ensure_current(path: Path, now: datetime) -> None:
    """Make a missing store. An older one is the collector's to migrate."""
    held = _held_version(path)
    if held == 0:
        migrated(path, now)
    elif held < SCHEMA_VERSION:
        raise StoreError(
            f"{path} is of version {held} and needs version {SCHEMA_VERSION}: restart the collector, it brings it there"
        )


def migrated(path: Path, now: datetime) -> None:
    """Make the store, or bring it to this version; one process at a time. Raises StoreError."""
    from fleet_tui.store.migrations import migrate, refuse_foreign  # noqa: PLC0415 - sqlite-utils is slow to import

    _held_version(path)
    with take_lock(path.parent / SCHEMA_LOCK_FILE):
        created(path)
        connection = open_writer(path, checkpoints=True)
        try:
            refuse_foreign(connection)
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            migrate(connection, store_id=os.urandom(16).hex(), now_us=us(now))
        except sqlite3.Error as error:
            raise explained(error, path) from error
        finally:
            connection.close()


def _held_version(path: Path) -> int:
    """0 where there is no store yet. Raises `StoreTooNew` having opened it for reading only."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            held = version(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise explained(error, path) from error
    refuse_newer(held)
    return held
