"""What is read beside the listing, and what is wanted: at its own pace, told once if it fails, served once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from fleet_tui.config.secret import Secret
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.resource import Event, Resource, SignalKind, Vitals
from fleet_tui.domain.usage import UsageLine
from fleet_tui.engine.source import Source
from fleet_tui.ports import (
    LogPage,
    ProviderError,
)
from fleet_tui.testing.fake_adapter import FAKE, Fault
from fleet_tui.testing.rig import SOURCE, rig, running
from fleet_tui.testing.virtual_time import START, virtually
from tests.engine.talker import OTHER, Talker, with_talker


@virtually
async def test_everything_an_adapter_can_tell_is_read_at_its_own_pace() -> None:
    parts, talker = with_talker()
    async with running(parts):
        await parts.until(lambda: len(talker.asked_after) >= 3)
        assert talker.asked_after == [None, "1", "2"]
        assert {"e1", "e2"} <= parts.store.events.keys()
        await parts.until(lambda: "vendor:1" in parts.store.usage)
        vitals = parts.store.vitals[ResourceKey(OTHER, Kind.SANDBOX, "t")]
        assert vitals.signal_kind is SignalKind.CPU
        await parts.until(lambda: any(line.startswith("rate:") for line in parts.store.usage))


@virtually
async def test_a_wanted_poll_is_served_at_once_and_once_only() -> None:
    async with running(rig()) as parts:
        await parts.until(lambda: parts.store.statuses.get(SOURCE))
        now = parts.clock.now()
        parts.store.want(WantedKind.POLL, "", asked_at=now, expires_at=now + timedelta(seconds=15))
        await parts.until(lambda: (parts.store.statuses[SOURCE].last_ok_at or now) > now, within_s=2)
        served = len(parts.store.observed)
        logged = ResourceKey(SOURCE, Kind.SANDBOX, "t").packed()
        parts.store.want(WantedKind.LOGS, logged, asked_at=now, expires_at=now + timedelta(seconds=15))
        await parts.clock.sleep(2)
        assert len(parts.store.observed) == served


@virtually
async def test_a_wish_does_not_shorten_the_wait_that_the_vendor_named() -> None:
    parts = rig()
    parts.adapter.planned_listings = [Fault.RATE_LIMITED]
    async with running(parts):
        await parts.until(lambda: parts.store.statuses.get(SOURCE))
        began = parts.clock.monotonic_s()
        parts.around.nudge([SOURCE])
        await parts.until(lambda: parts.store.statuses[SOURCE].last_ok_at)
        assert parts.clock.monotonic_s() - began >= 6.9


@virtually
async def test_many_wishes_at_once_are_one_poll() -> None:
    async with running(rig()) as parts:
        await parts.until(lambda: parts.store.statuses.get(SOURCE))
        before = len(parts.store.observed)
        for _ in range(100):
            parts.around.nudge([SOURCE])
            await parts.clock.sleep(0.01)
        assert len(parts.store.observed) - before <= 3


@virtually
async def test_logs_are_followed_for_as_long_as_they_are_wanted() -> None:
    parts, talker = with_talker()
    key = ResourceKey(OTHER, Kind.SANDBOX, "t")
    async with running(parts):
        await parts.until(lambda: parts.store.statuses.get(OTHER))
        now = parts.clock.now()
        parts.store.want(WantedKind.LOGS, key.packed(), asked_at=now, expires_at=now + timedelta(seconds=20))
        parts.store.want(WantedKind.LOGS, "nonsense", asked_at=now, expires_at=now + timedelta(seconds=20))
        await parts.clock.sleep(60)
        read = talker.lines
        assert 8 <= read <= 12
        await parts.clock.sleep(60)
        assert talker.lines == read
        assert [page.lines[0][1] for page in parts.store.logs[key]][:2] == ["line 1", "line 2"]


@virtually
async def test_side_readings_that_fail_are_told_once_and_cost_the_listing_nothing() -> None:
    class Mute(Talker):
        @override
        async def read_vitals(self, keys: Sequence[ResourceKey], now: datetime) -> tuple[Vitals, ...]:
            raise self._no(now)

        @override
        async def read_events(self, *, after: str | None, now: datetime) -> tuple[tuple[Event, ...], str | None]:
            raise self._no(now)

        @override
        async def read_usage(
            self, *, since: datetime, until: datetime, resources: Sequence[Resource]
        ) -> tuple[UsageLine, ...]:
            raise self._no(since)

        @override
        async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
            raise self._no(START)

        def _no(self, at: datetime) -> ProviderError:
            return ProviderError(
                Failure(failure_class=FailureClass.QUOTA, source=OTHER, operation="side", text="full", at=at)
            )

    parts = rig()
    parts.around.sources[OTHER] = Source(name=OTHER, provider=FAKE, adapter=Mute())
    async with running(parts):
        await parts.clock.sleep(1200)
        assert len([f for f in parts.store.failures if f.operation == "side"]) == 3
        assert parts.store.statuses[OTHER].failure is None
        now = parts.clock.now()
        key = ResourceKey(OTHER, Kind.SANDBOX, "t")
        parts.store.want(WantedKind.LOGS, key.packed(), asked_at=now, expires_at=now + timedelta(seconds=15))
        await parts.until(lambda: len([f for f in parts.store.failures if f.operation == "side"]) > 3)


@virtually
async def test_a_key_of_ours_that_an_agent_prints_is_kept_nowhere() -> None:
    class Indiscreet(Talker):
        @override
        async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
            return LogPage(lines=((None, "my key is correcthorse99, token=5"), (None, "plain")), cursor="1")

    parts = rig()
    parts.around.secrets = [Secret("correcthorse99")]
    parts.around.sources[OTHER] = Source(name=OTHER, provider=FAKE, adapter=Indiscreet())
    async with running(parts):
        key, now = ResourceKey(OTHER, Kind.SANDBOX, "t"), parts.clock.now()
        parts.store.want(WantedKind.LOGS, key.packed(), asked_at=now, expires_at=now + timedelta(seconds=15))
        await parts.until(lambda: parts.store.logs)
    lines = [text for pages in parts.store.logs.values() for page in pages for _, text in page.lines]
    assert lines[:2] == ["my key is ***, token=5", "plain"]
