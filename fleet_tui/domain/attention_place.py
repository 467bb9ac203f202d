"""What keeps this console from seeing or telling: sources, the collector, the store, the disk, channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fleet_tui.domain.attention import Cost, Item, Severity
from fleet_tui.domain.attention_rules import listed
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import RULES as FAILURE_RULES
from fleet_tui.domain.money import Basis
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.reading import SourceState, SourceStatus, state_at

DISK_LOW_BYTES: Final = 500_000_000
DISK_FULL_BYTES: Final = 50_000_000
FAILING_CHANNEL: Final = 3


def source_item(status: SourceStatus, now: datetime, *, rows: int, per_hour_micro: int) -> Item | None:
    """A source that cannot be read: how many rows are unknown meanwhile, and what they may cost an hour."""
    state = state_at(status, now)
    if state not in {SourceState.REFUSED, SourceState.UNREACHABLE, SourceState.STALE}:
        return None
    failure = status.failure
    if state is SourceState.STALE:
        severity, words = Severity.MED, "not read"
    else:
        severity = Severity.HIGH if rows or state is SourceState.REFUSED else Severity.MED
        words = "key refused" if state is SourceState.REFUSED else "unreachable"
    unknown = f", {rows} row{'s' if rows != 1 else ''} unknown" if rows else ""
    code = f" ({failure.status or failure.failure_class})" if failure is not None else ""
    return Item(
        cause=f"source:{status.name}",
        severity=severity,
        subject=status.name,
        text=f"{words}{unknown}{code}",
        since=status.last_ok_at,
        cost=Cost(spent_micro=None, per_hour_micro=per_hour_micro, bases=frozenset({Basis.ESTIMATED}))
        if rows
        else None,
        source=status.name,
        size=max(1, rows),
        do=("^r",),
        lines=(failure.text, FAILURE_RULES[failure.failure_class].next_step)
        if failure is not None
        else ("no reading came in time: `fleet-tui collect --status` tells whether a collector is alive",),
        runbook=failure.failure_class.value if failure is not None else "",
    )


def unread_item(statuses: Sequence[SourceStatus], *, rows: int, per_hour_micro: int) -> Item:
    """Several sources that nobody has read although none of them failed: it is our own looking that stopped."""
    since = min((one.last_ok_at for one in statuses if one.last_ok_at is not None), default=None)
    return Item(
        cause="not-read",
        severity=Severity.HIGH,
        subject=f"{len(statuses)} sources",
        text=f"not read, {rows} row{'s' if rows != 1 else ''} unknown: is a collector alive?",
        since=since,
        cost=Cost(spent_micro=None, per_hour_micro=per_hour_micro, bases=frozenset({Basis.ESTIMATED}))
        if rows
        else None,
        do=("^r",),
        lines=(
            listed([one.name for one in statuses]),
            "`fleet-tui collect --status` tells whether a collector is alive; its log says why not",
        ),
    )


def channel_item(status: ChannelStatus) -> Item | None:
    """A channel whose messages do not get through."""
    if not status.failures or status.gone:
        return None
    often = status.failures >= FAILING_CHANNEL
    return Item(
        cause=f"channel:{status.name}",
        severity=Severity.HIGH if often else Severity.MED,
        subject=status.name,
        text=f"notices do not get through: {status.text}",
        since=status.failing_since,
        lines=(f"{status.failures} tries in a row failed; what is due is kept and tried again", "see [[notify]]"),
        runbook="notify",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What this process knows of its own place. Empty texts: no trouble. None: nobody looked."""

    store: str = ""
    collector: str = ""
    free_bytes: int | None = None


NOWHERE: Final = Place()


def place_items(place: Place) -> list[Item]:
    """Trouble with the store, the collector and the disk: they blind the console, so they come first."""
    items: list[Item] = []
    if place.store:
        step = "what is shown is the last known state; nothing can be taken or ordered until it is mended"
        items.append(_blind("store", "store:", place.store, step))
    if place.collector:
        items.append(_blind("collector", "collector:", place.collector, "nothing is read and no order is sent"))
    free = place.free_bytes
    if free is not None and free < DISK_LOW_BYTES:
        items.append(
            Item(
                cause="disk",
                severity=Severity.CRIT if free < DISK_FULL_BYTES else Severity.HIGH,
                subject="disk:",
                text=f"{free // 1_000_000} MB left where the store is",
                lines=("a full disk means that nothing is kept and no order is taken: make room",),
                runbook="disk",
            )
        )
    return items


def _blind(cause: str, subject: str, text: str, step: str) -> Item:
    return Item(cause=cause, severity=Severity.CRIT, subject=subject, text=text, lines=(step,), runbook=cause)
