"""The header: which fleet, what may act in it, how many of what, and what it costs."""

from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.money import Side
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.ages import left
from fleet_tui.views.amounts import full, short, sign
from fleet_tui.views.attention import NOTHING, Attention
from fleet_tui.views.attention_rows import header_cell
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import SPACE, Line, Piece, fitted, said, word

_COUNTED: Final = (
    (Phase.RUNNING, "run"),
    (Phase.LOOPING, "loop"),
    (Phase.ENDED_FAILED, "failed"),
    (Phase.STUCK, "stuck"),
    (Phase.WAITING, "wait"),
    (Phase.UNKNOWN, "?"),
    (Phase.BACKOFF, "backoff"),
    (Phase.IDLE, "idle"),
    (Phase.PAUSED, "paused"),
)
"""What is counted apart, as the rows call it: who needs somebody right after who works."""
_UNNAMED: Final = "fleet"
"""What a fleet is called that nobody gave a name."""
_TROUBLE: Final = frozenset({Phase.LOOPING, Phase.ENDED_FAILED, Phase.STUCK, Phase.WAITING, Phase.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What this console may do. `window_until` ends its write window."""

    fleet: str
    production: bool = False
    read_only: bool = False
    """The configuration refuses every act, for everybody."""
    window_until: datetime | None = None

    def may_act(self, now: datetime) -> bool:
        return not self.read_only and self.window_until is not None and now < self.window_until


def permission(standing: Standing, now: datetime) -> Line:
    """`[RO]`, or `[RW 9m]` while the write window is open."""
    if standing.may_act(now):
        return (word(f"[RW {left(standing.window_until, now)}]", Role.WARN),)
    return (word("[RO]", Role.GOOD),)


def header_line(
    model: FleetModel,
    standing: Standing,
    now: datetime,
    width: int,
    *,
    attention: Attention = NOTHING,
) -> Line:
    """One line; on a narrow screen counts drop before money, and the fleet's name and permission never do."""
    name: Line = (said(standing.fleet, Role.TITLE, 24),)
    if standing.fleet != _UNNAMED:
        name = (word("fleet ", Role.DIM), *name)
    if standing.production:
        name = (*name, SPACE, word("production", Role.WARN))
    pieces = [
        Piece(cells=name, priority=0, shorter=(said(standing.fleet, Role.TITLE, 24),)),
        Piece(cells=permission(standing, now), priority=0),
        Piece(cells=(word(f"{now.astimezone(UTC):%H:%M}Z", Role.DIM),), priority=9),
    ]
    if model.loading_whole:
        return fitted([*pieces, Piece(cells=(word("loading", Role.DIM),), priority=3)], width)
    if not model.statuses and not model.agents:
        return fitted([*pieces, Piece(cells=(word("nothing was read yet", Role.DIM),), priority=3)], width)
    if (asks := header_cell(attention)) is not None:
        pieces.append(Piece(cells=(asks,), priority=1 if attention.new else 8))
        if attention.new:
            pieces.append(Piece(cells=(word("(press !)", Role.DIM),), priority=10))
    return fitted([*pieces, *_counts(model), *_money(model, now)], width)


def _counts(model: FleetModel) -> list[Piece]:
    tally = model.tally
    noun = "agent" if tally.agents == 1 else "agents"
    ended = sum(count for phase, count in tally.phases.items() if phase in ENDED and phase is not Phase.ENDED_FAILED)
    counted = [(phase, label) for phase, label in _COUNTED if tally.phases[phase]]
    parts = [_count(model, phase, label) for phase, label in counted]
    worst = [_count(model, phase, label) for phase, label in counted if phase in _TROUBLE]
    if ended:
        parts.append((word(f"{ended} ended", Role.DIM),))
    orphans = model.found[RuleName.ORPHAN]
    found: Line = (word(f"{orphans} orphan", Role.ORPHAN),) if orphans else ()
    pieces = [
        Piece(
            cells=(word(f"{tally.agents} {noun}", Role.STRONG),),
            priority=3,
            shorter=(word(f"{tally.agents} ag", Role.STRONG),),
        ),
        Piece(cells=_spaced(parts), priority=6, shorter=_spaced(worst)),
    ]
    if tally.unclaimed:
        pieces.append(Piece(cells=(word(f"{tally.unclaimed} unclaimed", Role.ORPHAN),), priority=7))
    if found:
        pieces.append(Piece(cells=found, priority=5))
    if tally.unobserved:
        pieces.append(Piece(cells=(word(f"{tally.unobserved} unobserved", Role.DIM),), priority=8))
    return [piece for piece in pieces if piece.cells]


def _count(model: FleetModel, phase: Phase, label: str) -> Line:
    return (word(f"{model.tally.phases[phase]} {label}", phase_role(phase)),)


def _spaced(parts: list[Line]) -> Line:
    line: list[Cell] = []
    for part in parts:
        line.extend((SPACE, *part) if line else part)
    return tuple(line)


def _money(model: FleetModel, now: datetime) -> list[Piece]:
    rate = model.tally.rate()
    today = model.ledger.fleet(now.astimezone(UTC).date(), Side.COST)
    if not model.resources and today is None:
        return []
    main = rate.main()
    hourly = sign(main[0] if main else "usd", short(rate).removesuffix(f" {main[0]}" if main else ""))
    return [
        Piece(cells=(word(f"{hourly}/h", Role.MONEY),), priority=2),
        Piece(cells=(word("today ", Role.DIM), word(full(today), Role.MONEY)), priority=4),
    ]
