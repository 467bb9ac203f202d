"""What the rooms ask of each other: one Protocol per ability, one method and one sentence each."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Word
from fleet_tui.domain.action import ActionId, Intent, Order
from fleet_tui.domain.agent import ClaimRules
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.attention import Item
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.history import Recorded, Sample, Spent
from fleet_tui.domain.identity import ResourceKey, SourceName, Target
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.domain.money import Accrual
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.reach import Attempt, ReachHour
from fleet_tui.domain.reading import Listing, SourceStatus
from fleet_tui.domain.record import ActionRecord, AuditRow, HandOver, Wanted, WantedKind
from fleet_tui.domain.resource import Event, Resource, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.usage import Subject, UsageLine
from fleet_tui.domain.watch import Watch

if TYPE_CHECKING:
    from ssl import SSLContext


class ProviderError(Exception):
    """A call to a provider did not give what was asked. Carries the failure in fields, never the vendor's text raw."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.source}: {failure.operation}: {failure.text}")
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines of one run in order, oldest first, exactly as they came; `cursor` continues after the last of them."""

    lines: tuple[tuple[datetime | None, str], ...]
    cursor: str | None
    more: bool = False
    generation: str = ""  # Names the run; empty where the provider does not tell its runs apart.
    written_by: datetime | None = None  # By when its lines were written, where that is earlier than now.


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
    """Can hold our labels: reads, merges keys below `fleet.` only, writes, reads again, reports what else changed."""

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

    # An act that began with a call that only reads has not begun yet.
    def through(self, *, weight: int = 1, reads: bool = False) -> AbstractAsyncContextManager[None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything one reading changed, for one write transaction. Unchanged rows are not in it."""

    source: SourceName
    at: datetime
    status: SourceStatus
    watch: Watch | None = None
    """The newest watched span, begun or grown."""
    changed: tuple[Resource, ...] = ()
    gone: tuple[ResourceKey, ...] = ()
    vitals: tuple[Vitals, ...] = ()
    events: tuple[Event, ...] = ()
    usage: tuple[UsageLine, ...] = ()
    accruals: tuple[tuple[Subject, Accrual], ...] = ()
    failures: tuple[Failure, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    """Readings that were tried, whether they changed anything or not."""
    findings: tuple[Finding, ...] = ()
    gone_findings: tuple[tuple[RuleName, ResourceKey], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterContext:
    """What the root hands to every adapter beside its settings and secrets."""

    source: SourceName
    clock: Clock
    gate: Gate
    """Every request to the vendor goes through it."""
    claims: ClaimRules
    rates: RateCard
    state_dir: Path
    tls: "SSLContext"
    """Shared by all HTTP clients: making one costs 40 ms."""
    timeout_s: float = 8.0
    """The hard deadline of one request."""


class CollectorStore(Protocol):
    """The write side, under the fencing token of the one collector.

    Every method is one short transaction that compares the token first (`FencedOut` when another collector took over)
    and raises `StoreUnwritable` when the disk is full or the file cannot be written; nothing is half done then.
    """

    def observe(self, observation: Observation) -> int: ...

    def known(self, source: SourceName) -> tuple[Resource, ...]: ...

    def watches(self, source: SourceName) -> tuple[Watch, ...]: ...

    def status(self, source: SourceName) -> SourceStatus | None: ...

    def accruals(self, source: SourceName) -> dict[Subject, Accrual]: ...

    def cursor(self, name: str) -> str | None: ...

    def keep_cursor(self, name: str, value: str) -> None: ...

    def forget_sources(self, keep: Collection[SourceName], now: datetime) -> None: ...

    def accept(self, now: datetime) -> tuple[ActionRecord, ...]:
        """Turn new intents into accepted actions; give those."""
        ...

    def unsettled(self) -> tuple[ActionRecord, ...]: ...

    def action(self, action_id: ActionId) -> ActionRecord | None: ...

    def start(self, action_id: ActionId, now: datetime) -> None: ...

    def attempt(self, action_id: ActionId, target: Target, now: datetime) -> None:
        """Commit, durably, that an effect is about to be tried."""
        ...

    def attempted(self, action_id: ActionId, target: Target) -> bool: ...

    def settle(self, action_id: ActionId, outcome: Outcome, now: datetime) -> bool:
        """Outcome and audit in one durable transaction; False when it was settled before (nothing is written)."""
        ...

    def wanted(self, now: datetime) -> tuple[Wanted, ...]: ...

    def append_logs(self, key: ResourceKey, page: LogPage, now: datetime) -> None: ...

    def expire_hand_overs(self, now: datetime) -> None: ...

    def tidy(self, now: datetime) -> None:
        """Retention, horizon and checkpoint."""
        ...


class NoticeStore(Protocol):
    """What was told to whom, under the same fencing token."""

    def notices(self) -> tuple[Notice, ...]: ...

    def channels(self) -> tuple[ChannelStatus, ...]: ...

    def keep_told(self, status: ChannelStatus, told: Sequence[Notice]) -> None:
        """How a channel fares, with what it was told, in one transaction."""
        ...


class FleetReader(Protocol):
    """The read side: what consoles and commands see. No method leaves a cursor or a transaction open."""

    def woken(self) -> bool:
        """A cheap hint that somebody committed since the last look."""
        ...

    def load(self, on_delta: Callable[[FleetDelta], None], *, chunk: int = 2000) -> int:
        """Read everything, in pieces, within one transaction; give the revision reached."""
        ...

    def changes(self, after: int) -> FleetDelta:
        """All that changed after a revision; whole when that is older than the horizon or of another store."""
        ...

    def log_tail(self, key: ResourceKey, *, limit: int) -> tuple[tuple[datetime | None, str], ...]: ...

    def log_after(self, key: ResourceKey, *, seq: int, limit: int) -> tuple[LogLine, ...]: ...

    def log_state(self, key: ResourceKey) -> LogState | None: ...

    def events(self, *, limit: int, key: ResourceKey | None = None) -> tuple[Event, ...]: ...

    def failures(self, *, since: datetime, limit: int) -> tuple[Failure, ...]: ...

    def audit(self, *, limit: int) -> tuple[AuditRow, ...]: ...

    def usage(self, *, since: datetime, agent: str | None = None, limit: int = 1000) -> tuple[UsageLine, ...]: ...

    def reach(self, *, since: datetime) -> tuple[ReachHour, ...]:
        """How our own readings went, by source and hour, in the last 8 days at most."""
        ...

    def samples(self, key: ResourceKey, *, since: datetime) -> tuple[Sample, ...]: ...

    def spent(self, *, since: datetime, step_s: int) -> tuple[Spent, ...]: ...

    def parts(self, *, day: date, agent: str | None = None) -> tuple[Part, ...]: ...

    def watched(self, *, since: datetime) -> tuple[tuple[SourceName, Watch], ...]: ...

    def at(self, moment: datetime) -> Recorded:
        """The resources as they stood at a moment of the last 48 h."""
        ...


class IntentStore(Protocol):
    """What any console or command may write, each in one short durable transaction."""

    def submit(self, intent: Intent, names: Mapping[ResourceKey, str]) -> None: ...

    def overlay(self, overlays: Sequence[Overlay], *, now: datetime, host: str, why: str) -> None:
        """Lay assignments over what providers say; each is in the audit."""
        ...

    def want(self, kind: WantedKind, subject: str, *, now: datetime, for_s: float) -> None: ...

    def note(self, what: str, *, actor: str, host: str, via: str, why: str, now: datetime) -> None:
        """A line in the audit that is not an action: a write window opened or closed."""
        ...

    def acknowledge(self, items: Sequence[Item], dealt: Dealt, word: Word) -> tuple[Acknowledgement, ...]:
        """Take or snooze items as the rules gave them, each with its line in the audit; give what stands now."""
        ...

    def silence(self, ack: Acknowledgement, *, host: str, via: str) -> None:
        """Keep a silence of a cause or of a filter, with its line in the audit."""
        ...

    def hand_over(self, hand_over: HandOver) -> None: ...

    def confirm_hand_over(self, hand_over_id: str, *, actor: str, host: str, now: datetime) -> HandOver | None:
        """Move the task (overlays on both agents) and mark it confirmed, in one transaction; None: not waiting."""
        ...


class StoreError(Exception):
    """The store cannot do what was asked; the text is one sentence for a person."""


class FencedOut(StoreError):
    """Another collector holds a newer token."""


class StoreUnwritable(StoreError):
    """Disk full, read-only or failing; what was there before is still there."""


class StoreTooNew(StoreError):
    """Written by a newer version; untouched."""


class StoreDamaged(StoreError):
    """The file is corrupt; the next collector to start sets it aside and keeps what can be read of acts and audit."""
