"""Acknowledgements reach every reader and the audit; what was told outlives the collector."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Word, silence
from fleet_tui.domain.attention import Item, Severity
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.store.codecs_attention import (
    acknowledgement_of,
    acknowledgement_row,
    channel_of,
    channel_row,
    notice_of,
    notice_row,
)
from fleet_tui.store.retention import KEPT
from tests.support.facts import NOW
from tests.support.store_strategies import moments, opt_moments, texts
from tests.support.stores import Stores, loaded, stores

ITEM = Item(cause="agent:a:stuck", severity=Severity.HIGH, subject="a", text="no progress", since=NOW)
HOUR = timedelta(hours=1)


def take(held: Stores, item: Item = ITEM, *, by: str = "kim", after: timedelta = timedelta()) -> Acknowledgement:
    said = Word(actor=by, host="h", via="console", now=NOW + after)
    (ack,) = held.intents.acknowledge([item], Dealt.TAKEN, said)
    return ack


def test_another_console_sees_who_took_it_and_the_audit_says_so(opened: Stores) -> None:
    reader = opened.reader()
    picture = loaded(reader)
    ack = take(opened)
    picture.follow(reader)
    assert picture.acknowledgements == {ITEM.cause: ack}
    assert loaded(opened.reader()).acknowledgements == {ITEM.cause: ack}
    (line,) = reader.audit(limit=9)
    assert (line.actor, line.what, line.target, line.reason) == ("kim", "taken", ITEM.cause, "a no progress")
    assert reader.verify_audit() is None


def test_the_second_take_is_judged_against_the_first_whoever_took_it(opened: Stores) -> None:
    take(opened)
    assert take(opened, by="ada", after=5 * HOUR).times == 2
    assert take(opened, by="ada", after=6 * HOUR).times == 2


def test_a_silence_is_one_row_that_a_later_one_replaces(opened: Stores) -> None:
    reader = opened.reader()
    first, second = (silence("filter:team:ci", by="kim", now=NOW, until=NOW + n * HOUR, why="move") for n in (1, 2))
    opened.intents.silence(first, host="h", via="command")
    opened.intents.silence(second, host="h", via="command")
    assert list(loaded(reader).acknowledgements.values()) == [second]
    assert [line.what for line in reader.audit(limit=9)] == ["silenced", "silenced"]


def test_what_was_told_to_a_channel_is_known_after_a_restart_of_the_collector(tmp_path: Path) -> None:
    notice = Notice(channel="ops", cause=ITEM.cause, at=NOW, severity=Severity.HIGH, since=None)
    status = ChannelStatus(name="ops", last_try_at=NOW, last_ok_at=NOW, told=1)
    with stores(tmp_path / "s") as first:
        first.collector.keep_told(status, [notice])
        first.collector.keep_told(status, [notice])
    with stores(tmp_path / "s") as second:
        assert second.collector.notices() == (notice,)
        assert second.collector.channels() == (status,)
        assert loaded(second.reader()).channels == {"ops": status}


def test_they_are_dropped_when_their_time_is_over(opened: Stores) -> None:
    take(opened)
    notice = Notice(channel="ops", cause=ITEM.cause, at=NOW, severity=Severity.HIGH, since=None)
    opened.collector.keep_told(ChannelStatus(name="ops"), [notice])
    opened.collector.tidy(NOW + KEPT.acknowledgements - HOUR)
    assert opened.collector.notices()
    opened.collector.tidy(NOW + KEPT.acknowledgements + HOUR)
    assert not opened.collector.notices()
    assert not loaded(opened.reader()).acknowledgements


severities = st.sampled_from(Severity)
counts = st.integers(0, 2**40)


@given(
    st.builds(
        Acknowledgement,
        cause=texts,
        dealt=st.sampled_from(Dealt),
        by=texts,
        at=moments,
        until=opt_moments,
        severity=severities,
        size=counts,
        since=opt_moments,
        times=counts,
        why=texts,
    ),
    st.builds(
        ChannelStatus,
        name=texts,
        last_try_at=opt_moments,
        last_ok_at=opt_moments,
        failing_since=opt_moments,
        failures=counts,
        text=texts,
        told=counts,
        gone=st.booleans(),
    ),
    st.builds(Notice, channel=texts, cause=texts, at=moments, severity=severities, since=opt_moments),
)
def test_rows_give_back_what_was_put_in(ack: Acknowledgement, channel: ChannelStatus, notice: Notice) -> None:
    assert acknowledgement_of(acknowledgement_row(ack)) == ack
    assert channel_of(channel_row(channel)) == channel
    assert notice_of(notice_row(notice)) == notice
