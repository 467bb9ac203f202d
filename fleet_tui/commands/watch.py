"""Follows a fleet and gives what changed, as long as somebody reads."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from fleet_tui import clock
from fleet_tui.commands.fleet import COLLECTOR_LOOK_S, LOOK_ANYWAY_S, STEP_S, Fleet
from fleet_tui.domain.filter import Filter
from fleet_tui.ports import StoreError
from fleet_tui.views.watch import Changed, changes, facts_of

QUIET_LOOK_S: Final = 5.0
"""So seldom the clock alone is asked whether it made something stale."""


def followed(fleet: Fleet, chosen: Filter, gone: Callable[[], bool]) -> Iterator[Changed]:
    """What changes from now on, until `gone` says that nobody reads any more."""
    before = facts_of(fleet.model, chosen, fleet.now())
    looked = kept = compared = clock.monotonic_s()
    while not gone():
        time.sleep(STEP_S)
        at = clock.monotonic_s()
        if at - kept > COLLECTOR_LOOK_S:
            kept = at
            fleet.keep_collector()
        moved = False
        if fleet.reader.woken() or at - looked > LOOK_ANYWAY_S:
            looked = at
            revision = fleet.model.revision
            try:
                fleet.refresh()
            except StoreError:
                # It is tried again; what was known stays known.
                continue
            moved = fleet.model.revision != revision
        if moved or at - compared > QUIET_LOOK_S:
            compared = at
            after = facts_of(fleet.model, chosen, fleet.now())
            yield from changes(before, after, fleet.now())
            before = after
