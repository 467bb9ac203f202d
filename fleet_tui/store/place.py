"""The state directory and the store's file in it: ours alone, local, and no link to somewhere else."""

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.paths import close_to_others
from fleet_tui.domain.attention_place import DISK_LOW_BYTES
from fleet_tui.ports import StoreError
from fleet_tui.store.schema import STORE_FILE

MOUNTS = Path("/proc/self/mountinfo")
_MEGABYTE = 1_000_000

# fmt: off
NETWORK_FILE_SYSTEMS = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs", "fuse.glusterfs",
    "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4",
    "ocfs2", "smb", "smb3", "smbfs", "vboxsf", "webdav",
})
# fmt: on
"""SQLite's WAL needs shared memory and locks that these do not keep (https://sqlite.org/wal.html)."""

FileSystemOf = Callable[[Path], str | None]
"""The type of the file system that holds a path; None where nobody can tell."""


def file_system_of(path: Path) -> str | None:
    """From the mounts of this process on Linux; None elsewhere."""
    if sys.platform != "linux":
        return None
    real = path.resolve()
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    best: tuple[int, str] | None = None
    for line in lines:
        mount, type_ = _mount(line)
        # Of two mounts on one point the later lies on top.
        if real.is_relative_to(mount) and (best is None or len(mount.parts) >= best[0]):
            best = (len(mount.parts), type_)
    return best[1] if best else None


def _mount(line: str) -> tuple[Path, str]:
    """Mount point and type of one line of `mountinfo` (proc(5)); blanks in the point are octal."""
    left, _, right = line.partition(" - ")
    point = left.split(" ")[4]
    for octal, blank in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(octal, blank)
    return Path(point), right.split(" ")[0]


def prepared(state_dir: Path, *, file_system: FileSystemOf = file_system_of) -> Path:
    """The store's path in a directory that is fit for it, made 0700 where it was missing.

    Raises `StoreError` for a directory that others own or may write, that lies on a network, and for a linked store.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = state_dir.stat()
    except OSError as error:
        raise StoreError(
            f"cannot use the state directory {state_dir}: {error.strerror}; name another --state-dir"
        ) from error
    if not stat.S_ISDIR(held.st_mode):
        raise StoreError(f"{state_dir} is not a directory; name another --state-dir")
    if held.st_uid != os.geteuid():
        raise StoreError(f"{state_dir} belongs to another user; name a --state-dir of your own")
    if held.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(f"{state_dir} may be written by others; run chmod 700 on it or name another --state-dir")
    type_ = file_system(state_dir)
    if type_ in NETWORK_FILE_SYSTEMS:
        raise StoreError(f"{state_dir} lies on a network file system ({type_}), where SQLite loses data; "
                         "name a local --state-dir")  # fmt: skip
    path = state_dir / STORE_FILE
    _refuse_foreign(path)
    try:
        close_to_others(state_dir, held)
    except ConfigError as error:
        raise StoreError(str(error)) from error
    return path


def _refuse_foreign(path: Path) -> None:
    try:
        held = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(held.st_mode):
        raise StoreError(f"{path} is not a plain file; the store is never opened through a link: move it away")
    if held.st_uid != os.geteuid():
        raise StoreError(f"{path} belongs to another user; name another --state-dir")
    if held.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        path.chmod(0o600)


def created(path: Path) -> None:
    """Make an empty file that only its owner may read. SQLite gives its -wal and -shm the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))


def low_disk_bytes(state_dir: Path) -> int | None:
    """What is left where the store is, in whole megabytes so that it seldom changes; None where it is enough."""
    try:
        found = os.statvfs(state_dir)
    except OSError:
        return None
    free = found.f_bavail * found.f_frsize
    return free // _MEGABYTE * _MEGABYTE if free < DISK_LOW_BYTES else None
