"""Who is there: locks of the kernel, gone the moment their holder dies, whatever any clock says."""

import fcntl
import json
import os
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from fleet_tui import clock
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ports import StoreError
from fleet_tui.store.schema import COLLECTOR_LOCK_FILE, CONSOLES_LOCK_FILE

PATIENCE_S = 30.0


class CollectorRuns(StoreError):
    """Another collector holds the lock. `pid` is None where it has not said yet who it is."""

    def __init__(self, path: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(f"a collector runs already for {path.parent} ({who}); see `fleet-tui collect --status`")
        self.pid = pid


@dataclass(frozen=True, slots=True)
class Holder:
    """What a collector wrote into its lock file."""

    pid: int
    token: int


class FileLock:
    """A lock on a file, held until closed. Children do not inherit it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def stands(self, path: Path) -> bool:
        """Whether this is still the file that others look for under that path."""
        held = os.fstat(self._descriptor)
        try:
            there = path.stat()
        except OSError:
            return False
        return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)

    def write(self, content: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content.encode(), 0)


class CollectorLock(FileLock):
    """Held by the one collector of a state directory."""

    def tell(self, token: int) -> None:
        """Write down who holds it."""
        self.write(json.dumps({"pid": os.getpid(), "token": token}))


def take_collector_lock(state_dir: Path) -> CollectorLock:
    """Raises `CollectorRuns` when somebody holds it."""
    path = state_dir / COLLECTOR_LOCK_FILE
    descriptor = _descriptor(path)
    if not _locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
        os.close(descriptor)
        holder = _told(path)
        raise CollectorRuns(path, holder.pid if holder else None)
    return CollectorLock(descriptor)


def collector_holder(state_dir: Path) -> Holder | None:
    """The collector that is alive, or None. Takes the lock for a moment where nobody holds it."""
    path = state_dir / COLLECTOR_LOCK_FILE
    if not path.exists():
        return None
    descriptor = _descriptor(path)
    try:
        if _locked(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB):
            return None
    finally:
        os.close(descriptor)
    return _told(path) or Holder(pid=0, token=0)


def join_consoles(state_dir: Path) -> FileLock:
    """Held, with others, by every console and waiting command for as long as it needs a collector."""
    descriptor = _descriptor(state_dir / CONSOLES_LOCK_FILE)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return FileLock(descriptor)


def consoles_present(state_dir: Path) -> bool:
    """Whether any console or waiting command is there."""
    descriptor = _descriptor(state_dir / CONSOLES_LOCK_FILE)
    try:
        return not _locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(descriptor)


def take_lock(path: Path, *, wait_s: float = PATIENCE_S) -> FileLock:
    """Wait for a lock that is only ever held for moments. Raises `StoreError` where its holder hangs."""
    descriptor = _descriptor(path)
    deadline = clock.monotonic_s() + wait_s
    turn = threading.Event()
    while not _locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
        if clock.monotonic_s() > deadline:
            os.close(descriptor)
            raise StoreError(f"another process has held {path} for {wait_s:.0f} s; is one stopped in the middle?")
        turn.wait(0.01)
    return FileLock(descriptor)


def _descriptor(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StoreError(f"cannot open {path}: {error.strerror}; check the state directory") from error


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    return True


def _told(path: Path) -> Holder | None:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Holder(pid=int(held["pid"]), token=int(held["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
