"""What runs on this machine, and signals that reach one exact process or nobody."""

import os
import signal
import sys
from typing import Final, Protocol

from fleet_tui.providers.local.facts import DEAD, Host, ProcessFact, ProcessRef, Table

_PIDFD: Final = hasattr(os, "pidfd_open")


class Machine(Protocol):
    """What `procfs` (Linux) and `portable` (the others) can both tell. Nothing raises for a process that is gone."""

    def this_host(self) -> Host:
        """Raises OSError where it cannot be told."""
        ...

    def started_at_s(self, start_ticks: int, /) -> float:
        """Seconds since the epoch."""
        ...

    def read_process(self, pid: int, /) -> ProcessFact | None: ...

    def read_table(self) -> Table:
        """Everything that runs, zombies too. One look takes a few milliseconds and is not atomic."""
        ...

    def owner_of(self, pid: int, /) -> int | None: ...

    def command_line_of(self, pid: int, /) -> list[str]: ...

    def executable_of(self, pid: int, /) -> str | None: ...

    def directory_of(self, pid: int, /) -> str | None: ...

    def variables_of(self, pid: int, names: frozenset[str], /) -> dict[str, str]: ...


def _this_machine() -> Machine:
    # Each is imported only where it is needed: psutil costs 20 ms.
    if sys.platform == "linux":
        from fleet_tui.providers.local import procfs  # noqa: PLC0415

        return procfs
    from fleet_tui.providers.local import portable  # noqa: PLC0415

    return portable


MACHINE = _this_machine()


def read_process(pid: int) -> ProcessFact | None:
    return MACHINE.read_process(pid)


def read_table() -> Table:
    return MACHINE.read_table()


def alive(process: ProcessRef) -> bool:
    fact = read_process(process.pid)
    return fact is not None and fact.start_ticks == process.start_ticks and fact.state not in DEAD


def send(process: ProcessRef, *signals: signal.Signals) -> bool:
    """Signal exactly this process. False when it is gone; PermissionError when it is not ours to signal.

    The pidfd is opened before the start ticks are compared: whoever gets the pid later is never hit.
    """
    if not _PIDFD:
        return _send_without_pidfd(process, signals)
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


def _send_without_pidfd(process: ProcessRef, signals: tuple[signal.Signals, ...]) -> bool:
    """Between the comparison and the signal lies a moment in which the pid could change hands: best effort."""
    try:
        for what in signals:
            if not alive(process):
                return False
            os.kill(process.pid, what)
    except ProcessLookupError:
        return False
    return True
