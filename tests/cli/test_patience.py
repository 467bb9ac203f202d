"""How long a verb waits for sources that say nothing."""

from fleet_tui.commands.fleet import FAILING_WITHIN_S, worth_waiting_for
from fleet_tui.domain.identity import SourceName

GOOD, BAD = SourceName("good"), SourceName("bad")


def test_a_source_that_failed_when_it_was_last_tried_holds_nothing_up_for_long() -> None:
    both, bad = frozenset({GOOD, BAD}), frozenset({BAD})
    assert worth_waiting_for(both, bad, waited_s=0) == both
    assert worth_waiting_for(both, bad, waited_s=FAILING_WITHIN_S) == {GOOD}
    assert worth_waiting_for(bad, bad, waited_s=FAILING_WITHIN_S) == frozenset()
