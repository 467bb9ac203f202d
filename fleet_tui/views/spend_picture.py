"""All that SPEND shows of one moment, made in steps: the part of the fleet that is let through, and its money."""

from collections.abc import Generator
from datetime import datetime

from fleet_tui.domain.agent import Join
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import EVERYTHING, Filter
from fleet_tui.domain.history import Spent
from fleet_tui.views.model import FleetModel
from fleet_tui.views.narrow import narrow_steps
from fleet_tui.views.pieces import Line, TableView
from fleet_tui.views.rolling import RollingFleet, rolling_steps
from fleet_tui.views.spend import GroupBy, Headed, Window, line_steps, spend_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendAsked:
    """What somebody looks at."""

    by: GroupBy = GroupBy.TEAM
    window: Window = Window.TODAY
    chosen: Filter = EVERYTHING
    join: Join = Join.TEAM
    ascii_only: bool = True
    spent: tuple[Spent, ...] = ()
    """What was paid when, for the window of the last 24 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPicture:
    """The part that every figure is about, the lines above the table, and the table."""

    asked: SpendAsked
    part: FleetModel
    names: frozenset[str] | None
    """Of the agents whose money counts; None: of all."""
    lines: tuple[Line, ...]
    table: TableView

    def counts(self, one: Headed) -> bool:
        """Whether a piece of money is of the part."""
        return self.names is None or one.agent in self.names


def picture_steps(model: FleetModel, now: datetime, asked: SpendAsked) -> Generator[None, None, SpendPicture]:
    """Steps of some ten milliseconds. The model may move meanwhile: then the picture is of about then."""
    part = yield from narrow_steps(model, asked.chosen, now, join=asked.join)
    names = frozenset(agent.name for agent in part.agents.values() if agent.claimed) if asked.chosen else None
    if asked.window is Window.DAY:
        part = RollingFleet(part, (yield from rolling_steps(asked.spent, now, names)))
    lines = yield from line_steps(part, now, asked.by, asked.window)
    table = yield from spend_steps(
        part, now, asked.by, window=asked.window, ascii_only=asked.ascii_only, filtered=asked.chosen.text
    )
    return SpendPicture(asked=asked, part=part, names=names, lines=tuple(lines), table=table)
