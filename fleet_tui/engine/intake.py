"""Picks up what consoles and commands write: intents become durable actions, wanted rows become polls and log lines."""

import logging
from collections.abc import Callable
from typing import Final

from fleet_tui.domain.action import ActionId, Verb
from fleet_tui.domain.identity import unpacked
from fleet_tui.domain.record import ActionRecord, Wanted, WantedKind
from fleet_tui.engine.durability import Durable
from fleet_tui.engine.logs import LogDesk
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.engine.terms import Terms
from fleet_tui.ports import StoreUnwritable

WAKE_S: Final = 0.05
LOOK_ANYWAY_S: Final = 1.0
"""The hint misses some commits, so it is looked without one too."""

_log = logging.getLogger(__name__)


class Intake:
    """Looks when `woken` says that somebody committed, and now and then without being told."""

    def __init__(
        self,
        around: Surroundings,
        durable: Durable,
        logs: LogDesk,
        terms: Terms,
        woken: Callable[[], bool],
        *,
        wake_s: float = WAKE_S,
    ) -> None:
        self._around = around
        self._durable = durable
        self._logs = logs
        self._terms = terms
        self._woken = woken
        self._wake_s = wake_s
        self._unstarted: dict[ActionId, None] = {}
        self._served: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Look for ever."""
        clock = self._around.clock
        looked_at = clock.monotonic_s()
        while True:
            await clock.sleep(self._wake_s)
            if self._woken() or clock.monotonic_s() - looked_at >= LOOK_ANYWAY_S:
                looked_at = clock.monotonic_s()
                await self.look()

    async def look(self) -> None:
        """Take up what is there now."""
        try:
            now = self._around.clock.now()
            accepted, wanted = await self._around.stored(lambda store: (store.accept(now), store.wanted(now)))
        except StoreUnwritable as error:
            _log.error("nothing can be accepted: %s", error)
            return
        await self._terms.begin(accepted)
        self._unstarted.update(dict.fromkeys(record.action_id for record in sorted(accepted, key=_urgency)))
        for action_id in tuple(self._unstarted):
            if not await self._started(action_id):
                break
        self._serve(wanted)

    async def _started(self, action_id: ActionId) -> bool:
        try:
            await self._durable.start(action_id)
        except Exception:  # noqa: BLE001 - whatever ails the durable store, the action stays accepted and is tried again
            _log.exception("action %s: its workflow could not be started; it is tried again", action_id)
            return False
        self._unstarted.pop(action_id, None)
        return True

    def _serve(self, wanted: tuple[Wanted, ...]) -> None:
        for row in wanted:
            match row.kind:
                case WantedKind.POLL:
                    # It stays there until it expires: by it a command knows a reading that began too early.
                    if row.wanted_id not in self._served:
                        self._around.nudge(self._around.named(row.subject))
                case WantedKind.LOGS:
                    self._follow(row)
        self._served = frozenset(row.wanted_id for row in wanted)

    def _follow(self, row: Wanted) -> None:
        try:
            key = unpacked(row.subject)
        except ValueError:
            _log.warning("a wanted row names no resource")
            return
        self._logs.follow(key, until=row.expires_at)


def _urgency(record: ActionRecord) -> bool:
    """Kills first."""
    return record.verb is not Verb.KILL
