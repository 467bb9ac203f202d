"""What FLEET sorts by: for each order one plain number or text per row, so that comparing two rows needs no code."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from math import inf
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.phase import ENDED
from fleet_tui.views import row
from fleet_tui.views.amounts import Sum
from fleet_tui.views.model import FleetModel

Key = float | str
"""Of one type within one order. What is unknown comes last; equal rows stand by handle."""
KeyOf = Callable[[Agent], Key]

_LAST: Final = "\U0010ffff"
_RANK_STEP: Final = 10.0**13
"""More than any rate an hour, and small enough for every microdollar to count in a float."""


def attention_key(model: FleetModel) -> KeyOf:
    """Who needs a person, then what costs most an hour, summed without ceremony: it runs for every row of the fleet."""

    rank = row.rank

    def key(agent: Agent) -> Key:
        total = 0
        for resource in agent.resources:
            if (rate := resource.rate) is not None and resource.phase.phase not in ENDED:
                total += rate.microusd_per_hour
        return rank(model, agent) * _RANK_STEP - total

    return key


def _text(text: str | None) -> str:
    return _LAST if text is None else text.casefold()


def _time(at: datetime | None) -> float:
    return inf if at is None else at.timestamp()


def _largest_first(total: Sum | None) -> float:
    if total is None or not total.known:
        return inf
    main = total.main()
    return inf if main is None else -main[1]


def _rate(agent: Agent) -> float:
    if len(agent.resources) != 1:
        return _largest_first(row.rate(agent))
    only = agent.resources[0]
    return inf if only.rate is None or only.phase.phase in ENDED else -only.rate.microusd_per_hour


def _cost_on(model: FleetModel, day: date) -> KeyOf:
    return lambda agent: _largest_first(row.cost_on(model, agent, day))


def _signal(model: FleetModel, agent: Agent) -> float:
    signal = row.beat(model, agent)
    return _time(signal.signal_at if signal else None)


_KEYS: Final[dict[str, Callable[[FleetModel, datetime], KeyOf]]] = {
    "ATTENTION": lambda model, _now: attention_key(model),
    "AGENT": lambda model, _now: lambda agent: _text(model.names.of(agent.handle)),
    "KIND": lambda _model, _now: lambda agent: _text(row.kind_word(agent)),
    "WHERE": lambda _model, _now: lambda agent: _text(row.where(agent)),
    "STATE": lambda model, _now: lambda agent: float(row.rank(model, agent)),
    "FOR": lambda _model, _now: lambda agent: _time(agent.lead.phase.since if agent.lead else None),
    "BEAT": lambda model, _now: lambda agent: _signal(model, agent),
    "$/h": lambda _model, _now: _rate,
    "TODAY": lambda model, now: _cost_on(model, now.astimezone(UTC).date()),
    "TEAM": lambda _model, _now: lambda agent: _text(agent.assignment.team),
    "LEFT": lambda _model, _now: lambda agent: _time(row.ends_at(agent)),
    "TASK": lambda _model, _now: lambda agent: _text(agent.assignment.task),
}
ORDERS: Final = tuple(_KEYS)
"""The default order, then one by each column."""
ATTENTION: Final = ORDERS[0]


def key_of(model: FleetModel, order: str, now: datetime) -> KeyOf:
    """What gives a row's key in an order."""
    return _KEYS[order](model, now)


def ordered(
    model: FleetModel, handles: Iterable[str], now: datetime, *, order: str = ATTENTION, descending: bool = False
) -> list[str]:
    """Handles in an order, all at once: for commands and tests; the table sorts in steps."""
    key, agents = key_of(model, order, now), model.agents
    return sorted(sorted(handles), key=lambda handle: key(agents[handle]), reverse=descending)
