"""What the local adapter says of a run, and how an order to it ended."""

from datetime import UTC, datetime

from fleet_tui.domain.action import Params
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.providers.local.adapter import LocalAdapter
from tests.providers.local.conftest import Held
from tests.support.wait import eventually_async

NOW = datetime(2026, 11, 22, tzinfo=UTC)


NOW_PLEASE = Params(now=True)


async def row_of(local: LocalAdapter, held: Held, suffix: str = "") -> Resource:
    key = ResourceKey(SourceName("local"), Kind.PROCESS, held.launched.run_id + suffix)
    row = await local.get_resource(key, NOW)
    assert row is not None
    return row


async def in_phase(local: LocalAdapter, held: Held, phase: Phase) -> Resource:
    async def reached() -> Resource | None:
        row = await row_of(local, held)
        return row if row.phase.phase is phase else None

    row = await eventually_async(reached, what=str(phase))
    assert row is not None
    return row


def done(outcome: Outcome) -> str:
    assert isinstance(outcome, Done), outcome
    return outcome.detail


def refused(outcome: Outcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason
