"""What changed in the store between two revisions, as a reader sees it in one transaction."""

from dataclasses import dataclass
from datetime import date

from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord, HandOver
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.sprawl import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """The counted money of one agent, team and source on one UTC day, one side, one currency.

    `agent` and `team` are empty strings where the line named none. `unpriced_lines` makes the total a `>=`.
    """

    day: date
    agent: str
    team: str
    source: SourceName
    side: Side
    currency: str
    amount_micro: int
    bases: frozenset[Basis]
    unpriced_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDelta:
    """Everything with `after < revision <= revision`. `whole` says: forget what you had, this is all of it.

    A whole load may come in several deltas: only the first has `whole` set, only the last has `last` set, and only
    then is `revision` reached.
    `overlays` is the complete set whenever `overlays_changed`.
    """

    store_id: str
    revision: int
    whole: bool = False
    last: bool = True
    resources: tuple[Resource, ...] = ()
    gone: tuple[ResourceKey, ...] = ()
    statuses: tuple[SourceStatus, ...] = ()
    gone_sources: tuple[SourceName, ...] = ()
    vitals: tuple[Vitals, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    overlays_changed: bool = False
    findings: tuple[Finding, ...] = ()
    gone_findings: tuple[tuple[str, str], ...] = ()
    """(rule, subject) of findings that no longer hold."""
    totals: tuple[DayTotal, ...] = ()
    actions: tuple[ActionRecord, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()

    @property
    def empty(self) -> bool:
        return not (
            self.whole
            or self.resources
            or self.gone
            or self.statuses
            or self.gone_sources
            or self.vitals
            or self.overlays_changed
            or self.findings
            or self.gone_findings
            or self.totals
            or self.actions
            or self.hand_overs
        )
