"""ATTENTION over a model: what it lists, what the header counts, and the three screens that are not the same."""

from collections.abc import Callable
from datetime import timedelta

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Standing, acknowledged, silence
from fleet_tui.domain.attention import Item
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.filter import parse_to_look
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.domain.resource import Resource
from fleet_tui.views.attention import COUNTED, CROWD, CROWD_STANDS, LOOK, Attention, AttentionBook, within
from fleet_tui.views.attention_rows import attention_row, attention_table, header_cell, story_lines, summary
from fleet_tui.views.book import text_of
from fleet_tui.views.header import Standing as Hands
from fleet_tui.views.header import header_line
from fleet_tui.views.model import FleetModel
from tests.support import facts
from tests.support.facts import NOW, next_delta, whole
from tests.support.models import model_of
from tests.support.stores import intent

HOUR = timedelta(hours=1)


STUCK = facts.resource("s1", agent="etl", phase=Phase.STUCK, team="data", usd="0.60", since_s=600)
WAITS = facts.resource("w1", agent="bot", phase=Phase.WAITING, team="ci", usd=None)
RUNS = facts.resource("r1", agent="fine", team="ci")


def look(model: FleetModel, now_after: timedelta = timedelta()) -> Attention:
    return AttentionBook(model).look(NOW + now_after)


def take(item: Item) -> Acknowledgement:
    return acknowledged(item, Dealt.TAKEN, None, by="kim", now=NOW)


def rows(model: FleetModel, attention: Attention) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in attention_table(model, attention.items, NOW).rows]


def test_each_row_says_how_bad_what_since_when_what_it_cost_and_what_to_press() -> None:
    model = model_of(STUCK, WAITS, RUNS)
    assert rows(model, look(model)) == [
        ["1", "HIGH", "etl no progress: test", "10m", "$0.10~", "l r ^k m"],
        ["2", "HIGH", "bot waits for you: test", "11m", "?", "l p"],
    ]


def test_what_nobody_needs_to_do_is_not_listed() -> None:
    model = model_of(RUNS)
    assert look(model).items == ()
    assert header_cell(look(model)) is None


def test_empty_stale_and_unreachable_are_three_screens() -> None:
    fine, stale, down, new = model_of(RUNS), model_of(RUNS), model_of(RUNS), FleetModel()
    failure = facts.failure(FailureClass.PROVIDER_DOWN, status=503)
    stale.apply(next_delta(2, statuses=(facts.status(ok_s=600),)), NOW)
    down.apply(next_delta(2, statuses=(facts.status(ok_s=600, failure=failure),)), NOW)
    assert attention_table(fine, (), NOW).empty == "nothing needs you: 1 source answered, 1 agent looked at"
    assert attention_table(new, (), NOW).empty == "waiting for the collector's first reading"
    assert rows(stale, look(stale))[0][1:3] == ["MED", "e2b not read, 1 row unknown"]
    assert rows(down, look(down))[0][1:3] == ["HIGH", "e2b unreachable, 1 row unknown (503)"]
    assert rows(down, look(down))[0][4] == "? $0.10/h"
    assert "1 of 1 source not read" in text_of(summary(stale, look(stale), NOW))


def test_several_sources_that_nobody_read_are_one_item_about_the_collector() -> None:
    model = model_of(RUNS, facts.resource("d1", source="daytona"))
    model.apply(next_delta(2, statuses=(facts.status("e2b", ok_s=600), facts.status("daytona", ok_s=600))), NOW)
    assert [one.item.cause for one in look(model).items] == ["not-read"]


def test_the_header_counts_what_nobody_took_and_drops_the_hint_first() -> None:
    model = model_of(STUCK, WAITS)
    attention = look(model)
    hands = Hands(fleet="prod")
    wide = text_of(header_line(model, hands, NOW, 120, attention=attention))
    narrow = text_of(header_line(model, hands, NOW, 40, attention=attention))
    assert "! 2 new  (press !)" in wide
    assert "! 2 new" in narrow
    assert "press" not in narrow


def test_what_was_taken_goes_to_the_end_with_the_name_of_who_took_it() -> None:
    model = model_of(STUCK, WAITS)
    model.apply(next_delta(2, acknowledgements=(take(look(model).items[0].item),)), NOW)
    attention = look(model)
    assert [row[2] for row in rows(model, attention)] == ["bot waits for you: test", "etl no progress: test"]
    assert rows(model, attention)[1][5] == "taken kim"
    assert (attention.open, len(attention.new)) == (2, 1)
    assert any("taken by kim" in text_of(line) for line in story_lines(attention.items[1], NOW))


