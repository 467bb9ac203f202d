"""Who deals with what: taken, snoozed or silenced by cause, for how long, and when it comes back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_tui.domain.attention import Item, Severity
from fleet_tui.domain.dataclass import dataclass

RETURNS_AFTER: Final = timedelta(hours=4)
RETURNS: Final = 2
"""How often something that was taken comes back by the clock alone, each time one severity up."""
LONGEST: Final = timedelta(days=30)
"""For so long something may be snoozed or silenced."""
GROWN: Final = 2
"""From so many times as many rows on it is not what was taken any more."""
FILTER: Final = "filter:"
"""How the cause of a silence begins that stands for a filter."""


class Dealt(StrEnum):
    """What an operator did about a cause."""

    TAKEN = "taken"
    SNOOZED = "snoozed"
    SILENCED = "silenced"


class Standing(StrEnum):
    """Whether an item asks for somebody. `OPEN` is what the header counts as new."""

    OPEN = "open"
    TAKEN = "taken"
    SNOOZED = "snoozed"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Who says something about a cause, from where, until when and why."""

    actor: str
    host: str
    via: str
    now: datetime
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The last word of an operator about a cause, with what the item looked like when it was said."""

    cause: str
    dealt: Dealt
    by: str
    at: datetime
    until: datetime | None
    """None: taken, without an end of its own."""
    severity: Severity
    size: int
    since: datetime | None
    times: int = 1
    """How often it was taken without having changed."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An item as it stands now; `item.severity` is raised where it came back."""

    item: Item
    standing: Standing
    by: Acknowledgement | None = None
    found: Item | None = None
    """The item as the rules gave it, where that is another."""

    @property
    def plain(self) -> Item:
        """What an acknowledgement is judged against: not raised."""
        return self.found or self.item

    @property
    def silenced_by_filter(self) -> bool:
        """No word about its own cause opens it again."""
        return self.standing is Standing.SILENCED and self.by is not None and self.by.cause.startswith(FILTER)

    @property
    def open(self) -> bool:
        return self.standing is Standing.OPEN


def began_anew(item: Item, *, since: datetime | None, at: datetime) -> bool:
    """It began after somebody looked. Compared with the time it told then, too: a vendor's clock may be ahead."""
    if item.since is None:
        return False
    return item.since > at and (since is None or item.since > since)


def changed(item: Item, ack: Acknowledgement) -> bool:
    """It is not what was acknowledged: worse, begun anew, or about twice as many rows."""
    if item.severity.rank < ack.severity.rank or began_anew(item, since=ack.since, at=ack.at):
        return True
    return item.cause == ack.cause and item.size >= GROWN * ack.size and item.size > ack.size


def standing(item: Item, ack: Acknowledgement, now: datetime) -> tuple[Standing, int]:
    """How an item stands under one acknowledgement, and by how many severities it is raised."""
    match ack.dealt:
        case Dealt.SNOOZED | Dealt.SILENCED:
            over = ack.until is None or now >= ack.until
            how = Standing.SNOOZED if ack.dealt is Dealt.SNOOZED else Standing.SILENCED
            return (Standing.OPEN, 0) if over else (how, 0)
        case Dealt.TAKEN:
            if changed(item, ack):
                return Standing.OPEN, 0
            returned = ack.times <= RETURNS and now - ack.at >= RETURNS_AFTER
            raised = min(ack.times, RETURNS) if returned else min(ack.times - 1, RETURNS)
            return (Standing.OPEN if returned else Standing.TAKEN), raised


def judged(
    item: Item, acks: Mapping[str, Acknowledgement], now: datetime, *, silenced: Acknowledgement | None = None
) -> Judged:
    """How an item stands: under its own cause, that of its incident, and a silence whose filter covers it."""
    found = [ack for cause in item.causes if (ack := acks.get(cause)) is not None]
    raised = 0
    if silenced is not None and standing(item, silenced, now)[0] is not Standing.OPEN:
        return Judged(item=item, standing=Standing.SILENCED, by=silenced)
    for ack in sorted(found, key=lambda one: one.at, reverse=True):
        how, up = standing(item, ack, now)
        raised = max(raised, up)
        if how is not Standing.OPEN:
            return Judged(item=_raised(item, raised), standing=how, by=ack, found=item)
    return Judged(item=_raised(item, raised), standing=Standing.OPEN, found=item)


def _raised(item: Item, by: int) -> Item:
    return replace(item, severity=item.severity.raised(by)) if by else item


def acknowledged(
    item: Item,
    dealt: Dealt,
    before: Acknowledgement | None,
    *,
    by: str,
    now: datetime,
    until: datetime | None = None,
    why: str = "",
) -> Acknowledgement:
    """The word about an item that replaces the one `before`. `item` is as the rules gave it, not raised."""
    kept = before is not None and before.dealt is not Dealt.SILENCED and not changed(item, before)
    times = before.times if before is not None and kept else 0
    if dealt is Dealt.TAKEN and (before is None or not kept or standing(item, before, now)[0] is Standing.OPEN):
        times += 1
    return Acknowledgement(
        cause=item.cause,
        dealt=dealt,
        by=by,
        at=now,
        until=until,
        severity=item.severity,
        size=item.size,
        since=item.since,
        times=max(1, min(times, RETURNS + 1)),
        why=why,
    )


def silence(cause: str, *, by: str, now: datetime, until: datetime, why: str = "") -> Acknowledgement:
    """A silence of a cause that need not be there now, or of what a filter lets through."""
    return Acknowledgement(
        cause=cause,
        dealt=Dealt.SILENCED,
        by=by,
        at=now,
        until=until,
        severity=Severity.LOW,
        size=1,
        since=None,
        why=why,
    )


def next_return(judged_items: Iterable[Judged], now: datetime) -> datetime | None:
    """When the first item comes back by the clock alone; None: none does."""
    times: list[datetime] = []
    for one in judged_items:
        ack = one.by
        if ack is None:
            continue
        if ack.dealt is Dealt.TAKEN:
            times.extend([ack.at + RETURNS_AFTER] if ack.times <= RETURNS else [])
        elif ack.until is not None:
            times.append(ack.until)
    return min((at for at in times if at > now), default=None)
