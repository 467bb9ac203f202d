"""The order of FLEET under a filter, kept up to date row by row: only what changed is looked at again."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from fleet_tui.domain.filter import EVERYTHING, Filter, matches
from fleet_tui.domain.phase import Phase
from fleet_tui.views import row
from fleet_tui.views.facts import AgentFacts
from fleet_tui.views.fleet import ATTENTION, ORDERS, sort_key
from fleet_tui.views.model import FleetModel

FAULTS: Final = frozenset(
    {Phase.LOOPING, Phase.STUCK, Phase.WAITING, Phase.BACKOFF, Phase.ENDED_FAILED, Phase.ENDED_LOST, Phase.UNKNOWN}
)
"""Phases that `f` keeps; findings and unread sources count as faults too."""


class Ranking:
    """Which rows are shown, and in which order. Times that change with the clock are looked at when a row changes."""

    def __init__(self, model: FleetModel) -> None:
        self._model = model
        self._keys: dict[str, str] = {}
        self._last: list[str] = []
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

    def rebuild(self, now: datetime) -> None:
        """Look at every row: after another filter or order, or a whole load."""
        self._keys.clear()
        self.update(self._model.fleet, (), now)

    def update(self, changed: Iterable[str], gone: Iterable[str], now: datetime) -> bool:
        """Look at these rows; True when the order may be another than before."""
        moved = False
        for handle in gone:
            moved |= self._keys.pop(handle, None) is not None
        for handle in changed:
            key = self._key(handle, now)
            if key == self._keys.get(handle):
                continue
            moved = True
            if key is None:
                del self._keys[handle]
            else:
                self._keys[handle] = key
        return moved

    def _key(self, handle: str, now: datetime) -> str | None:
        agent = self._model.fleet.get(handle)
        if agent is None:
            return None
        if self.faults_only and not self._faulty(handle, now):
            return None
        if self.filter and not matches(self.filter, AgentFacts(self._model, agent, now)):
            return None
        return sort_key(self._model, agent, self.order, now)

    def _faulty(self, handle: str, now: datetime) -> bool:
        agent = self._model.fleet[handle]
        if agent.lead is None:
            return False
        return (
            agent.lead.phase.phase in FAULTS
            or bool(row.findings_of(self._model, agent))
            or not row.confirmed(self._model, agent.lead, now)
        )

    def handles(self) -> list[str]:
        """The rows in order, a new list each time. Starting from the last order makes the sort nearly linear."""
        keys = self._keys
        start = [handle for handle in self._last if handle in keys]
        if len(start) != len(keys):
            known = set(start)
            start.extend(handle for handle in keys if handle not in known)
        start.sort(key=keys.__getitem__, reverse=self.descending)
        self._last = start
        return list(start)

    def step(self, by: int) -> None:
        """Sort by the next column, left or right of the present one."""
        self.order = ORDERS[(ORDERS.index(self.order) + by) % len(ORDERS)]
        self.descending = False
