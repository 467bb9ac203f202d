"""The read side: the fleet whole or by revision, each within one short read transaction. Imports sqlite3 only."""

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final, TypeVar

from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.history import Recorded, Sample, Spent
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.domain.reach import ReachHour
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.resource import Event
from fleet_tui.domain.usage import UsageLine
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import FleetReader, StoreError
from fleet_tui.store import audit, journal, reach, read_delta, read_history, read_money
from fleet_tui.store.connection import explained, open_reader, refuse_newer, unreadable, version
from fleet_tui.store.read_history import Tail
from fleet_tui.store.schema import SCHEMA_VERSION

T = TypeVar("T")
Inode = tuple[int, int]


@dataclass(slots=True)
class _Open:
    connection: sqlite3.Connection
    inode: Inode
    data_version: int = -1


_UNDECODABLE: Final = (LookupError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What a row raises that is whole for SQLite, and whose values nobody of ours wrote."""


class SqliteFleetReader(FleetReader):
    """Opens the store once there is one: before that the fleet is empty. Usable from any thread, one call at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._open: _Open | None = None
        self._store_id = ""

    def close(self) -> None:
        with self._lock:
            if self._open is not None:
                self._open.connection.close()
            self._open = None

    @override
    def woken(self) -> bool:
        with self._lock:
            before = self._open
            try:
                opened = self._opened()
                if opened is None:
                    return False
                (found,) = opened.connection.execute("PRAGMA data_version").fetchone()
            except (sqlite3.Error, StoreError):
                # The next read says what is wrong.
                return True
            if opened is before and found == opened.data_version:
                return False
            opened.data_version = found
            return True

    @override
    def load(self, on_delta: Callable[[FleetDelta], None], *, chunk: int = 2000) -> int:
        with self._reading_apart() as connection:
            if connection is None:
                on_delta(FleetDelta(store_id="", revision=0, whole=True))
                return 0
            reached = 0
            with closing(read_delta.pieces(connection, chunk)) as parts:
                while (part := self._next(parts)) is not None:
                    on_delta(part)
                    reached = part.revision
                    self._store_id = part.store_id if part.last else ""
            return reached

    def _next(self, parts: Iterator[FleetDelta]) -> FleetDelta | None:
        # What goes wrong where a piece is taken up says nothing of the store.
        with self._decoded():
            return next(parts, None)

    @override
    def changes(self, after: int) -> FleetDelta:
        with self._reading() as connection:
            if connection is None:
                return FleetDelta(store_id=self._store_id, revision=after, whole=after == 0)
            now = read_delta.clock(connection)
            if now.store_id == self._store_id and now.horizon <= after <= now.revision:
                return read_delta.since(connection, after, now)
            self._store_id = now.store_id
            return read_delta.joined(read_delta.pieces(connection, 2000))

    @override
    def log_tail(self, key: ResourceKey, *, limit: int) -> Tail:
        return self._read(lambda connection: read_history.log_tail(connection, key, limit), ())

    @override
    def log_after(self, key: ResourceKey, *, seq: int, limit: int) -> tuple[LogLine, ...]:
        return self._read(lambda connection: read_history.log_after(connection, key, seq, limit), ())

    @override
    def log_state(self, key: ResourceKey) -> LogState | None:
        return self._read(lambda connection: read_history.log_state(connection, key), None)

    @override
    def events(self, *, limit: int, key: ResourceKey | None = None) -> tuple[Event, ...]:
        return self._read(lambda connection: read_history.events(connection, limit, key), ())

    @override
    def failures(self, *, since: datetime, limit: int) -> tuple[Failure, ...]:
        return self._read(lambda connection: read_history.failures(connection, since, limit), ())

    @override
    def audit(self, *, limit: int) -> tuple[AuditRow, ...]:
        return self._read(lambda connection: read_history.audit_rows(connection, limit), ())

    @override
    def usage(self, *, since: datetime, agent: str | None = None, limit: int = 1000) -> tuple[UsageLine, ...]:
        return self._read(lambda connection: read_history.usage(connection, since, agent, limit), ())

    @override
    def reach(self, *, since: datetime) -> tuple[ReachHour, ...]:
        return self._read(lambda connection: reach.hours(connection, since), ())

    @override
    def at(self, moment: datetime) -> Recorded:
        nothing = Recorded(moment=moment, resources=(), begins=moment, earlier=None, later=None)
        return self._read(lambda connection: journal.at(connection, moment), nothing)

    @override
    def spent(self, *, since: datetime, step_s: int) -> tuple[Spent, ...]:
        return self._read(lambda connection: read_money.spent(connection, since, step_s), ())

    @override
    def parts(self, *, day: date, agent: str | None = None) -> tuple[Part, ...]:
        return self._read(lambda connection: read_money.parts(connection, day, agent), ())

    @override
    def watched(self, *, since: datetime) -> tuple[tuple[SourceName, Watch], ...]:
        return self._read(lambda connection: read_history.watched(connection, since), ())

    @override
    def samples(self, key: ResourceKey, *, since: datetime) -> tuple[Sample, ...]:
        return self._read(lambda connection: read_history.samples(connection, key, since), ())

    def polls_asked(self) -> dict[str, datetime]:
        """When somebody last asked the collector for a reading, by source."""
        return self._read(read_history.polls_asked, {})

    def verify_audit(self) -> str | None:
        """What is wrong with the audit's chain, naming the row, or None."""
        return self._read(audit.verify, None)

    def _read(self, query: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        with self._reading() as connection:
            return nothing if connection is None else query(connection)

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection | None]:
        """One read transaction; None where there is no store yet."""
        with self._lock, self._explained(), self._decoded():
            opened = self._opened()
            if opened is None:
                yield None
                return
            with _transaction(opened.connection):
                yield opened.connection

    @contextmanager
    def _reading_apart(self) -> Generator[sqlite3.Connection | None]:
        """The same on a connection of its own: it takes long, and others read meanwhile."""
        with self._explained():
            with self._lock:
                # What is followed later is the store that stands here now.
                connection = None if self._opened() is None else _connected(self._path)
            if connection is None:
                yield None
                return
            with closing(connection), _transaction(connection):
                yield connection

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(error, self._path) from error

    @contextmanager
    def _decoded(self) -> Generator[None]:
        try:
            yield
        except _UNDECODABLE as error:
            raise unreadable(error, self._path) from error

    def _opened(self) -> _Open | None:
        """The store, opened again where another file has taken its place. Raises `StoreTooNew`."""
        found = _inode(self._path)
        if self._open is not None and found in {self._open.inode, None}:
            return self._open
        self.close()
        connection = None if found is None else _connected(self._path)
        if found is None or connection is None:
            return None
        self._store_id = ""
        self._open = _Open(connection, found)
        return self._open


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def _connected(path: Path) -> sqlite3.Connection | None:
    """None where the store is older than this program. Raises `StoreTooNew`."""
    connection = open_reader(path)
    try:
        held = version(connection)
        refuse_newer(held)
    except BaseException:
        connection.close()
        raise
    if held < SCHEMA_VERSION:
        connection.close()
        return None
    return connection


def _inode(path: Path) -> Inode | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
