"""Reads /proc, where there is one (Linux). Cheap enough to be read whole every few seconds."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Final

from fleet_tui.providers.local.facts import Host, ProcessFact, Table

PROC: Final = Path("/proc")
_FIELDS: Final = 22
"""Fields of /proc/PID/stat after the name that we read, up to the resident pages (proc(5))."""
_SIGSTOP_BIT: Final = 1 << (signal.SIGSTOP - 1)
_HZ: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_COMMAND_LINE_LIMIT: Final = 16_384
_ENVIRONMENT_LIMIT: Final = 1_048_576


def this_host() -> Host:
    """Raises OSError where there is no /proc."""
    boot_id = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return Host(boot_id=boot_id, pid_ns=(PROC / "self/ns/pid").stat().st_ino)


def started_at_s(start_ticks: int) -> float:
    """Seconds since the epoch by the wall clock now; for people, never for identity."""
    for line in (PROC / "stat").read_bytes().splitlines():
        if line.startswith(b"btime "):
            return float(line.split()[1]) + start_ticks / _HZ
    return start_ticks / _HZ


def parse_stat(raw: bytes) -> ProcessFact:
    """A name may hold spaces and brackets, so the fields are counted from the last bracket. Raises ValueError."""
    start, end = raw.index(b"("), raw.rindex(b")")
    fields = raw[end + 2 :].split(maxsplit=_FIELDS)
    return ProcessFact(
        pid=int(raw[:start]),
        comm=raw[start + 1 : end].decode("utf-8", "replace"),
        state=fields[0].decode("ascii"),
        parent=int(fields[1]),
        session=int(fields[3]),
        cpu_s=(int(fields[11]) + int(fields[12])) / _HZ,
        start_ticks=int(fields[19]),
        rss_bytes=int(fields[21]) * _PAGE_BYTES,
    )


def read_process(pid: int) -> ProcessFact | None:
    """None when it is gone. What sleeps in the kernel and will stop as soon as it wakes counts as stopped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - hundreds a second, and Path doubles the price
            fact = parse_stat(file.read())
    except (OSError, ValueError, IndexError):
        return None
    return replace(fact, state="T") if fact.state == "D" and _about_to_stop(pid) else fact


def _about_to_stop(pid: int) -> bool:
    """A SIGSTOP waits for it, or another of its threads has taken one for all of them.

    The parent of a vfork sleeps until its child runs a program; when that child is stopped before, it would sleep on.
    """
    try:
        status = (PROC / str(pid) / "status").read_bytes()
        threads = [parse_stat((task / "stat").read_bytes()) for task in (PROC / str(pid) / "task").iterdir()]
    except (OSError, ValueError, IndexError):
        return False
    waiting = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith((b"SigPnd:", b"ShdPnd:"))]
    return any(mask & _SIGSTOP_BIT for mask in waiting) or any(thread.state == "T" for thread in threads)


def read_table() -> Table:
    """Everything that runs, zombies too. One look takes a few milliseconds and is not atomic."""
    facts = (read_process(int(name)) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208 - the same
    return {fact.pid: fact for fact in facts if fact is not None}


def owner_of(pid: int) -> int | None:
    """The real uid; None when it is gone. Not the owner of /proc/PID, which is root for what cannot be dumped."""
    try:
        for line in (PROC / str(pid) / "status").read_bytes().splitlines():
            if line.startswith(b"Uid:"):
                return int(line.split()[1])
    except OSError:
        return None
    return None


def command_line_of(pid: int) -> list[str]:
    """The words it was started with; none when it is gone or has none, as threads of the kernel."""
    raw = _read(pid, "cmdline", _COMMAND_LINE_LIMIT)
    return [word.decode("utf-8", "replace") for word in raw.rstrip(b"\0").split(b"\0")] if raw else []


def executable_of(pid: int) -> str | None:
    return _link(pid, "exe")


def directory_of(pid: int) -> str | None:
    return _link(pid, "cwd")


def variables_of(pid: int, names: frozenset[str]) -> dict[str, str]:
    """Those variables of its environment and nothing else."""
    pairs = (word.partition(b"=") for word in _read(pid, "environ", _ENVIRONMENT_LIMIT).split(b"\0"))
    wanted = {name.encode(): name for name in names}
    return {wanted[name]: value.decode("utf-8", "replace") for name, _, value in pairs if name in wanted}


def _read(pid: int, name: str, limit: int) -> bytes:
    try:
        with (PROC / str(pid) / name).open("rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def _link(pid: int, name: str) -> str | None:
    try:
        return os.readlink(PROC / str(pid) / name).removesuffix(" (deleted)")  # noqa: PTH115 - text, not a path to walk
    except OSError:
        return None
