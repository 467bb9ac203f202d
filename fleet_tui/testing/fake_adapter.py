"""An adapter over the fake vendor, with the faults that real ones have, drawn from one seeded source of chance."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from typing_extensions import override

from fleet_tui.config.provider import Provider
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.action import Order, Verb
from fleet_tui.domain.agent import ClaimRules
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource, SignalKind, Vitals
from fleet_tui.engine.verify import GENERATION_COUNTS
from fleet_tui.ports import Clock, Extender, Getter, Killer, Lister, Pauser, ProviderError, Restarter, Resumer
from fleet_tui.testing.fake_vendor import FakeVendor, mapped

FAKE: Final = Provider(
    name="fake",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.SANDBOX}),
    settings=SourceSettings,
    adapter="fleet_tui.testing.fake_adapter:FakeAdapter",
)
MOST_EMPTY_IN_A_ROW: Final = 2
"""One more would be a vendor that lies for good, which nobody can see through."""


class Fault(StrEnum):
    """What can go wrong with one call."""

    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    HANG = "hang"
    DEAF = "deaf"
    """Hangs and does not hear its cancellation."""
    BREAK = "break"
    """The adapter has a defect: any exception at all."""
    RATE_LIMITED = "rate limited"
    DOWN = "down"
    DENIED = "denied"
    EMPTY = "empty"
    PARTIAL = "partial"
    DUPLICATES = "duplicates"


LISTING_FAULTS: Final = tuple(Fault)
CALL_FAULTS: Final = (
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.HANG,
    Fault.DEAF,
    Fault.BREAK,
    Fault.RATE_LIMITED,
    Fault.DOWN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad it is: the share of calls that go wrong, and how long a good one takes at most."""

    fault_share: float = 0.0
    latency_s: float = 0.2


CALM: Final = Weather()


