"""What an action concludes where a rule, a refusal or an incomplete listing stands between it and its effect."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from fleet_tui.domain.action import Order, Verb
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reading import Listing
from fleet_tui.ports import Killer, Lister, ProviderError, StoreUnwritable
from fleet_tui.testing.fake_adapter import FakeAdapter, Fault
from fleet_tui.testing.rig import SOURCE, Rig, rig, running
from fleet_tui.testing.virtual_time import virtually


def acted_by(parts: Rig, adapter: object) -> None:
    parts.around.sources[SOURCE] = replace(parts.around.sources[SOURCE], adapter=adapter)


@virtually
async def test_a_source_that_may_only_be_looked_at_is_not_acted_on() -> None:
    parts = rig()
    parts.around.sources[SOURCE] = replace(parts.around.sources[SOURCE], act=False)
    async with running(parts):
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")))
        assert outcome == Refused(RefusalReason.READ_ONLY, "fleet.toml lets fake only be looked at")
        assert parts.store.attempts == {}
    assert parts.vendor.effects == []


@virtually
async def test_what_waited_for_the_disk_past_its_term_is_not_sent_although_its_attempt_is_on_record() -> None:
    async with running(rig()) as parts:
        box = parts.start("a")
        await parts.until(lambda: parts.store.resources)

        def full(what: str) -> None:
            if what == "attempt" and parts.clock.monotonic_s() < 300:
                raise StoreUnwritable(what)

        parts.store.fault = full
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box, term=timedelta(minutes=2)))
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.EXPIRED
        assert len(parts.store.attempts) == 1
    assert parts.vendor.effects == []


class Picky(FakeAdapter):
    """Answers every kill with a status that is no promise of another answer."""

    asked = 0

    @override
    async def kill(self, order: Order) -> Outcome:
        self.asked += 1
        text = "the vendor answered 418"
        now = self._clock.now()
        raise ProviderError(
            Failure(failure_class=FailureClass.UNKNOWN, source=SOURCE, operation="kill", text=text, at=now, status=418)
        )


@virtually
async def test_what_the_vendor_answered_with_a_no_is_not_sent_again() -> None:
    parts = rig()
    picky = Picky(parts.vendor, source=SOURCE, clock=parts.clock)
    acted_by(parts, picky)
    async with running(parts):
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")))
        assert outcome == Failed(FailureClass.UNKNOWN, "the vendor answered 418")
    assert picky.asked == 1


@virtually
async def test_a_repeat_that_is_refused_says_nothing_of_what_was_sent_before() -> None:
    parts, calls = rig(), 0

    def ends_before_the_repeat(what: str) -> None:
        nonlocal calls
        calls += what.startswith("pause")
        if calls == 2 and "a" in parts.vendor.boxes:
            parts.vendor.end("a", parts.clock.now(), by=None)

    acted_by(parts, FakeAdapter(parts.vendor, source=SOURCE, clock=parts.clock, on_call=ends_before_the_repeat))
    async with running(parts):
        box = parts.start("a")
        await parts.until(lambda: parts.store.resources)
        adapter = parts.around.sources[SOURCE].adapter
        assert isinstance(adapter, FakeAdapter)
        adapter.planned = [None, Fault.RESET_BEFORE]
        (outcome,) = await parts.outcomes(*parts.submit(Verb.PAUSE, box))
        assert calls == 2
        assert outcome == Failed(FailureClass.SANDBOX_LOST, "sent, then it is not there any more", uncertain=True)


@virtually
async def test_what_we_ended_and_saw_gone_is_gone_at_the_next_listing_although_that_is_empty() -> None:
    async with running(rig()) as parts:
        box = parts.start("a")
        await parts.until(lambda: parts.store.resources)
        assert isinstance((await parts.outcomes(*parts.submit(Verb.KILL, box)))[0], Done)
        await parts.until(lambda: all(row.phase.phase in ENDED for row in parts.store.resources.values()), within_s=6)


class ListsOnly(Lister, Killer):
    """Cannot read one thing again: what is there is what it lists."""

    def __init__(self, inner: FakeAdapter, *, named: bool, complete: bool, kinds: frozenset[Kind]) -> None:
        self._inner = inner
        self._named, self._complete, self._kinds = named, complete, kinds

    @override
    async def list_resources(self, now: datetime) -> Listing:
        listing = await self._inner.list_resources(now)
        rows = listing.resources if self._named else ()
        return replace(listing, resources=rows, complete=self._complete, kinds=self._kinds)

    @override
    async def kill(self, order: Order) -> Outcome:
        return await self._inner.kill(order)


@pytest.mark.parametrize(
    ("complete", "kinds"),
    [(False, frozenset({Kind.SANDBOX})), (True, frozenset({Kind.PROCESS}))],
    ids=["partial", "of another kind"],
)
@virtually
async def test_what_a_listing_that_does_not_speak_for_it_leaves_out_is_not_called_gone(
    complete: bool, kinds: frozenset[Kind]
) -> None:
    parts = rig()
    acted_by(parts, ListsOnly(parts.adapter, named=False, complete=complete, kinds=kinds))
    async with running(parts):
        term = timedelta(minutes=2)
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a"), term=term))
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.EXPIRED
        assert "nobody can tell" in outcome.detail
