"""How long an accepted action may still be begun: a wall clock that is set ends no term and lengthens none.

The rest of a term is taken when its action is accepted and counted on the machine's uptime, which includes its sleep.
It is kept for the next collector of the same boot; after another boot the wall clock is all there is.
"""

import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.record import ActionRecord
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import StoreUnwritable

CURSOR: Final = "terms"
_Kept = tuple[str, float, dict[str, float]]
"""The boot, the uptime at which it was kept, and the ends by action; JSON has a list for it."""

_log = logging.getLogger(__name__)


class Terms:
    """The ends of the terms of all open actions, in seconds of uptime."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._ends: dict[ActionId, float] = {}

    async def recall(self) -> None:
        """Take up what an earlier collector of this boot measured."""
        text = await self._around.stored(lambda store: store.cursor(CURSOR))
        if text is None:
            return
        kept: _Kept = json.loads(text)
        boot, kept_at, ends = kept
        if boot == self._around.boot and kept_at <= self._around.clock.uptime_s():
            self._ends = {ActionId(name): end for name, end in ends.items()} | self._ends

    async def begin(self, records: Iterable[ActionRecord]) -> None:
        """Measure what is left to these actions, and keep it."""
        fresh = [record for record in records if record.action_id not in self._ends]
        if not fresh:
            return
        for record in fresh:
            self._measured(record)
        text = json.dumps([self._around.boot, self._around.clock.uptime_s(), self._ends])
        try:
            await self._around.stored(lambda store: store.keep_cursor(CURSOR, text))
        except StoreUnwritable as error:
            _log.error("the terms of actions could not be kept: %s", error)

    def over(self, record: ActionRecord) -> bool:
        """Whether an effect of this action may not begin any more."""
        return self._around.clock.uptime_s() >= self._measured(record)

    def end(self, action_id: ActionId) -> None:
        """It has its outcome."""
        self._ends.pop(action_id, None)

    def _measured(self, record: ActionRecord) -> float:
        end = self._ends.get(record.action_id)
        if end is None:
            # A clock that was set back since it was asked for gives nobody more than was asked for.
            left = min(record.not_after - self._around.clock.now(), record.not_after - record.submitted_at)
            end = self._ends[record.action_id] = self._around.clock.uptime_s() + left / timedelta(seconds=1)
        return end