def test_it_comes_back_a_severity_up_and_is_taken_as_it_was_found() -> None:
    model = model_of(STUCK)
    model.apply(next_delta(2, acknowledgements=(take(look(model).items[0].item),)), NOW)
    later = AttentionBook(model).look(NOW + 4 * HOUR)
    back = next(one for one in later.items if one.item.handles == ("etl",))
    assert (back.standing, back.item.severity, back.plain.severity) == (Standing.OPEN, "crit", "high")


def test_a_silence_of_a_filter_covers_whom_it_lets_through_while_it_lasts() -> None:
    model = model_of(STUCK, WAITS)
    over = silence("filter:team:data", by="kim", now=NOW, until=NOW + HOUR)
    model.apply(next_delta(2, acknowledgements=(over,)), NOW)
    assert {one.item.subject: one.standing for one in look(model).items} == {
        "etl": Standing.SILENCED,
        "bot": Standing.OPEN,
    }
    assert look(model, HOUR).of(["etl"])[0].open
    everything = silence("filter:all:", by="kim", now=NOW, until=NOW + HOUR)
    model.apply(next_delta(3, acknowledgements=(everything,)), NOW)
    assert look(model).new == ()


def test_a_filter_narrows_the_list_by_agent_by_source_and_by_what_an_item_says() -> None:
    model = model_of(STUCK, WAITS)
    model.apply(next_delta(2, statuses=(facts.status("stripe", failure=facts.failure(FailureClass.AUTH)),)), NOW)
    items = look(model).items
    for text, subjects in (("team:ci", ["bot"]), ("source:stripe", ["stripe"]), ("waits", ["bot"]), ("no-such", [])):
        assert [one.item.subject for one in within(model, parse_to_look([text]), items, NOW)] == subjects


def settled(number: int, outcome: Done | Refused | Failed) -> ActionRecord:
    one = intent("i", RUNS.target)
    return ActionRecord(
        action_id=f"i{number}.0",  # type: ignore[arg-type]
        intent_id=one.intent_id,
        verb=one.verb,
        params=one.params,
        target=RUNS.target,
        name="fine",
        actor="ada",
        host="h",
        via="console",
        why="",
        submitted_at=NOW + timedelta(seconds=number),
        not_after=NOW + HOUR,
        state=ActionState.SETTLED,
        outcome=outcome,
        settled_at=NOW,
    )


def test_an_action_that_expired_or_failed_stands_here_until_the_same_succeeds() -> None:
    model = model_of(RUNS)
    model.apply(next_delta(2, actions=(settled(1, Refused(RefusalReason.EXPIRED, "too late")),)), NOW)
    assert [row[2] for row in rows(model, look(model))] == ["fine kill expired, never sent: too late"]
    model.apply(next_delta(3, actions=(settled(2, Failed(FailureClass.TIMEOUT, "no answer", uncertain=True)),)), NOW)
    assert sorted(one.item.text for one in look(model).items) == [
        "kill expired, never sent: too late",
        "kill may have failed, uncertain: no answer",
    ]
    model.apply(next_delta(4, actions=(settled(3, Done()),)), NOW)
    assert look(model).items == ()
    model.apply(next_delta(5, actions=(settled(4, Refused(RefusalReason.GONE, "it has ended")),)), NOW)
    assert look(model).items == ()


def test_an_end_that_comes_near_is_found_when_it_is_near_and_not_once_it_moved() -> None:
    model = model_of(facts.resource("a", agent="a", ends_in_s=1200))
    model.apply(next_delta(2, vitals=(facts.vitals(facts.key("a"), signal_s=-600),)), NOW)
    book = AttentionBook(model)
    assert book.look(NOW).items == ()
    assert book.due(NOW) == NOW + timedelta(seconds=600)
    near = next(one for one in book.look(NOW + timedelta(seconds=700)).items if one.item.handles)
    assert near.item.text == "ends in 8 min while working"
    told = "\n".join(text_of(line) for line in story_lines(near, NOW + timedelta(seconds=700)))
    assert "its work has cost $" in told
    assert "since it was started" in told
    model.apply(next_delta(3, resources=(facts.resource("a", agent="a", ends_in_s=7200),)), NOW)
    assert not any(one.item.handles for one in book.look(NOW + timedelta(seconds=700)).items)


def test_agents_that_failed_and_left_fleet_are_one_item() -> None:
    model = model_of(*(facts.resource(f"f{n}", agent=f"f{n}", phase=Phase.ENDED_FAILED, since_s=3600) for n in (1, 2)))
    assert [row[2] for row in rows(model, look(model))] == ["2 agents failed or were lost earlier"]


