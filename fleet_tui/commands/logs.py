"""The log of one resource, read again by the collector while somebody looks."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from fleet_tui import clock
from fleet_tui.commands.fleet import COLLECTOR_LOOK_S, FRESH_WITHIN_S, LOOK_ANYWAY_S, STEP_S, Fleet
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.resource import Resource
from fleet_tui.views.choice import Choice

LOG_WITHIN_S: Final = 4.0
"""How long `logs` waits for newer lines than are kept."""

LogLine = tuple[datetime | None, str]


def log_of(choice: Choice) -> Resource | None:
    """What of the chosen keeps a log: of an agent what leads it first."""
    resources = list(choice.resources)
    for agent in choice.agents:
        resources += [r for r in (agent.lead, *agent.running, *agent.resources) if r is not None]
    return next((r for r in resources if Capability.LOGS in r.capabilities), None)


def log_tail(fleet: Fleet, resource: Resource, *, limit: int) -> Sequence[LogLine]:
    """The last lines, read again by the collector where it can in time."""
    before = fleet.reader.log_tail(resource.key, limit=limit)
    fleet.intents.want(WantedKind.LOGS, resource.key.packed(), now=fleet.now(), for_s=LOG_WITHIN_S)
    fleet.wait(lambda: fleet.reader.log_tail(resource.key, limit=limit) != before, for_s=LOG_WITHIN_S)
    return fleet.reader.log_tail(resource.key, limit=limit)


def log_tails(fleet: Fleet, resource: Resource, *, limit: int) -> Iterator[Sequence[LogLine]]:
    """The lines there are, then for ever those that came since; has the collector read them meanwhile."""
    shown: Sequence[LogLine] = ()
    wanted_until, looked = fleet.now(), clock.monotonic_s() - LOOK_ANYWAY_S
    while True:
        now = fleet.now()
        if now + timedelta(seconds=COLLECTOR_LOOK_S) >= wanted_until:
            fleet.keep_collector()
            fleet.intents.want(WantedKind.LOGS, resource.key.packed(), now=now, for_s=FRESH_WITHIN_S)
            wanted_until = now + timedelta(seconds=FRESH_WITHIN_S)
        if fleet.reader.woken() or clock.monotonic_s() - looked > LOOK_ANYWAY_S:
            looked = clock.monotonic_s()
            lines = fleet.reader.log_tail(resource.key, limit=limit)
            yield lines[_overlap(shown, lines) :]
            shown = lines
        time.sleep(STEP_S)


def _overlap(before: Sequence[object], after: Sequence[object]) -> int:
    """How many lines at the start of `after` were at the end of `before`."""
    for skipped in range(len(before) + 1):
        length = len(before) - skipped
        if length <= len(after) and list(before[skipped:]) == list(after[:length]):
            return length
    return 0
