"""CPU and memory of whole families of processes, from two looks at the kernel's counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fleet_tui.providers.local.facts import ProcessFact, ProcessRef


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu_percent`: of one core, None at the first look. `memory_bytes`: resident, shared pages counted for each."""

    cpu_percent: float | None
    memory_bytes: int


@dataclass(slots=True)
class Sampler:
    """Remembers the counters of the look before."""

    _before: dict[ProcessRef, float] = field(default_factory=dict[ProcessRef, float])
    _now: dict[ProcessRef, float] = field(default_factory=dict[ProcessRef, float])
    _elapsed_s: float | None = None
    _looked_at: float | None = None

    def begin(self, monotonic_s: float) -> None:
        """A new look at everything begins."""
        self._elapsed_s = None if self._looked_at is None else monotonic_s - self._looked_at
        self._looked_at = monotonic_s
        self._before, self._now = self._now, {}

    def measure(self, family: Mapping[int, ProcessFact]) -> Measured:
        """One family in this look. A process that is new counts with all it used: it started since the look before."""
        known = any(fact.ref in self._before for fact in family.values())
        used = sum(max(0.0, fact.cpu_s - self._before.get(fact.ref, 0.0)) for fact in family.values())
        self._now |= {fact.ref: fact.cpu_s for fact in family.values()}
        memory_bytes = sum(fact.rss_bytes for fact in family.values())
        if not known or not self._elapsed_s:
            return Measured(None, memory_bytes)
        return Measured(round(100.0 * used / self._elapsed_s, 1), memory_bytes)
