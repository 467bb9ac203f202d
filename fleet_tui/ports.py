"""What the rooms ask of each other: one Protocol per ability, one method and one sentence each."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Event, Resource, Vitals
from fleet_tui.domain.usage import UsageLine


class ProviderError(Exception):
    """A call to a provider did not give what was asked. Carries the failure in fields, never the vendor's text raw."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.source}: {failure.operation}: {failure.text}")
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines in order, oldest first, exactly as they came; `cursor` continues after the last of them."""

    lines: tuple[tuple[datetime | None, str], ...]
    cursor: str | None
    more: bool = False


@runtime_checkable
class Lister(Protocol):
    """Can say what exists, with control-plane list and get calls only."""

    async def list_resources(self, now: datetime) -> Listing: ...


@runtime_checkable
class Getter(Protocol):
    """Can read one resource again; None says the provider has no such thing any more."""

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None: ...


@runtime_checkable
class Pauser(Protocol):
    """Can stop what runs so that it can go on later."""

    async def pause(self, order: Order) -> Outcome: ...


@runtime_checkable
class Resumer(Protocol):
    """Can let it go on."""

    async def resume(self, order: Order) -> Outcome: ...


@runtime_checkable
class Killer(Protocol):
    """Can end what runs; not there any more is success."""

    async def kill(self, order: Order) -> Outcome: ...


@runtime_checkable
class Restarter(Protocol):
    """Can end it and start it again."""

    async def restart(self, order: Order) -> Outcome: ...


@runtime_checkable
class Extender(Protocol):
    """Can move its end to `order.params.extend_s` seconds from now."""

    async def extend(self, order: Order) -> Outcome: ...


@runtime_checkable
class Relabeler(Protocol):
    """Can hold our labels: reads, merges only keys below `fleet.`, writes, reads again and reports what else changed."""

    async def relabel(self, order: Order) -> Outcome: ...


@runtime_checkable
class Revoker(Protocol):
    """Can end a key, token or grant for ever."""

    async def revoke(self, order: Order) -> Outcome: ...


@runtime_checkable
class Disabler(Protocol):
    """Can switch a meter, mailbox, account or key off."""

    async def disable(self, order: Order) -> Outcome: ...


@runtime_checkable
class Enabler(Protocol):
    """Can switch it on again."""

    async def enable(self, order: Order) -> Outcome: ...


@runtime_checkable
class Canceller(Protocol):
    """Can cancel a subscription or an approval."""

    async def cancel(self, order: Order) -> Outcome: ...


@runtime_checkable
class Deleter(Protocol):
    """Can delete a memory, a mailbox or a disk."""

    async def delete(self, order: Order) -> Outcome: ...


@runtime_checkable
class LogReader(Protocol):
    """Can give log lines of one resource, after a cursor of its own."""

    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage: ...


@runtime_checkable
class UsageReader(Protocol):
    """Can say what was used or charged; lines of one fact keep their `line_id`."""

    async def read_usage(
        self, *, since: datetime, until: datetime, resources: Sequence[Resource]
    ) -> tuple[UsageLine, ...]: ...


@runtime_checkable
class EventReader(Protocol):
    """Can tell what happened since a cursor of its own; gives the events and the next cursor."""

    async def read_events(self, *, after: str | None, now: datetime) -> tuple[tuple[Event, ...], str | None]: ...


@runtime_checkable
class VitalsReader(Protocol):
    """Can measure many resources at once through the control plane."""

    async def read_vitals(self, keys: Sequence[ResourceKey], now: datetime) -> tuple[Vitals, ...]: ...


@runtime_checkable
class Closer(Protocol):
    """Holds something that must be given back."""

    async def aclose(self) -> None: ...


class Clock(Protocol):
    """Tells the time: the wall clock in UTC, a clock that never goes back, and how to wait."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...

    async def sleep(self, delay_s: float) -> None: ...


class Gate(Protocol):
    """Lets calls of one account through, no faster and no more at once than agreed; polls and actions share it."""

    def through(self, *, weight: int = 1) -> AbstractAsyncContextManager[None]: ...

