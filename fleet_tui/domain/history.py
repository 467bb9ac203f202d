"""What is kept of the past beside the fleet's present: measurements, money by time, spans that were watched."""

from datetime import datetime

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.money import Basis
from fleet_tui.domain.resource import Resource


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one resource."""

    at: datetime
    cpu_percent: float | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Counted cost between two moments, of what has these headings in common. Where `unpriced`, nobody knows it."""

    start: datetime
    end: datetime
    source: SourceName
    layer: Layer
    agent: str
    team: str
    currency: str
    amount_micro: int
    bases: frozenset[Basis] = frozenset()
    unpriced: int = 0
    """How many lines without a price it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The resources as they stood at a moment, and the moments beside it at which something changed."""

    moment: datetime
    resources: tuple[Resource, ...]
    begins: datetime
    """Nothing older can be rebuilt."""
    earlier: datetime | None
    later: datetime | None
