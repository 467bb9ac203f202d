"""Header, strip and empty screens tell what may act, what is known, and who could not be read."""

from datetime import timedelta

import pytest

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.views.book import text_of
from fleet_tui.views.header import Standing, header_line
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Piece, fitted, hung, word
from fleet_tui.views.sources import nothing_to_show, source_words, strip, strip_due
from tests.support.facts import NOW, failure, finding, next_delta, resource, status, total, whole


def a_model() -> FleetModel:
    model = FleetModel()
    model.apply(
        whole(
            resource("1", agent="a", phase=Phase.STUCK),
            resource("2", agent="b", phase=Phase.LOOPING),
            resource("3", agent="c", usd="31.5"),
            resource("4"),
        ),
        NOW,
    )
    model.apply(next_delta(2, totals=(total("a", "412"),), findings=(finding(resource("4").key),)), NOW)
    return model


def test_the_header_in_full() -> None:
    line = text_of(header_line(a_model(), Standing(fleet="prod"), NOW, 120))
    assert line == (
        "fleet prod  [RO]  12:00Z  3 agents  2 run 1 loop 1 stuck  1 unclaimed  1 orphan  $31.80~/h  today $412.00"
    )


def test_a_fleet_without_a_name_and_without_rows_says_neither_twice_nor_what_nobody_asked() -> None:
    model = FleetModel()
    model.apply(FleetDelta(store_id="t", revision=1, whole=True, statuses=(status(rows=0),)), NOW)
    assert text_of(header_line(model, Standing(fleet="fleet"), NOW, 120)) == "fleet  [RO]  12:00Z  0 agents"


def test_a_narrow_header_keeps_who_and_what_may_act() -> None:
    line = text_of(header_line(a_model(), Standing(fleet="prod", production=True), NOW, 40))
    assert line.startswith("fleet prod production")
    assert "[RO]" in line
    assert len(line) <= 40


@pytest.mark.parametrize(
    ("standing", "shown"),
    [
        (Standing(fleet="f"), "[RO]"),
        (Standing(fleet="f", window_until=NOW + timedelta(minutes=9, seconds=5)), "[RW 9m]"),
        (Standing(fleet="f", window_until=NOW + timedelta(seconds=5)), "[RW <1m]"),
        (Standing(fleet="f", window_until=NOW), "[RO]"),
        (Standing(fleet="f", read_only=True, window_until=NOW + timedelta(minutes=9)), "[RO]"),
    ],
)
def test_what_may_act(standing: Standing, shown: str) -> None:
    assert shown in text_of(header_line(a_model(), standing, NOW, 120))


def test_before_the_first_reading_nothing_is_counted() -> None:
    assert text_of(header_line(FleetModel(), Standing(fleet="f"), NOW, 120)).endswith("nothing was read yet")


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (status(), "e2b now"),
        (status(rows=0), "e2b now (empty)"),
        (status(ok_s=250, cadence_s=300), "e2b 4m"),
        (status(ok_s=72), "e2b STALE 1m12s"),
        (status(ok_s=72, failure=failure()), "e2b UNREACHABLE 1m12s (429)"),
        (status(ok_s=None, failure=failure()), "e2b UNREACHABLE, never read (429)"),
        (status(failure=failure(FailureClass.AUTH, status=401)), "e2b KEY REFUSED (401)"),
        (status(ok_s=None), "e2b first reading"),
    ],
)
def test_a_source_in_words(state: SourceStatus, shown: str) -> None:
    assert source_words(state, NOW).text == shown


def test_trouble_stands_first_and_the_rest_is_counted_where_there_is_no_room() -> None:
    statuses = [status("e2b"), status("mem0"), status("daytona", ok_s=72, failure=failure())]
    assert text_of(strip(statuses, NOW, 120)) == "daytona UNREACHABLE 1m12s (429) | e2b now | mem0 now"
    assert text_of(strip(statuses, NOW, 44)) == "daytona UNREACHABLE 1m12s (429) | other 2 ok"


def test_the_strip_falls_due_each_second_only_in_trouble() -> None:
    assert strip_due([status(ok_s=2)], NOW) == NOW + timedelta(seconds=28, milliseconds=1)
    assert strip_due([status(ok_s=2), status("x", ok_s=90)], NOW) == NOW + timedelta(seconds=1)
    assert strip_due([], NOW) is None


def test_empty_unreachable_and_unknown_are_told_apart() -> None:
    said = {
        nothing_to_show([], NOW)[0],
        nothing_to_show([status(ok_s=None)], NOW)[0],
        nothing_to_show([status(rows=0)], NOW)[0],
        nothing_to_show([status(ok_s=None, failure=failure())], NOW)[0],
        nothing_to_show([status(rows=0), status("x", ok_s=None, failure=failure())], NOW)[0],
        nothing_to_show([status()], NOW, filtered="team:x")[0],
    }
    assert len(said) == 6


def test_pieces_shorten_before_they_drop_and_drop_before_they_are_cut() -> None:
    pieces = [
        Piece(cells=(word("name"),), priority=0),
        Piece(cells=(word("a long thing"),), priority=1, shorter=(word("long"),)),
        Piece(cells=(word("extra"),), priority=2),
    ]
    assert text_of(fitted(pieces, 40)) == "name  a long thing  extra"
    assert text_of(fitted(pieces, 20)) == "name  a long thing"
    assert text_of(fitted(pieces, 12)) == "name  long"
    assert text_of(fitted(pieces, 5)) == "name"
    assert len(text_of(fitted(pieces, 3))) == 3


def test_while_rows_are_still_to_come_nothing_is_counted_and_no_money_added_up() -> None:
    model = FleetModel()
    row = resource("box", agent="bot")
    model.apply(FleetDelta(store_id="s", revision=1, whole=True, last=False, resources=(row,)), NOW)
    loading = text_of(header_line(model, Standing(fleet="prod"), NOW, 200))
    assert "loading" in loading
    assert "agent" not in loading
    assert "$" not in loading
    model.apply(FleetDelta(store_id="s", revision=1), NOW)
    assert "1 agent" in text_of(header_line(model, Standing(fleet="prod"), NOW, 200))


def test_what_failed_is_counted_apart_from_what_ended_and_stays_on_a_narrow_screen() -> None:
    rows = (("f", Phase.ENDED_FAILED), ("d", Phase.ENDED_OK), ("r", Phase.RUNNING))
    model = FleetModel()
    model.apply(whole(*(resource(name, agent=name, phase=phase) for name, phase in rows)), NOW)
    assert "1 run 1 failed 1 ended" in text_of(header_line(model, Standing(fleet="prod"), NOW, 120))
    narrow = text_of(header_line(model, Standing(fleet="prod"), NOW, 58))
    assert "1 failed" in narrow
    assert "   " not in narrow


def test_a_long_line_hangs_behind_its_label_and_loses_nothing() -> None:
    line = (word("task   "), word("one two three four five"), word(" and six"))
    rows = [text_of(row) for row in hung(line, 18, 7)]
    assert rows[0].startswith("task   one two")
    assert all(len(row.rstrip()) <= 18 for row in rows)
    assert all(row.startswith(" " * 7) for row in rows[1:])
    assert " ".join(" ".join(rows).split()) == "task one two three four five and six"