class FakeAdapter(Lister, Getter, Killer, Pauser, Resumer, Restarter, Extender):
    """Everything the engine may ask of compute. `fenced` vendors compare the incarnation in the call itself."""

    def __init__(
        self,
        vendor: FakeVendor,
        *,
        source: SourceName,
        clock: Clock,
        chance: random.Random | None = None,
        weather: Weather = CALM,
        fenced: bool = True,
        on_call: Callable[[str], None] | None = None,
        vendor_now: Callable[[], datetime] | None = None,
        on_listing: Callable[[], None] | None = None,
    ) -> None:
        self._vendor = vendor
        self._source = source
        self._clock = clock
        self._chance = chance or random.Random(0)  # noqa: S311 - a die, not a key
        self.weather = weather
        self._fenced = fenced
        self._on_call = on_call or _nobody_listens
        self._vendor_now = vendor_now or clock.now
        self._on_listing = on_listing
        self._empties = 0
        self._rules = ClaimRules()
        self.planned: list[Fault | None] = []
        """Faults of the next readings again and acts, in order, before chance decides again."""
        self.planned_listings: list[Fault | None] = []

    @override
    async def list_resources(self, now: datetime) -> Listing:
        self._on_call("list")
        fault = self._fault(LISTING_FAULTS, self.planned_listings)
        await self._before(fault, "list")
        rows = [mapped(box, self._source, self._rules) for box in self._vendor.boxes.values()]
        signals = tuple(
            Vitals(
                key=ResourceKey(self._source, Kind.SANDBOX, box.slot),
                at=now,
                signal_at=box.signal_at,
                signal_kind=SignalKind.OUTPUT,
            )
            for box in self._vendor.boxes.values()
            if box.signal_at is not None
        )
        await self._after(fault, "list")
        complete = Listing(
            resources=tuple(rows), kinds=frozenset({Kind.SANDBOX}), vitals=signals, server_time=self._vendor_now()
        )
        listing = self._spoilt(complete, fault)
        if listing.complete and self._on_listing is not None:
            self._on_listing()
        return listing

    def _spoilt(self, listing: Listing, fault: Fault | None) -> Listing:
        if fault is Fault.EMPTY and self._empties < MOST_EMPTY_IN_A_ROW:
            self._empties += 1
            return replace(listing, resources=())
        if fault is not Fault.PARTIAL:
            self._empties = 0
        if fault is Fault.PARTIAL:
            kept = listing.resources[: len(listing.resources) // 2]
            return replace(listing, resources=kept, complete=False, notes=("a page was missing",))
        if fault is Fault.DUPLICATES:
            return replace(listing, resources=(*listing.resources, *listing.resources[:2]))
        return listing

    @override
    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        self._on_call(f"get {key.id}")
        fault = self._fault(CALL_FAULTS, self.planned)
        await self._before(fault, "read again")
        box = self._vendor.boxes.get(key.id)
        await self._after(fault, "read again")
        return mapped(box, self._source, self._rules) if box else None

    @override
    async def kill(self, order: Order) -> Outcome:
        return await self._act(order)

    @override
    async def pause(self, order: Order) -> Outcome:
        return await self._act(order)

    @override
    async def resume(self, order: Order) -> Outcome:
        return await self._act(order)

    @override
    async def restart(self, order: Order) -> Outcome:
        return await self._act(order)

    @override
    async def extend(self, order: Order) -> Outcome:
        return await self._act(order)

    async def _act(self, order: Order) -> Outcome:
        slot = order.target.key.id
        self._on_call(f"{order.verb} {order.target.incarnation} for {order.action_id}")
        fault = self._fault(CALL_FAULTS, self.planned)
        await self._before(fault, order.verb)
        box = self._vendor.boxes.get(slot)
        if box is None:
            return Done("it was gone already") if order.verb is Verb.KILL else Refused(RefusalReason.GONE, "not there")
        if self._fenced and box.incarnation != order.target.incarnation:
            return Refused(RefusalReason.REPLACED, "another incarnation has its place")
        if self._fenced and order.verb in GENERATION_COUNTS and str(box.generation) != order.target.generation:
            return Refused(RefusalReason.CHANGED, "it started anew meanwhile")
        self._vendor.act(order.action_id, order.verb, slot, self._vendor_now(), extend_s=order.params.extend_s)
        self._on_call(f"did {order.verb} {box.incarnation} for {order.action_id}")
        await self._after(fault, order.verb)
        return Done(f"{order.verb}: the vendor said so")

    def _fault(self, among: tuple[Fault, ...], planned: list[Fault | None]) -> Fault | None:
        if planned:
            return planned.pop(0)
        if self._chance.random() >= self.weather.fault_share:
            return None
        return self._chance.choice(among)

    async def _before(self, fault: Fault | None, operation: str) -> None:
        await asyncio.sleep(self._chance.random() * self.weather.latency_s)
        match fault:
            case Fault.RESET_BEFORE:
                raise self._failed(FailureClass.PROVIDER_DOWN, operation, "the connection was reset")
            case Fault.HANG:
                await asyncio.sleep(10_000)
            case Fault.DEAF:
                await _deaf(10_000)
                raise self._failed(FailureClass.PROVIDER_DOWN, operation, "the connection was reset")
            case Fault.BREAK:
                raise RuntimeError("a defect of the adapter")
            case Fault.RATE_LIMITED:
                raise self._failed(FailureClass.RATE_LIMITED, operation, "too many calls", retry_after_s=7.0)
            case Fault.DOWN:
                raise self._failed(FailureClass.PROVIDER_DOWN, operation, "503")
            case Fault.DENIED:
                raise self._failed(FailureClass.AUTH, operation, "401")
            case _:
                return

    async def _after(self, fault: Fault | None, operation: str) -> None:
        await asyncio.sleep(self._chance.random() * self.weather.latency_s)
        if fault is Fault.RESET_AFTER:
            raise self._failed(FailureClass.PROVIDER_DOWN, operation, "the connection was reset")

    def _failed(
        self, failure_class: FailureClass, operation: str, text: str, *, retry_after_s: float | None = None
    ) -> ProviderError:
        return ProviderError(
            Failure(
                failure_class=failure_class,
                source=self._source,
                operation=operation,
                text=text,
                at=self._clock.now(),
                retry_after_s=retry_after_s,
            )
        )


async def _deaf(for_s: float) -> None:
    """Waits on, whoever cancels it."""
    loop = asyncio.get_running_loop()
    until = loop.time() + for_s
    while loop.time() < until:
        try:
            await asyncio.sleep(until - loop.time())
        except asyncio.CancelledError:
            continue


def _nobody_listens(what: str) -> None:
    del what
