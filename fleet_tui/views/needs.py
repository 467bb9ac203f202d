"""Which rows may need a person, kept along with each change, so that nobody walks the whole fleet to find them."""

import heapq
from datetime import datetime
from typing import Final

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.attention_rules import ENDS_SOON, NEEDY, is_unsound
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord

_NEEDY: Final = frozenset(NEEDY)


class Needs:
    """Handles of agents in a phase that needs somebody, those whose end is near, and actions that did not work."""

    def __init__(self) -> None:
        self.needy: set[str] = set()
        self.unsound: dict[ActionId, ActionRecord] = {}
        self._ends: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []
        self._near: set[str] = set()

    def placed(self, agent: Agent) -> None:
        """An agent is new, or looks different."""
        lead, handle = agent.lead, agent.handle
        phase = lead.phase.phase if lead is not None else Phase.UNKNOWN
        if phase in _NEEDY:
            self.needy.add(handle)
        else:
            self.needy.discard(handle)
        end = lead.ends_at if lead is not None and phase is Phase.RUNNING else None
        if end is None:
            self._ends.pop(handle, None)
        elif self._ends.get(handle) != end:
            self._ends[handle] = end
            heapq.heappush(self._queue, (end, handle))

    def removed(self, handle: str) -> None:
        self.needy.discard(handle)
        self._ends.pop(handle, None)

    def settled(self, record: ActionRecord) -> None:
        """An outcome came in: a later success of the same verb on the same row makes an earlier failure good."""
        if is_unsound(record):
            self.unsound[record.action_id] = record
        elif isinstance(record.outcome, Done) and self.unsound:
            good = [
                id_
                for id_, held in self.unsound.items()
                if (held.verb, held.target.key) == (record.verb, record.target.key)
                and held.submitted_at <= record.submitted_at
            ]
            for id_ in good:
                del self.unsound[id_]

    def near_end(self, now: datetime) -> tuple[str, ...]:
        """Handles of agents that end within ten minutes."""
        horizon = now + ENDS_SOON
        while self._queue and self._queue[0][0] <= horizon:
            self._near.add(heapq.heappop(self._queue)[1])
        self._near = {h for h in self._near if (end := self._ends.get(h)) is not None and now < end <= horizon}
        return tuple(sorted(self._near))

    def next_end(self, now: datetime) -> datetime | None:
        """When another end comes near; None: none is known."""
        return self._queue[0][0] - ENDS_SOON if self._queue else None
