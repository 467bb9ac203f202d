"""The output of a run: read after an offset that stays true, and trimmed from the front without moving it."""

import ctypes
import errno
import os
from pathlib import Path
from typing import Final

from fleet_tui.ports import LogPage

KEEP_BYTES: Final = 4 * 1024 * 1024
"""What is kept of a run's log (design, section 2)."""
_BLOCK: Final = 4096
_PUNCH_HOLE_KEEP_SIZE: Final = 0x03
_LINE_LIMIT: Final = 65_536
_CHUNK_BYTES: Final = 262_144


def read_lines(path: Path, *, after: str | None, limit: int, final: bool = False) -> LogPage:
    """At most `limit` lines after the cursor, a byte offset; the last `limit` lines where there is none.

    A line that has no end yet waits for it, unless it is longer than 64 kB or nothing more will come (`final`).
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = _start(file.fileno(), size, after)
            if after is None:
                start = max(start, _start_of_last(file.fileno(), start, size, limit))
            raw = os.pread(file.fileno(), _CHUNK_BYTES, start)
    except FileNotFoundError:
        return LogPage(lines=(), cursor=after)
    lines, used = _whole_lines(raw, limit)
    if final and len(lines) < limit and used < len(raw) and start + len(raw) == size:
        lines, used = [*lines, raw[used:]], len(raw)
    end = start + used
    return LogPage(
        lines=tuple((None, line.decode("utf-8", "surrogateescape")) for line in lines),
        cursor=str(end),
        more=bool(lines) and end < size,
    )


def _start(fd: int, size: int, after: str | None) -> int:
    """Where to read on: behind the part that was trimmed; from the front when the file was cut below the cursor."""
    offset = int(after) if after is not None and after.isdecimal() else 0
    if offset > size:
        offset = 0
    try:
        found = os.lseek(fd, offset, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        raise
    # The first line behind a hole has lost its beginning.
    return found if found == offset else found + os.pread(fd, _LINE_LIMIT, found).find(b"\n") + 1


def _start_of_last(fd: int, first: int, size: int, limit: int) -> int:
    position, newlines = size, 0
    while position > first:
        step = min(_CHUNK_BYTES, position - first)
        chunk = os.pread(fd, step, position - step)
        at = len(chunk)
        while (at := chunk.rfind(b"\n", 0, at)) >= 0:
            newlines += 1
            if newlines > limit:
                return position - step + at + 1
        position -= step
    return first


def _whole_lines(raw: bytes, limit: int) -> tuple[list[bytes], int]:
    lines: list[bytes] = []
    used = 0
    while len(lines) < limit:
        end = raw.find(b"\n", used)
        if 0 <= end <= used + _LINE_LIMIT:
            lines.append(raw[used:end].removesuffix(b"\r"))
            used = end + 1
        elif len(raw) - used > _LINE_LIMIT:
            lines.append(raw[used : used + _LINE_LIMIT])
            used += _LINE_LIMIT
        else:
            break
    return lines, used


def trim(path: Path, keep_bytes: int = KEEP_BYTES) -> bool:
    """Give the space of all but the last bytes back once there is twice as much. True when something was given back.

    A hole at the front keeps every offset true and loses nothing that a runner writes meanwhile.
    """
    try:
        with path.open("r+b") as file:
            facts = os.fstat(file.fileno())
            if facts.st_blocks * 512 <= 2 * keep_bytes:
                return False
            length = (facts.st_size - keep_bytes) // _BLOCK * _BLOCK
            libc = ctypes.CDLL(None, use_errno=True)
            failed = libc.fallocate(file.fileno(), _PUNCH_HOLE_KEEP_SIZE, ctypes.c_long(0), ctypes.c_long(length))
            # Its time of change is what says that the agent wrote.
            os.utime(file.fileno(), ns=(facts.st_atime_ns, facts.st_mtime_ns))
            return not failed
    except OSError:
        return False
