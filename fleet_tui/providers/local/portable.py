"""The same looks where there is no /proc (macOS): through psutil, best effort.

Start ticks are hundredths of a second of the start time that the kernel keeps; on macOS it never moves.
"""

from typing import Final

import psutil

from fleet_tui.providers.local.facts import Host, ProcessFact, Table

_HZ: Final = 100
_STATES: Final = {
    psutil.STATUS_STOPPED: "T",
    psutil.STATUS_TRACING_STOP: "t",
    psutil.STATUS_ZOMBIE: "Z",
    psutil.STATUS_DEAD: "X",
    psutil.STATUS_RUNNING: "R",
}


def this_host() -> Host:
    return Host(boot_id=f"{int(psutil.boot_time()):012d}", pid_ns=0)


def started_at_s(start_ticks: int) -> float:
    """Seconds since the epoch, from which start ticks count here."""
    return start_ticks / _HZ


def _fact(process: psutil.Process) -> ProcessFact | None:
    try:
        with process.oneshot():
            return ProcessFact(
                pid=process.pid,
                parent=process.ppid(),
                session=0,
                start_ticks=round(process.create_time() * _HZ),
                state=_STATES.get(process.status(), "S"),
                comm=process.name(),
                cpu_s=_cpu_s(process),
                rss_bytes=_rss_bytes(process),
            )
    except psutil.Error:
        return None


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.AccessDenied:
        return 0.0
    return float(times.user + times.system)


def _rss_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.AccessDenied:
        return 0


def read_process(pid: int) -> ProcessFact | None:
    """None when it is gone."""
    try:
        return _fact(psutil.Process(pid))
    except psutil.Error:
        return None


def read_table() -> Table:
    facts = (_fact(process) for process in psutil.process_iter())
    return {fact.pid: fact for fact in facts if fact is not None}


def owner_of(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).uids().real)
    except psutil.Error:
        return None


def command_line_of(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def executable_of(pid: int) -> str | None:
    try:
        return psutil.Process(pid).exe() or None
    except psutil.Error:
        return None


def directory_of(pid: int) -> str | None:
    try:
        return psutil.Process(pid).cwd() or None
    except psutil.Error:
        return None


def variables_of(pid: int, names: frozenset[str]) -> dict[str, str]:
    """Those variables of its environment and nothing else."""
    try:
        return {name: value for name, value in psutil.Process(pid).environ().items() if name in names}
    except psutil.Error:
        return {}
