"""The strip of sources: who was read when, and what is wrong with whom. Trouble stands first."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.reading import SourceState, SourceStatus, stale_after_s, state_at
from fleet_tui.domain.text import SafeText
from fleet_tui.views.ages import age, age_due, fine, fine_age
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line, Piece, counted, fitted, said, word

BAD: Final = frozenset({SourceState.STALE, SourceState.UNREACHABLE, SourceState.REFUSED})
CLOCK_OFF_S: Final = 60.0
EXACT_BELOW_S: Final = 600.0
"""From here on a vendor's clock that differs from ours is told: ages and ends of its rows are off by as much."""
_GAP: Final = " | "
_TICK: Final = timedelta(seconds=1)


def source_words(status: SourceStatus, now: datetime) -> Cell:
    """`e2b now`, `daytona STALE 1m12s (429, retry 38s)`, `stripe KEY REFUSED (401)`, `mem0 first reading`."""
    name = status.name
    since = fine_age(status.last_ok_at, now)
    match state_at(status, now):
        case SourceState.OK:
            empty = " (empty)" if status.rows == 0 else ""
            off = f" (its clock is {wrong})" if (wrong := clock_off(status)) else ""
            role = Role.WARN if off else Role.DIM if empty else Role.PLAIN
            return said(f"{name} {age(status.last_ok_at, now)}{empty}{off}", role)
        case SourceState.PARTIAL:
            why = f" ({status.notes[0]})" if status.notes else ""
            return said(f"{name} {age(status.last_ok_at, now)} PARTIAL{why}", Role.WARN, 80)
        case SourceState.STALE:
            return said(f"{name} STALE {since}{_trouble(status, now)}", Role.STALE)
        case SourceState.UNREACHABLE:
            seen = f" {since}" if status.last_ok_at else ", never read"
            return said(f"{name} UNREACHABLE{seen}{_trouble(status, now)}", Role.BAD)
        case SourceState.REFUSED:
            return said(f"{name} KEY REFUSED{_trouble(status, now)}", Role.BAD)
        case SourceState.NEW:
            return said(f"{name} first reading", Role.DIM)


def clock_off(status: SourceStatus) -> str:
    """`1h 0m ahead` of ours, `2m 10s behind`; empty where both clocks agree within a minute, or nobody can tell."""
    skew_s = status.clock_skew_s or 0.0
    if abs(skew_s) < CLOCK_OFF_S:
        return ""
    off_s = round(abs(skew_s))
    # How long the answer was under way is in it: a clock an hour off should say an hour.
    shown_s = 60 * round(off_s / 60) if off_s >= EXACT_BELOW_S else off_s
    return f"{fine(shown_s)} {'ahead' if skew_s > 0 else 'behind'}"


def _trouble(status: SourceStatus, now: datetime) -> str:
    words: list[str] = []
    if status.failure is not None:
        words.append(str(status.failure.status or status.failure.failure_class.value))
    if status.next_due_at is not None and status.next_due_at > now:
        words.append(f"retry {fine(int((status.next_due_at - now).total_seconds()))}")
    return f" ({', '.join(words)})" if words else ""


def is_bad(status: SourceStatus, now: datetime) -> bool:
    return state_at(status, now) in BAD


def strip(statuses: Iterable[SourceStatus], now: datetime, width: int) -> Line:
    """All sources in one line: those in trouble first; where there is no room, how many others are fine."""
    ordered = sorted(statuses, key=lambda status: (not is_bad(status, now), status.name))
    if not ordered:
        return (word("waiting for the first reading", Role.DIM),)
    bad = [status for status in ordered if is_bad(status, now)]
    fine_ones = [source_words(status, now) for status in ordered if not is_bad(status, now)]
    pieces = [Piece(cells=(source_words(status, now),), priority=0) for status in bad]
    if not fine_ones:
        return fitted(pieces, width, _GAP)
    every: list[Cell] = []
    for cell in fine_ones:
        every.extend((word(_GAP, Role.DIM), cell) if every else (cell,))
    count = f"other {len(fine_ones)} ok" if bad else f"{counted(len(fine_ones), 'source')} ok"
    return fitted([*pieces, Piece(cells=tuple(every), priority=0, shorter=(word(count),))], width, _GAP)


def strip_due(statuses: Iterable[SourceStatus], now: datetime) -> datetime | None:
    """When the strip prints something else although no fact changed: each second only while a source is in trouble."""
    times: list[datetime] = []
    for status in statuses:
        if is_bad(status, now):
            times.append(now + _TICK)
        elif status.last_ok_at is not None:
            times.append(age_due(status.last_ok_at, now) or now + _TICK)
            turns_stale = status.last_ok_at + timedelta(seconds=stale_after_s(status.cadence_s), milliseconds=1)
            if turns_stale > now:
                times.append(turns_stale)
    return min(times, default=None)


def nothing_to_show(
    statuses: Iterable[SourceStatus], now: datetime, *, filtered: str = "", empty: tuple[SafeText, ...] = ()
) -> tuple[SafeText, ...]:
    """What an empty table means: three different things, told apart in words."""
    listed = list(statuses)
    if filtered:
        return (said(f"nothing matches the filter {filtered}").text, SafeText("esc clears it"))
    if not listed:
        return (
            SafeText("waiting for the collector's first reading"),
            SafeText("fleet-tui collect --status tells whether one is alive"),
        )
    if all(state_at(status, now) is SourceState.NEW for status in listed):
        return (SafeText(f"reading {counted(len(listed), 'source')} for the first time"),)
    bad = [status for status in listed if is_bad(status, now)]
    if len(bad) == len(listed):
        return (
            SafeText("UNREACHABLE: no source can be read, and nothing is known from before"),
            *(source_words(status, now).text for status in bad[:6]),
        )
    if bad:
        return (
            SafeText("no agent is known, but not every source could be read: this is not an empty fleet"),
            *(source_words(status, now).text for status in bad[:6]),
        )
    if empty:
        return empty
    return (
        SafeText(f"EMPTY: {counted(len(listed), 'source')} answered in full, and there is no agent"),
        SafeText("start one here: fleet-tui run -- COMMAND"),
    )
