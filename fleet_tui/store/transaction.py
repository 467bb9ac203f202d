"""One write transaction: the clock first, whole or not at all, under 50 ms, and an error a person can read."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fleet_tui.ports import FencedOut
from fleet_tui.store.ballast import Ballast
from fleet_tui.store.connection import explained, is_full, open_writer

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, int], T]
"""What a transaction does, given the connection and the revision that every row it touches gets."""

_TICK = "UPDATE clock SET revision = revision + 1 WHERE id = 1 RETURNING revision"
_FENCED_TICK = "UPDATE clock SET revision = revision + 1 WHERE id = 1 AND token = ? RETURNING revision"


class Writer:
    """A connection that runs write transactions, from any thread, one at a time.

    With a `token` every transaction compares it first. A durable one reaches the disk before it returns. On a full
    disk the ballast is given up once for what is durable or precious.
    """

    def __init__(self, path: Path, *, token: int | None, ballast: Ballast) -> None:
        self.path = path
        self._token = token
        self._ballast = ballast
        self._lock = threading.RLock()
        self._synchronous = "FULL"
        self._connection = open_writer(path, checkpoints=token is not None)
        self._inode = path.stat().st_ino

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def run(self, work: Work[T], *, durable: bool, precious: bool = False) -> T:
        """Raises `FencedOut`, `StoreUnwritable` or `StoreDamaged`; nothing of `work` stands then."""
        with self._lock:
            try:
                return self._attempt(work, durable=durable)
            except sqlite3.Error as error:
                if not ((durable or precious) and is_full(error) and self._ballast.give_up()):
                    raise explained(error, self.path) from error
            try:
                return self._attempt(work, durable=durable)
            except sqlite3.Error as error:
                raise explained(error, self.path) from error

    def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Read outside a transaction; `query` leaves no cursor open."""
        with self._lock:
            try:
                return query(self._connection)
            except sqlite3.Error as error:
                raise explained(error, self.path) from error

    def checkpoint(self) -> None:
        """Move what is in the WAL to the file as far as no reader needs it; waits for nobody."""
        self.read(lambda connection: connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    def _attempt(self, work: Work[T], *, durable: bool) -> T:
        self._sync("FULL" if durable else "NORMAL")
        connection = self._begun()
        try:
            result = work(connection, self._tick(connection))
            connection.execute("COMMIT")
        except BaseException:
            # Some errors roll back by themselves.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _begun(self) -> sqlite3.Connection:
        self._connection.execute("BEGIN IMMEDIATE")
        while self._inode != _inode(self.path):
            self._connection.execute("ROLLBACK")
            if self._token is not None:
                raise FencedOut(f"{self.path} was moved or removed; this collector ends, the next makes a new store")
            self._reopen()
            self._connection.execute("BEGIN IMMEDIATE")
        return self._connection

    def _reopen(self) -> None:
        """The collector set the file aside and makes a new one: what we write must land in that, once it is there."""
        inode = _inode(self.path)
        fresh = open_writer(self.path, checkpoints=False)
        self._connection.close()
        self._connection, self._inode, self._synchronous = fresh, inode, "FULL"

    def _tick(self, connection: sqlite3.Connection) -> int:
        if self._token is None:
            rows = connection.execute(_TICK).fetchall()
        else:
            rows = connection.execute(_FENCED_TICK, (self._token,)).fetchall()
        if not rows:
            raise FencedOut("another collector has taken over this store; this one writes nothing any more")
        return int(rows[0][0])

    def _sync(self, level: str) -> None:
        if level != self._synchronous:
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._synchronous = level


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return -1
