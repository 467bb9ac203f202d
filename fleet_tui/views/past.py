"""The fleet of a past moment: rebuilt from what was recorded, with nothing of today in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet_tui.domain.agent import Join
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.history import Recorded
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.phase import ENDED, Phase, short
from fleet_tui.domain.reading import SourceStatus, stale_after_s
from fleet_tui.domain.watch import Watch
from fleet_tui.views.ages import fine_age
from fleet_tui.views.amounts import full
from fleet_tui.views.cells import Role, phase_role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, Piece, counted, fitted, said, word

KEPT: Final = timedelta(hours=48)
_NEVER_KEPT: Final = "not kept, so ?: beat, money of the day, findings, operators' words"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFleet:
    """One moment: its model, its neighbours, and the sources that nobody watched then."""

    recorded: Recorded
    model: FleetModel
    unwatched: tuple[SourceName, ...]


def past_fleet(
    recorded: Recorded,
    watched: Sequence[tuple[SourceName, Watch]],
    statuses: Mapping[SourceName, SourceStatus],
    *,
    join: Join,
) -> PastFleet:
    """Build the model. How fresh a source was is told by the spans in which it was watched, never by how it is now."""
    at = recorded.moment
    names = sorted({*(r.key.source for r in recorded.resources), *(name for name, _ in watched)})
    then = tuple(_status(name, watched, statuses.get(name), at) for name in names)
    model = FleetModel(join=join)
    model.past = True
    model.apply(FleetDelta(store_id="past", revision=0, whole=True, resources=recorded.resources, statuses=then), at)
    unwatched = tuple(
        one.name
        for one in then
        if one.last_ok_at is None or (at - one.last_ok_at).total_seconds() > stale_after_s(one.cadence_s)
    )
    return PastFleet(recorded=recorded, model=model, unwatched=unwatched)


def _status(
    name: SourceName, watched: Iterable[tuple[SourceName, Watch]], known: SourceStatus | None, at: datetime
) -> SourceStatus:
    ends = [min(span.end, at) for whose, span in watched if whose == name and span.start <= at]
    last = max(ends, default=None)
    empty = SourceStatus(name=name, provider=name if known is None else known.provider, cadence_s=60.0)
    if known is not None:
        empty = replace(empty, cadence_s=known.cadence_s)
    return replace(empty, last_try_at=last, last_ok_at=last, last_complete_at=last, rows=1)


def past_lines(past: PastFleet, now: datetime, width: int) -> list[Line]:
    """When it is, what there was, what is not known of then, and how far back one can go."""
    recorded, tally = past.recorded, past.model.tally
    at = recorded.moment.astimezone(UTC)
    day = "" if at.date() == now.astimezone(UTC).date() else f"{at:%d %b} "
    first = [
        Piece(cells=(word(f" AT {day}{at:%H:%M:%S}Z ", Role.MATCH),), priority=0),
        Piece(cells=(word(f"{fine_age(recorded.moment, now)} ago", Role.STRONG),), priority=0),
        Piece(cells=(word("{ } step  End/esc live", Role.KEY),), priority=0),
        Piece(cells=(word(counted(tally.agents, "agent"), Role.STRONG),), priority=2),
        Piece(cells=_phases(past.model), priority=4),
        Piece(cells=(word(f"{full(tally.rate())}/h", Role.MONEY),), priority=3),
    ]
    begins = recorded.begins.astimezone(UTC)
    kept = f"recorded since {begins:%d %b %H:%M}Z"
    gaps = f"NOT WATCHED then: {', '.join(past.unwatched[:4])}" if past.unwatched else ""
    second = [
        Piece(cells=(said(gaps, Role.WARN),) if gaps else (), priority=1),
        Piece(cells=(word(_NEVER_KEPT, Role.DIM),), priority=2),
        Piece(cells=(word(kept, Role.DIM),), priority=3),
    ]
    return [fitted(first, width), fitted([piece for piece in second if piece.cells], width)]


def _phases(model: FleetModel) -> Line:
    phases = [phase for phase in Phase if model.tally.phases[phase] and phase not in ENDED]
    cells = [word(f"{model.tally.phases[phase]} {short(phase)} ", phase_role(phase)) for phase in phases]
    return tuple(cells)
