"""The order of FLEET under a filter, kept up to date row by row: only what changed is looked at again.

A long fleet is looked at and sorted in steps of a few milliseconds, so that a caller can draw between them.
"""

from collections.abc import Callable, Collection, Generator, Iterable
from datetime import datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.filter import EVERYTHING, Filter, matches, score
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.views import row
from fleet_tui.views.facts import AgentFacts
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import SORTED_AT_ONCE, finished, key_steps
from fleet_tui.views.sort_keys import ATTENTION, ORDERS, Key, key_of

FAULTS: Final = frozenset(
    {Phase.LOOPING, Phase.STUCK, Phase.WAITING, Phase.BACKOFF, Phase.ENDED_FAILED, Phase.ENDED_LOST, Phase.UNKNOWN}
)
"""Phases that `f` keeps; findings and unread sources count as faults too."""

LOOKED_AT_ONCE: Final = 1000
"""Rows of one step: a few milliseconds, some more under a fuzzy filter."""

Look = Callable[[Agent], Key | None]
"""Gives the sort key of a row, None where it is not shown."""


class Ranking:
    """Which rows are shown, and in which order. Times that change with the clock are looked at when a row changes."""

    def __init__(self, model: FleetModel) -> None:
        self._model = model
        self._keys: dict[str, Key] = {}
        self._by_handle: list[str] = []
        """The rows of `_keys` by handle, which is where a sort starts from: equal rows stay in this order."""
        self._resized = False
        self._late: set[str] | None = None
        """Rows that changed while all are looked at."""
        self.filter: Filter = EVERYTHING
        self.faults_only = False
        self.order = ATTENTION
        self.descending = False

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, handle: str) -> bool:
        return handle in self._keys

    @property
    def narrowed(self) -> bool:
        """Not every row of the fleet is let through."""
        return bool(self.filter) or self.faults_only

    @property
    def by_match(self) -> bool:
        """A fuzzy filter is on: what matches best comes first, whatever the order is otherwise."""
        return bool(self.filter.letters)

    def look_at(self, model: FleetModel) -> None:
        """Rank another picture of the fleet from now on; the rows stay until the next rebuild."""
        self._model = model

    def rebuild_steps(self, now: datetime) -> Generator[None]:
        """Look at every row: after another filter or order, or a whole load.

        Until the last step the rows are those of before. A newer rebuild makes this one end.
        """
        late = self._late = set[str]()
        look, fleet = self._look(now), self._model.fleet
        handles = list(fleet)
        keys: dict[str, Key] = {}
        for begin in range(0, len(handles), LOOKED_AT_ONCE):
            for handle in handles[begin : begin + LOOKED_AT_ONCE]:
                if (agent := fleet.get(handle)) is not None and (key := look(agent)) is not None:
                    keys[handle] = key
            yield
            if self._late is not late:
                return
        self._late = None
        self._resized |= keys.keys() != self._keys.keys()
        self._keys = keys
        self.update(late, (), now)

    def update(self, changed: Iterable[str], gone: Iterable[str], now: datetime) -> bool:
        """Look at these rows; True when the order may be another than before."""
        if self._late is not None:
            self._late.update(changed, gone)
            return True
        look, keys, fleet = self._look(now), self._keys, self._model.fleet
        moved = False
        for handle in gone:
            moved |= keys.pop(handle, None) is not None
        self._resized |= moved
        for handle in changed:
            agent, before = fleet.get(handle), keys.get(handle)
            key = None if agent is None else look(agent)
            if key == before:
                continue
            moved = True
            self._resized |= key is None or before is None
            if key is None:
                del keys[handle]
            else:
                keys[handle] = key
        return moved

    def _look(self, now: datetime) -> Look:
        model, key = self._model, key_of(self._model, self.order, now)
        chosen, faults_only, letters = self.filter, self.faults_only, self.filter.letters

        def look(agent: Agent) -> Key | None:
            if faults_only and not self._faulty(agent, now):
                return None
            if not chosen:
                return key(agent)
            facts = AgentFacts(model, agent, now)
            if not matches(chosen, facts):
                return None
            return -float(score(chosen, facts)) if letters else key(agent)

        return look if self.narrowed else key

    def _faulty(self, agent: Agent, now: datetime) -> bool:
        if agent.lead is None:
            return False
        phase = agent.lead.phase.phase
        unsure = phase not in ENDED and not row.confirmed(self._model, agent.lead, now)
        return phase in FAULTS or unsure or bool(row.findings_of(self._model, agent))

    def handles(self) -> list[str]:
        """The rows in order, a new list each time."""
        return finished(self.order_steps())

    def order_steps(self) -> Generator[None, None, list[str]]:
        """The same in steps. Rows that go meanwhile are still in it, those that come are not."""
        keys = self._keys
        if self._resized:
            self._by_handle = sorted(keys)
            self._resized = False
        by_handle, descending = self._by_handle, self.descending and not self.by_match
        if len(by_handle) <= SORTED_AT_ONCE:
            return sorted(by_handle, key=keys.__getitem__, reverse=descending)
        packed = list(map(keys.__getitem__, by_handle))
        yield
        return (yield from key_steps(by_handle, packed, descending=descending))

    def step(self, by: int, shown: Collection[str] = ORDERS) -> None:
        """Sort by the next column that is shown, left or right of the present one; attention is one too."""
        at = ORDERS.index(self.order)
        beside = (ORDERS[(at + by * number) % len(ORDERS)] for number in range(1, len(ORDERS) + 1))
        self.order = next(one for one in beside if one == ATTENTION or one in shown)
        self.descending = False
