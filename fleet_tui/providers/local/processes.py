"""What runs on this machine, from /proc, and signals that reach one exact process or nobody."""

import os
import select
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fleet_tui.domain.identity import Incarnation

PROC: Final = Path("/proc")
RUNNER_COMM: Final = "fleet-runner"
"""The name every runner gives itself; what carries it is neither an agent nor part of one."""
STOPPED: Final = frozenset("Tt")
DEAD: Final = frozenset("ZXx")
_FIELDS: Final = 22
"""Fields of /proc/PID/stat after the name that we read, up to the resident pages (proc(5))."""


@dataclass(frozen=True, slots=True)
class ProcessRef:
    """One process and no other that gets its pid later: the pid and the kernel's raw start ticks."""

    pid: int
    start_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFact:
    """One line of /proc/PID/stat. `cpu_ticks` is user and system time since it started."""

    pid: int
    parent: int
    session: int
    start_ticks: int
    state: str
    comm: str
    cpu_ticks: int
    rss_pages: int

    @property
    def ref(self) -> ProcessRef:
        return ProcessRef(self.pid, self.start_ticks)


Table = Mapping[int, ProcessFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What makes pids of this boot and this pid namespace unlike all others."""

    boot_id: str
    pid_ns: int

    def incarnation(self, process: ProcessRef) -> Incarnation:
        """The name a runner also gives its directory: pid, start ticks, pid namespace, boot."""
        boot = self.boot_id.replace("-", "")[:12]
        return Incarnation(f"{process.pid}-{process.start_ticks}-{self.pid_ns}-{boot}")


@cache
def this_host() -> Host:
    """Raises OSError where there is no /proc."""
    boot_id = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return Host(boot_id=boot_id, pid_ns=(PROC / "self/ns/pid").stat().st_ino)


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
        cpu_ticks=int(fields[11]) + int(fields[12]),
        start_ticks=int(fields[19]),
        rss_pages=int(fields[21]),
    )


def read_process(pid: int) -> ProcessFact | None:
    """None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - hundreds a second, and Path doubles the price
            return parse_stat(file.read())
    except (OSError, ValueError, IndexError):
        return None


def read_table() -> Table:
    """Everything that runs, zombies too. One look takes a few milliseconds and is not atomic."""
    facts = (read_process(int(name)) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208 - the same
    return {fact.pid: fact for fact in facts if fact is not None}


def alive(process: ProcessRef) -> bool:
    fact = read_process(process.pid)
    return fact is not None and fact.start_ticks == process.start_ticks and fact.state not in DEAD


def owner_of(pid: int) -> int | None:
    """The real uid; None when it is gone. Not the owner of /proc/PID, which is root for what cannot be dumped."""
    try:
        for line in (PROC / str(pid) / "status").read_bytes().splitlines():
            if line.startswith(b"Uid:"):
                return int(line.split()[1])
    except OSError:
        return None
    return None


def send(process: ProcessRef, *signals: signal.Signals) -> bool:
    """Signal exactly this process. False when it is gone; PermissionError when it is not ours to signal.

    The pidfd is opened before the start ticks are compared: whoever gets the pid later is never hit.
    """
    try:
        fd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        fact = read_process(process.pid)
        if fact is None or fact.start_ticks != process.start_ticks:
            return False
        for what in signals:
            signal.pidfd_send_signal(fd, what)
    except ProcessLookupError:
        return False
    finally:
        os.close(fd)
    return True


def wait_for_any_end(processes: Iterable[ProcessRef], timeout_s: float) -> None:
    """Return when one of them has ended, at once if one has already, or after the timeout."""
    poller = select.poll()
    opened: list[int] = []
    try:
        for process in processes:
            try:
                opened.append(os.pidfd_open(process.pid))
            except OSError:
                return
            poller.register(opened[-1], select.POLLIN)
        poller.poll(timeout_s * 1000)
    finally:
        for fd in opened:
            os.close(fd)
