"""The output of a run: read after an offset that stays true, and trimmed from the front without moving it."""

import ctypes
import errno
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from fleet_tui.ports import LogPage

KEEP_BYTES: Final = 4 * 1024 * 1024
"""What is kept of a run's log (design, section 2)."""
_BLOCK: Final = 4096
_PUNCH_HOLE_KEEP_SIZE: Final = 0x03
_LINE_LIMIT: Final = 65_536
_CHUNK_BYTES: Final = 262_144
_STARTS_BYTES: Final = 65_536


class Start(NamedTuple):
    """Where in the log a generation of the run begins."""

    generation: str
    offset: int


def run_starts(path: Path) -> tuple[Start, ...]:
    """What the runner noted of its starts, oldest first; empty where nothing can be read."""
    try:
        noted = path.read_text(encoding="ascii", errors="replace")[-_STARTS_BYTES:]
    except OSError:
        return ()
    starts: list[Start] = []
    for line in noted.splitlines():
        generation, _, offset = line.partition(" ")
        if not (generation.isdecimal() and offset.isdecimal()):
            continue
        # A log that was cut begins anew, and nothing noted before says anything about it.
        starts = [one for one in starts if one.offset < int(offset)]
        starts.append(Start(generation, int(offset)))
    return tuple(starts)


def read_lines(
    path: Path, *, after: str | None, limit: int, final: bool = False, starts: Sequence[Start] = ()
) -> LogPage:
    """At most `limit` lines after the cursor, a byte offset; the last `limit` lines where there is none.

    A line that has no end yet waits for it, unless it is longer than 64 kB or nothing more will come: all is `final`,
    or the next run begins there. A page ends where one of the `starts` begins another run.
    """
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            size = facts.st_size
            start = _start(file.fileno(), size, after)
            if after is None:
                start = max(start, _start_of_last(file.fileno(), start, size, limit))
            generation = next((one.generation for one in reversed(starts) if one.offset <= start), "")
            stop = next((one.offset for one in starts if one.offset > start), size)
            raw = os.pread(file.fileno(), max(0, min(_CHUNK_BYTES, stop - start)), start)
    except FileNotFoundError:
        return LogPage(lines=(), cursor=after)
    lines, used = _whole_lines(raw, limit)
    whole = start + len(raw) == stop and (final or stop < size)
    if whole and len(lines) < limit and used < len(raw):
        lines, used = [*lines, raw[used:]], len(raw)
    end = start + used
    return LogPage(
        lines=tuple((None, line.decode("utf-8", "surrogateescape")) for line in lines),
        cursor=str(end),
        more=bool(lines) and end < size,
        generation=generation,
        written_by=datetime.fromtimestamp(facts.st_mtime, UTC),
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
