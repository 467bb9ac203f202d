"""What changed in the store between two revisions, as a reader sees it in one transaction."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, Final

from fleet_tui.domain.acknowledgement import Acknowledgement
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.notice import ChannelStatus
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
    acknowledgements: tuple[Acknowledgement, ...] = ()
    channels: tuple[ChannelStatus, ...] = ()

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
            or self.acknowledgements
            or self.channels
        )

    @property
    def rows(self) -> int:
        """How many rows of any sort it carries, beside sources and overlays, which are few."""
        return sum(len(getattr(self, name)) for name in _ROWS)


_ROWS: Final = (
    "gone",
    "resources",
    "vitals",
    "gone_findings",
    "findings",
    "totals",
    "actions",
    "hand_overs",
    "acknowledgements",
    "channels",
)


def in_pieces(delta: FleetDelta, rows: int) -> Iterator[FleetDelta]:
    """The same as deltas of at most so many rows, to be taken one after the other; only the last one is `last`."""
    if delta.rows <= rows:
        yield delta
        return
    rest: dict[str, Any] = {name: getattr(delta, name) for name in _ROWS}
    none: dict[str, Any] = dict.fromkeys(_ROWS, ())
    piece = replace(delta, **none, last=False)
    while any(rest.values()):
        taken: dict[str, Any] = {}
        room = rows
        for name, values in rest.items():
            taken[name], rest[name] = values[:room], values[room:]
            room -= len(taken[name])
        yield replace(piece, **taken, last=delta.last and not any(rest.values()))
        piece = FleetDelta(store_id=delta.store_id, revision=delta.revision, last=False)
