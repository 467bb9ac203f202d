"""How ATTENTION is drawn, printed and counted: rows, the story under them, and the header's word."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from fleet_tui.domain.acknowledgement import RETURNS, RETURNS_AFTER, Acknowledgement, Dealt, Judged, Standing
from fleet_tui.domain.attention import Cost, Item, Severity
from fleet_tui.domain.money import decimal_text
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views.ages import age, fine_age, left
from fleet_tui.views.amounts import UNKNOWN, marked
from fleet_tui.views.as_json import time_text
from fleet_tui.views.attention import Attention
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, counted, said, word
from fleet_tui.views.sources import is_bad, nothing_to_show

_COLUMNS: Final = (
    Column(name="#", width=3, align=Align.RIGHT, priority=5),
    Column(name="SEV", width=4, priority=0),
    Column(name="WHAT", width=38, min_width=26, priority=0, flexible=True),
    Column(name="SINCE", width=5, priority=1),
    Column(name="COST SO FAR", width=11, min_width=9, priority=2),
    Column(name="DO", width=16, min_width=8, priority=3),
)
_FOR_COMMANDS: Final = (Column(name="ID", width=6, priority=0), *_COLUMNS[1:])
_ROLES: Final = {
    Severity.CRIT: Role.BAD,
    Severity.HIGH: Role.WARN,
    Severity.MED: Role.PLAIN,
    Severity.LOW: Role.DIM,
}


def attention_table(
    model: FleetModel,
    items: Sequence[Judged],
    now: datetime,
    *,
    ids: bool = False,
    at_most: int | None = None,
    filtered: str = "",
) -> TableView:
    """One row per cause; `ids` prints what a command takes instead of a number."""
    rows = [
        TableRow(key=one.item.cause, cells=_cells(one, number, now, ids=ids))
        for number, one in enumerate(items[:at_most], 1)
    ]
    return TableView(columns=_FOR_COMMANDS if ids else _COLUMNS, rows=tuple(rows), empty=_nothing(model, now, filtered))


def _nothing(model: FleetModel, now: datetime, filtered: str) -> SafeText:
    """Empty is one thing; that nobody has read anything yet is another."""
    statuses = list(model.statuses.values())
    if filtered:
        return nothing_to_show(statuses, now, filtered=filtered)[0]
    if not statuses or all(status.last_try_at is None for status in statuses):
        return nothing_to_show(statuses, now)[0]
    bad = sum(1 for status in statuses if is_bad(status, now))
    if bad:
        return SafeText(f"nothing else is known, but {counted(bad, 'source')} could not be read: that is not nothing")
    agents = counted(len(model.fleet), "agent")
    return SafeText(f"nothing needs you: {counted(len(statuses), 'source')} answered, {agents} looked at")


def _cells(one: Judged, number: int, now: datetime, *, ids: bool) -> tuple[Cell, ...]:
    item = one.item
    role = _ROLES[item.severity] if one.open else Role.DIM
    return (
        word(item.id if ids else str(number), Role.DIM),
        word(item.severity.value.upper(), role),
        Cell(name_cell(what(item), 256), Role.STRONG if one.open else Role.DIM),
        word(age(item.since, now) if item.since is not None else "-", Role.PLAIN if one.open else Role.DIM),
        _cost(item.cost),
        _do(one, now),
    )


def what(item: Item) -> str:
    """The whole sentence, unfit to draw as it is."""
    return f"{item.subject} {item.text}"


def cost_text(cost: Cost | None) -> str:
    """`$12.30~`, `>=$0.40~`, `? $47.00/h` where only the rate is known, `?`, and `-` where waiting costs nothing."""
    if cost is None:
        return "-"
    if cost.spent_micro is not None:
        text = marked(cost.spent_micro, cost.bases, at_least=cost.at_least)
        return f">=${text[2:]}" if text.startswith(">=") else f"${text}"
    if cost.per_hour_micro:
        return f"{UNKNOWN} ${marked(cost.per_hour_micro, ())}/h"
    return UNKNOWN


def _cost(cost: Cost | None) -> Cell:
    text = cost_text(cost)
    role = Role.DIM if text == "-" else Role.UNKNOWN if text.startswith(UNKNOWN) else Role.ESTIMATE
    return word(text, role)


def _do(one: Judged, now: datetime) -> Cell:
    if one.by is None or one.open:
        return word(" ".join(one.item.do) or "-", Role.KEY if one.item.do else Role.DIM)
    if one.standing is Standing.TAKEN:
        return said(f"taken {one.by.by}", Role.DIM, 32)
    return word(f"{one.standing} {left(one.by.until, now)}", Role.DIM)


def summary(model: FleetModel, attention: Attention, now: datetime) -> Line:
    """The line above the table."""
    since = min((one.item.since for one in attention.new if one.item.since is not None), default=None)
    oldest = f"  oldest {age(since, now)}" if since is not None else ""
    bad = sum(1 for status in model.statuses.values() if is_bad(status, now))
    away = len(attention.items) - attention.open
    line: list[Cell] = [
        word(f"{attention.open} open  ", Role.STRONG if attention.open else Role.GOOD),
        word(f"{len(attention.new)} new{oldest}", Role.WARN if attention.new else Role.DIM),
    ]
    if away:
        line.append(word(f"  {away} put off", Role.DIM))
    if bad:
        line.append(word(f"  {bad} of {counted(len(model.statuses), 'source')} not read", Role.STALE))
    line.append(word("   sort: severity, cost", Role.DIM))
    return tuple(line)


def story_lines(one: Judged, now: datetime, *, runbook: Sequence[str] = ()) -> list[Line]:
    """Why we say so, what waiting costs, who deals with it, and what to do."""
    item = one.item
    lines: list[Line] = [(said(what(item), Role.STRONG),)]
    lines.extend((said(text),) for text in item.lines)
    costs = cost_text(item.cost)
    hourly = item.cost.per_hour_micro if item.cost is not None else None
    if item.cost is not None:
        rate = f", ${marked(hourly, item.cost.bases)} an hour" if hourly is not None else ", no price is known"
        what_for = "its work has cost" if item.at_stake else "cost of waiting"
        began = "it was started" if item.at_stake else "it began"
        lines.append((word(f"{what_for} {costs}{rate} (rate x time since {began})", Role.ESTIMATE),))
    if item.since is not None:
        lines.append((word(f"since {fine_age(item.since, now)}, {item.since.astimezone(UTC):%H:%M}Z", Role.DIM),))
    if one.by is not None:
        lines.append((said(_dealt(one.by, now), Role.DIM),))
    lines.extend((said(text, Role.DIM),) for text in runbook)
    return lines


def _dealt(ack: Acknowledgement, now: datetime) -> str:
    why = f": {ack.why}" if ack.why else ""
    if ack.dealt is not Dealt.TAKEN:
        return f"{ack.dealt} by {ack.by} for another {left(ack.until, now)}{why}"
    back = f" or at {ack.at + RETURNS_AFTER:%H:%M}Z" if ack.times <= RETURNS else ""
    return f"taken by {ack.by} {fine_age(ack.at, now)} ago{why}; comes back when it changes{back}"


def header_cell(attention: Attention) -> Cell | None:
    """`! 3 new` in the colour of the worst; a dim count where somebody deals with all of it; None: nothing is open."""
    new = attention.new
    if new:
        worst = min((one.item.severity for one in new), key=lambda severity: severity.rank)
        return word(f"! {len(new)} new", Role.BAD if worst is Severity.CRIT else Role.WARN)
    return word(f"! {attention.open}", Role.DIM) if attention.open else None


def channel_words(status: ChannelStatus, now: datetime) -> Cell:
    """`notify ops told 7, the last 3m05s ago`, `notify ops FAILS 4m (HTTP 500)`."""
    if status.failures:
        return said(f"notify {status.name} FAILS {age(status.failing_since, now)} ({status.text})", Role.BAD)
    last = f", the last {fine_age(status.last_ok_at, now)} ago" if status.last_ok_at is not None else ""
    return said(f"notify {status.name} told {status.told}{last}")


def attention_row(one: Judged) -> dict[str, Any]:
    """One item for `--json`: exact texts."""
    item, cost = one.item, one.item.cost
    return {
        "id": item.id,
        "cause": item.cause,
        "severity": item.severity.value,
        "subject": item.subject,
        "text": item.text,
        "since": time_text(item.since),
        "usd_so_far": decimal_text(cost.spent_micro) if cost and cost.spent_micro is not None else None,
        "usd_per_hour": decimal_text(cost.per_hour_micro) if cost and cost.per_hour_micro is not None else None,
        "basis": sorted(basis.value for basis in cost.bases) if cost else [],
        "at_least": bool(cost and cost.at_least),
        "agents": list(item.handles),
        "source": item.source,
        "rows": item.size,
        "do": list(item.do),
        "why": list(item.lines),
        "standing": one.standing.value,
        "by": one.by.by if one.by else None,
        "at": time_text(one.by.at) if one.by else None,
        "until": time_text(one.by.until) if one.by else None,
    }
