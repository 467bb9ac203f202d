"""What a process is to us, whatever tells: two small records and the name no other process ever has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fleet_tui.domain.identity import Incarnation

RUNNER_COMM: Final = "fleet-runner"
"""The name every runner gives itself; what carries it is neither an agent nor part of one."""
STOPPED: Final = frozenset("Tt")
DEAD: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class ProcessRef:
    """One process and no other that gets its pid later: the pid and the kernel's raw start ticks."""

    pid: int
    start_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFact:
    """One process as one look saw it. `cpu_s` is user and system time since it started."""

    pid: int
    parent: int
    session: int
    start_ticks: int
    state: str
    comm: str
    cpu_s: float
    rss_bytes: int

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
