"""Watched time: a gap in our own watching proves nothing, so an age that ends in a verdict counts this only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fleet_tui.domain.dataclass import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Watch:
    """A span in which a source was read without a gap."""

    start: datetime
    end: datetime


def watched_s(spans: Sequence[Watch], since: datetime, until: datetime) -> float:
    """How many seconds between `since` and `until` the source was watched. Spans do not overlap."""
    return sum(max((min(span.end, until) - max(span.start, since)).total_seconds(), 0.0) for span in spans)


def extended(spans: Sequence[Watch], at: datetime, longest_gap_s: float) -> tuple[Watch, ...]:
    """Spans after a good reading at `at`: the last one grows, or a new one begins after a gap or a clock jump.

    A reading before the last one's end says that the clock was set back: what is told of later times was watched in
    times that come once more, and proves nothing of those.
    """
    if spans and timedelta() <= at - spans[-1].end <= timedelta(seconds=longest_gap_s):
        return (*spans[:-1], Watch(spans[-1].start, at))
    return (*before(spans, at), Watch(at, at))


def before(spans: Sequence[Watch], at: datetime) -> tuple[Watch, ...]:
    """What of the spans lies before `at`."""
    return tuple(Watch(span.start, min(span.end, at)) for span in spans if span.start < at)
