"""What the agent in a sandbox does at a given moment: load, memory, lines. Pure, by behaviour and time."""

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from fleet_tui.emulator.world import Behaviour

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line an agent wrote."""

    at: datetime
    level: Level
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One agent's work in one sandbox. `turns_at` is when it stops working: it asks, fails or is forgotten."""

    behaviour: Behaviour
    chance: int
    since: datetime
    turns_at: datetime | None = None


_STEADY_LINES: tuple[tuple[Level, str], ...] = (
    (Level.INFO, "tool call: read 4 files"),
    (Level.INFO, "tool call: run tests"),
    (Level.INFO, "38 passed, 2 failed"),
    (Level.DEBUG, "context 61 % full"),
    (Level.INFO, "editing src/app/orders.py"),
    (Level.INFO, "tool call: git diff"),
    (Level.WARN, "retrying request after 429"),
    (Level.INFO, "plan updated: 3 of 7 steps done"),
    (Level.INFO, "committed 2 files"),
)
_LOOP_LINE = (Level.WARN, "test still fails, trying the same fix again")
_QUESTION = (Level.INFO, "waiting for approval: may I force-push to origin/main?")
_LAST_WORDS = (Level.ERROR, "fatal: out of memory, worker killed (exit 137)")
_FAILURES = ("out of memory", "exit status 137", "model quota exceeded")
_DRIFT_S = 240
_FILLS_UP_S = 600


def is_busy(work: Workload, now: datetime) -> bool:
    """Whether it works at that moment."""
    match work.behaviour:
        case Behaviour.STEADY | Behaviour.SPENDS | Behaviour.SHORT_TTL | Behaviour.LOOPS:
            return work.since <= now
        case Behaviour.WAITS | Behaviour.FAILS | Behaviour.LEAKS | Behaviour.ORPHAN | Behaviour.PAUSED:
            return work.since <= now and (work.turns_at is None or now < work.turns_at)
        case _:
            assert_never(work.behaviour)


def last_work_at(work: Workload, now: datetime) -> datetime:
    """The newest moment at which it did something."""
    if work.turns_at is not None and now >= work.turns_at:
        return max(work.since, work.turns_at)
    step = line_step_s(work)
    return max(work.since, _EPOCH + timedelta(seconds=_seconds(now) // step * step))


def cpu_pct(work: Workload, now: datetime) -> float:
    """Load of the whole box in percent, under 2 while it does not work."""
    noise = _noise(work, int(_seconds(now)) // 5)
    if not is_busy(work, now):
        return round(0.2 + 1.2 * noise, 2)
    base, spread = (88.0, 11.0) if work.behaviour in {Behaviour.LOOPS, Behaviour.SPENDS} else (14.0, 60.0)
    drift = _noise(work, int(_seconds(now)) // _DRIFT_S, salt=1)
    return round(base + spread * (0.4 * noise + 0.6 * drift), 2)


def mem_used_bytes(work: Workload, now: datetime, total_bytes: int) -> int:
    """Memory in use: moves slowly, grows to the brim in the ten minutes before a failure."""
    share = 0.18 + 0.3 * _noise(work, 0, salt=2) + 0.12 * _noise(work, int(_seconds(now)) // _DRIFT_S, salt=3)
    if work.behaviour is Behaviour.FAILS and work.turns_at is not None:
        left_s = (work.turns_at - now).total_seconds()
        share = max(share, min(0.97, 1.0 - left_s / _FILLS_UP_S))
    return int(total_bytes * share)


def disk_used_bytes(work: Workload, now: datetime, total_bytes: int) -> int:
    """Disk in use: a base image and what was written since."""
    grown = min(0.4, (now - work.since).total_seconds() / 86400 * 0.05)
    return int(total_bytes * (0.15 + 0.2 * _noise(work, 0, salt=4) + max(0.0, grown)))


def failure_of(work: Workload) -> str:
    """What it dies of, if it does."""
    return _FAILURES[work.chance % len(_FAILURES)]


def line_step_s(work: Workload) -> int:
    """Seconds from one line to the next while it works."""
    return 3 if work.behaviour is Behaviour.LOOPS else 5 + work.chance % 11


def lines(
    work: Workload, since: datetime, until: datetime, *, limit: int, newest_first: bool = False
) -> Sequence[Line]:
    """At most `limit` lines written in [since, until), from the old or the new end of that time."""
    found: list[Line] = []
    for line in _backward(work, since, until) if newest_first else _forward(work, since, until):
        if len(found) >= limit:
            break
        found.append(line)
    return found


def _forward(work: Workload, since: datetime, until: datetime) -> Iterator[Line]:
    step = line_step_s(work)
    for number in _numbers(work, since, until, step):
        yield _line(work, number, step)
    last = _last_line(work)
    if last is not None and since <= last.at < until:
        yield last


def _backward(work: Workload, since: datetime, until: datetime) -> Iterator[Line]:
    last = _last_line(work)
    if last is not None and since <= last.at < until:
        yield last
    step = line_step_s(work)
    for number in reversed(_numbers(work, since, until, step)):
        yield _line(work, number, step)


def _numbers(work: Workload, since: datetime, until: datetime, step: int) -> range:
    """The steps since the epoch that lie in [since, until) and in its working time; whole microseconds, so exact."""
    end = until if work.turns_at is None else min(until, work.turns_at)
    step_us = step * 1_000_000
    first, behind = (-(-((moment - _EPOCH) // _MICROSECOND) // step_us) for moment in (max(since, work.since), end))
    return range(first, behind)


def _line(work: Workload, number: int, step: int) -> Line:
    at = _EPOCH + timedelta(seconds=number * step)
    if work.behaviour is Behaviour.LOOPS:
        level, text = _LOOP_LINE
    else:
        level, text = _STEADY_LINES[int(_noise(work, number, salt=5) * len(_STEADY_LINES))]
    return Line(at=at, level=level, text=text)


def _last_line(work: Workload) -> Line | None:
    if work.turns_at is None or work.behaviour not in {Behaviour.WAITS, Behaviour.FAILS}:
        return None
    level, text = _QUESTION if work.behaviour is Behaviour.WAITS else _LAST_WORDS
    return Line(at=work.turns_at, level=level, text=text)


def turn_of(behaviour: Behaviour, born_at: datetime, now: datetime, die: random.Random) -> datetime | None:
    """When such an agent stops working, around `now`, the moment the world is looked at first."""
    match behaviour:
        case Behaviour.WAITS:
            return max(born_at, now + timedelta(seconds=die.uniform(-900, 240)))
        case Behaviour.FAILS:
            return now + timedelta(seconds=die.uniform(-600, 600))
        case Behaviour.LEAKS | Behaviour.ORPHAN:
            return born_at + timedelta(seconds=die.uniform(60, 1200))
        case Behaviour.PAUSED:
            return born_at + (now - born_at) * die.uniform(0.3, 0.9)
        case Behaviour.STEADY | Behaviour.LOOPS | Behaviour.SPENDS | Behaviour.SHORT_TTL:
            return None
        case _:
            assert_never(behaviour)


def _seconds(moment: datetime) -> float:
    return (moment - _EPOCH).total_seconds()


def _noise(work: Workload, bucket: int, *, salt: int = 0) -> float:
    """A number in [0, 1) that is always the same for one workload, bucket and salt."""
    return (zlib.crc32(b"%d.%d.%d" % (work.chance, bucket, salt)) & 0xFFFFFF) / 0x1000000
