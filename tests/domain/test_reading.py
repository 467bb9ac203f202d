"""What a source's last reading lets somebody trust."""

from dataclasses import replace
from datetime import timedelta

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceStatus, knows
from tests.support.facts import NOW, failure

READ = SourceStatus(
    name=SourceName("e2b"), provider="e2b", cadence_s=5.0, last_ok_at=NOW, last_try_at=NOW, latency_ms=400
)


def test_a_reading_knows_what_was_there_when_it_began_and_not_what_came_while_it_went_on() -> None:
    assert knows(READ, NOW - timedelta(milliseconds=401))
    assert not knows(READ, NOW - timedelta(milliseconds=399))
    assert not knows(READ, NOW)


def test_a_source_that_was_never_read_or_fails_now_knows_nothing() -> None:
    assert not knows(SourceStatus(name=READ.name, provider="e2b", cadence_s=5.0), NOW - timedelta(days=1))
    assert not knows(replace(READ, failure=failure(FailureClass.TIMEOUT)), NOW - timedelta(days=1))
