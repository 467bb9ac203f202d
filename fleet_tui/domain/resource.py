"""A resource: anything listed, billed or owned at a provider, as the last reading that changed it saw it."""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from fleet_tui.domain.assignment import UNASSIGNED, Assignment
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import LAYER_OF, AgentId, Incarnation, Layer, ResourceKey, Target
from fleet_tui.domain.money import Rate
from fleet_tui.domain.phase import PhaseFact

Pairs = tuple[tuple[str, str], ...]
"""A small mapping that is frozen and sorted by its first member."""


def pairs(mapping: dict[str, str]) -> Pairs:
    return tuple(sorted(mapping.items()))


class SignalKind(StrEnum):
    """The closed list of what counts as work."""

    OUTPUT = "output"
    BEAT = "beat"
    SPAN = "span"
    USAGE = "usage"
    TOOL_CALL = "tool call"
    CPU = "cpu"
    VENDOR_ACTIVITY = "vendor activity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One row. Ids are never cleaned; texts are as the provider wrote them and unfit to draw as they are."""

    key: ResourceKey
    provider: str
    incarnation: Incarnation
    generation: str = ""
    name: str
    phase: PhaseFact
    agent: AgentId | None = None
    claimed_by: str = ""
    """Which rule named the agent: `label fleet.agent`, `rule 2`, `name pattern`, or empty."""
    assignment: Assignment = UNASSIGNED
    labels: Pairs = ()
    region: str | None = None
    created_at: datetime | None = None
    ends_at: datetime | None = None
    rate: Rate | None = None
    """What it costs now. None where nobody knows; a rate of 0 is a known 0."""
    capabilities: frozenset[Capability] = frozenset()
    observes_work: bool = False
    """Some source of work signals exists for it. Without one it is never idle, stuck or waste."""
    detail: Pairs = ()
    """Allow-listed facts of the provider worth showing: cpu, memory, template, directory, counts. No secrets."""

    @property
    def layer(self) -> Layer:
        return LAYER_OF[self.key.kind]

    @property
    def target(self) -> Target:
        return Target(self.key, self.incarnation, self.generation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What moves all the time and therefore stands apart from the row."""

    key: ResourceKey
    at: datetime
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    signal_at: datetime | None = None
    signal_kind: SignalKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a resource or a source, told once."""

    event_id: str
    at: datetime
    source: str
    key: ResourceKey | None
    agent: AgentId | None
    type: str
    text: str = ""
    facts: Pairs = field(default=())