def test_nothing_is_looked_for_again_while_nothing_moved() -> None:
    model = model_of(STUCK)
    book = AttentionBook(model)
    first = book.look(NOW)
    assert book.look(NOW + timedelta(seconds=9)) is first
    assert book.look(NOW + timedelta(seconds=10)) is not first
    again = book.look(NOW + timedelta(seconds=11))
    model.apply(next_delta(2, resources=(WAITS,)), NOW)
    assert book.look(NOW + timedelta(seconds=11)) is not again


def test_json_says_every_field_and_null_for_what_nobody_knows() -> None:
    model = model_of(STUCK, WAITS)
    known, unknown = (attention_row(one) for one in look(model).items)
    assert (known["usd_so_far"], known["usd_per_hour"], known["standing"]) == ("0.1", "0.6", "open")
    assert (unknown["usd_so_far"], unknown["agents"], unknown["by"]) == (None, ["bot"], None)


def stuck(number: int) -> Resource:
    return facts.resource(f"s{number}", agent=f"a{number}", phase=Phase.STUCK)


def sizes(book: AttentionBook, after: timedelta) -> list[int]:
    return [one.item.size for one in book.look(NOW + after).items]


def test_a_crowd_is_counted_again_two_seconds_later_and_no_later() -> None:
    model = model_of(*map(stuck, range(CROWD + 1)))
    book, second = AttentionBook(model), timedelta(seconds=1)
    assert sizes(book, timedelta()) == [CROWD + 1]
    assert book.due(NOW) is None

    model.apply(next_delta(2, resources=(stuck(CROWD + 1),)), NOW)
    assert sizes(book, second) == [CROWD + 1]
    assert book.due(NOW + second) == NOW + CROWD_STANDS
    assert sizes(book, CROWD_STANDS) == [CROWD + 2]
    assert book.due(NOW + CROWD_STANDS) is None


def test_what_somebody_takes_of_a_crowd_is_taken_at_once() -> None:
    model = model_of(*map(stuck, range(CROWD + 1)))
    book = AttentionBook(model)
    (one,) = book.look(NOW).items
    model.apply(next_delta(2, acknowledgements=(take(one.item),)), NOW)
    assert [taken.standing for taken in book.look(NOW + timedelta(seconds=1)).items] == [Standing.TAKEN]


def test_few_are_counted_at_each_change() -> None:
    model = model_of(*map(stuck, range(3)))
    book = AttentionBook(model)
    assert sizes(book, timedelta()) == [3]
    model.apply(next_delta(2, resources=(stuck(3),)), NOW)
    assert sizes(book, timedelta(seconds=1)) == [4]


def test_of_another_store_nothing_is_left() -> None:
    model = model_of(*map(stuck, range(CROWD + 1)))
    book = AttentionBook(model)
    book.look(NOW)
    model.apply(whole(*map(stuck, range(CROWD + 5, 2 * CROWD + 10))), NOW)
    assert sizes(book, timedelta(seconds=1)) == [CROWD + 5]


def test_a_crowd_is_looked_through_beside_and_shown_when_that_is_done() -> None:
    model = model_of(*map(stuck, range(CROWD + 1)))
    looks: list[Callable[[], Callable[[], None]]] = []
    book = AttentionBook(model, looks.append)
    assert sizes(book, timedelta()) == []
    assert sizes(book, timedelta(seconds=1)) == []

    [look] = looks
    look()()
    assert sizes(book, timedelta(seconds=1)) == [CROWD + 1]
    assert len(looks) == 1


def test_a_crowd_that_did_not_move_is_looked_through_once_a_minute_for_what_it_costs() -> None:
    model = model_of(*map(stuck, range(CROWD + 1)))
    looks: list[Callable[[], Callable[[], None]]] = []
    book = AttentionBook(model, looks.append)
    book.look(NOW)
    looks.pop()()()
    first = book.look(NOW)
    for seconds in (10, 30, 59):
        assert CROWD + 1 in sizes(book, timedelta(seconds=seconds))
    assert not looks

    minute = NOW + COUNTED + LOOK
    book.look(minute)
    looks.pop()()()
    costs = [attention.items[0].item.cost for attention in (first, book.look(minute))]
    earlier, later = (cost.spent_micro for cost in costs if cost is not None)
    assert (earlier or 0) < (later or 0)


def test_who_failed_is_told_as_earlier_once_it_left_fleet() -> None:
    model = model_of(facts.resource("f1", agent="f1", phase=Phase.ENDED_FAILED, since_s=899))
    book = AttentionBook(model)
    assert [row[2] for row in rows(model, book.look(NOW))] == ["f1 failed: test"]
    later = NOW + timedelta(seconds=11)
    model.expire(later)
    assert [row[2] for row in rows(model, book.look(later))] == ["1 agent failed or was lost earlier"]
