"""Finding in the console: filters in every view, the command line, the palette, and the way back."""

from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from fleet_tui.domain.action import Verb
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.spend import AT_ONCE_AGENTS
from fleet_tui.ui.widgets.view_table import AT_ONCE_ROWS
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front, opened, writing
from tests.support.facts import NOW, finding, key, next_delta, resource, total, whole
from tests.support.wait import eventually_async

WIDE = (120, 32)
SMALL = (80, 24)


def a_mixed_fleet() -> FleetDelta:
    fleet = whole(
        resource("s1", agent="ci-fix-07", team="ci", phase=Phase.STUCK, usd="2"),
        resource("s2", agent="ci-fix-08", team="ci", usd="1"),
        resource("s3", agent="etl-3", team="data", usd="3"),
        resource("key-1", kind=Kind.API_KEY, agent="ci-fix-07"),
    )
    return replace(fleet, findings=(finding(key("s3"), RuleName.IDLE), finding(key("s2"), RuleName.IDLE)))


def order(desk: Desk) -> list[str]:
    return list(desk.app.pane.table.order)


def shown(desk: Desk) -> str:
    return desk.app.pane.view.value


async def typed(pilot: Pilot[None], text: str) -> None:
    """As a fast typist: all keys at once."""
    for char in text:
        pilot.app.post_message(events.Key(char, char))
    await pilot.pause()


async def narrowed(desk: Desk, pilot: Pilot[None], expected: list[str]) -> None:
    async def so() -> bool:
        await pilot.pause()
        return order(desk) == expected

    try:
        await eventually_async(so, what=str(expected))
    except AssertionError as error:
        raise AssertionError(f"{error}, but {order(desk)}\n{desk.text()}") from error


async def test_every_view_narrows_keeps_its_own_filter_and_counts() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("4")
        both = order(desk)
        assert len(both) == 2
        await pilot.press("slash", *"team:data", "enter")
        await desk.shows(pilot, "SPRAWL filter team:data   1 of 2")
        await pilot.press("2", "slash", *"!ci", "enter")
        await narrowed(desk, pilot, ["data"])
        await pilot.press("4")
        await desk.shows(pilot, "SPRAWL filter team:data")
        await pilot.press("escape")
        await narrowed(desk, pilot, both)
        assert shown(desk) == View.SPRAWL
        await pilot.press("escape")
        assert shown(desk) == View.FLEET


async def test_spend_is_about_what_its_filter_lets_through_totals_too() -> None:
    fleet = whole(
        resource("s1", agent="ci-fix-07", team="ci", owner="kim", usd="2"),
        resource("s2", agent="ci-fix-08", team="ci", owner="lee", usd="1"),
        resource("s3", agent="etl-3", team="data", owner="kim", usd="4"),
    )
    spent = (total("ci-fix-07", "10", team="ci"), total("ci-fix-08", "20", team="ci"), total("etl-3", "5", team="data"))
    desk = Desk(replace(fleet, totals=spent))
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("2")
        await desk.shows(pilot, "now $7.00~ an hour   today $35.00")
        await pilot.press("slash", *"owner:kim", "enter")
        await desk.shows(pilot, "now $6.00~ an hour   today $15.00")
        assert order(desk) == ["ci", "data"]
        money = desk.app.pane.money_subject()
        assert money is not None
        assert money.today is not None
        assert money.today.amounts == {"usd": 10_000_000}
        await pilot.press("slash", "ctrl+u", *"owner:nobody", "enter")
        await desk.shows(pilot, "nothing matches the filter owner:nobody")
        await pilot.press("escape")
        await desk.shows(pilot, "now $7.00~ an hour   today $35.00")


async def test_spend_of_a_long_fleet_is_added_up_between_frames() -> None:
    rows = AT_ONCE_AGENTS + 200
    fleet = whole(*(resource(f"s{n}", agent=f"a{n}", team=f"t{n % 4}", usd="1") for n in range(rows)))
    desk = Desk(replace(fleet, totals=tuple(total(f"a{n}", "1", team=f"t{n % 4}") for n in range(rows))))
    async with desk.open(WIDE, rows) as pilot:
        await pilot.press("2")
        await desk.shows(pilot, f"today ${rows}.00")
        await desk.shows(pilot, "a100 1.00 at 1.00~/h")
        await pilot.press("slash", *"team:t1", "enter")
        await desk.shows(pilot, f"today ${rows // 4}.00")
        assert order(desk) == ["t1"]
        desk.reader.put(next_delta(2, totals=(total("a1", "101", team="t1"),)))
        await desk.shows(pilot, f"today ${rows // 4 + 100}.00")


async def test_the_audit_is_narrowed_by_what_stands_in_a_line() -> None:
    desk = Desk(a_fleet())
    desk.reader.told_audit = tuple(
        AuditRow(
            seq=n, at=NOW, actor=actor, host="h", via="console", what="kill", target="", incarnation="",
            outcome="done", reason="", why="", intent_id="", action_id="", hash="ab",
        )
        for n, actor in enumerate(("kim", "lee", "kim"))
    )  # fmt: skip
    async with desk.open(WIDE) as pilot:
        await pilot.press("6")
        await desk.shows(pilot, "lee")
        await pilot.press("slash", *"lee", "enter")
        await narrowed(desk, pilot, ["1"])
        await pilot.press("slash", "backspace", "backspace", "backspace", *"nobody", "enter")
        await desk.shows(pilot, "nothing here matches the filter nobody")


async def test_a_long_table_is_narrowed_between_frames() -> None:
    rows = AT_ONCE_ROWS + 500
    fleet = whole(*(resource(f"s{n}", agent=f"a{n}", team=f"t{n % 5}") for n in range(rows)))
    desk = Desk(replace(fleet, findings=tuple(finding(key(f"s{n}"), RuleName.IDLE) for n in range(rows))))
    async with desk.open(WIDE, rows) as pilot:
        await pilot.press("4", "slash", *"team:t3", "enter")
        await desk.shows(pilot, f"{rows // 5} of {rows}")
        assert len(order(desk)) == rows // 5


async def test_a_mistake_keeps_the_last_good_filter_and_letters_rank() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("slash", *"team:ci")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08"])
        await desk.shows(pilot, "2 of 3")
        await pilot.press(*" usd:x..")
        await desk.shows(pilot, "x is not an amount")
        assert len(order(desk)) == 2
        await pilot.press("ctrl+u", *"-f cf8", "enter")
        await narrowed(desk, pilot, ["ci-fix-08"])
        await desk.shows(pilot, "sort best match")


async def test_the_cursor_stays_with_its_agent_under_a_filter() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        desk.app.fleet_pane.table.move_to_key("ci-fix-08")
        await pilot.press("slash", *"ci", "enter")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08"])
        assert desk.app.pane.handle_under_cursor() == "ci-fix-08"
        await pilot.press("escape")
        await narrowed(desk, pilot, ["ci-fix-07", "etl-3", "ci-fix-08"])
        assert desk.app.pane.handle_under_cursor() == "ci-fix-08"


async def test_tab_completes_with_what_exists_and_up_brings_back_what_was_typed() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("slash", *"tea")
        await desk.shows(pilot, "team:")
        await pilot.press("tab", *"d", "tab", "enter")
        await narrowed(desk, pilot, ["etl-3"])
        assert desk.app.pane.filter.text == "team:data"
        await pilot.press("escape", "slash", *"state:", "tab")
        assert desk.app.query_one("#filter-text", Input).value == "state:run"
        await pilot.press("tab")
        assert desk.app.query_one("#filter-text", Input).value == "state:stuck"
        await pilot.press("shift+tab")
        assert desk.app.query_one("#filter-text", Input).value == "state:run"
        await pilot.press("escape", "slash", "up")
        assert desk.app.query_one("#filter-text", Input).value == "team:data"


async def test_a_question_mark_explains_the_words_and_is_a_letter_inside_one() -> None:
    desk = Desk(a_fleet())
    async with desk.open(SMALL) as pilot:
        await pilot.press("slash", "question_mark")
        await desk.shows(pilot, "words of a filter")
        await desk.shows(pilot, "-l env=prod")
        await pilot.press("escape", *"~x", "question_mark")
        assert desk.app.query_one("#filter-text", Input).value == "~x?"


@pytest.mark.parametrize(
    "garbage",
    ["\x1b[31mred\x07\x00", "\u202eevil\u2066", "x" * 100_000, "\n\n\r\n", "a\nb", ""],
    ids=["control", "bidi", "100 kB", "line ends", "two lines", "nothing"],
)
async def test_whatever_is_pasted_is_one_short_safe_line(garbage: str) -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        for opener, box in (("slash", "#filter-text"), ("colon", "#command-text"), ("ctrl+p", "#palette-text")):
            await pilot.press(opener)
            desk.app.post_message(events.Paste(garbage))
            await pilot.pause()
            value = desk.app.query_one(box, Input).value
            assert len(value) <= 500
            assert value.isprintable()
            assert "\u202e" not in value
            await pilot.press("escape")
            assert desk.app.focused is desk.app.pane.table


async def test_one_command_line_takes_a_view_a_filter_and_a_source() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("colon", *"sprawl team:ci @e2b", "enter")
        await desk.shows(pilot, "SPRAWL filter team:ci source:e2b   1 of 2")
        await pilot.press("colon", *"fa", "enter")
        await desk.shows(pilot, "failing now")
        await pilot.press("colon", *"fleet @nowhere", "enter")
        await desk.shows(pilot, "there is no source nowhere: there is e2b")
        await pilot.press("ctrl+u", *"spned", "enter")
        await desk.shows(pilot, "there is no command spned: did you mean spend?")
        await pilot.press("ctrl+u", *"spend", "enter")
        await desk.shows(pilot, "SPEND")
        await pilot.press("colon", "up", "up")
        assert desk.app.query_one("#command-text", Input).value == "fa"
        await pilot.press("ctrl+u", *"theme light", "enter")

        async def light() -> bool:
            await pilot.pause()
            return desk.app.theme == "light"

        await eventually_async(light)
        await pilot.press("colon", *"theme pink", "enter")
        await desk.shows(pilot, "there is no theme pink")
        await pilot.press("escape", "colon", *"q!", "enter")

        async def out() -> bool:
            return not desk.app.is_running

        await eventually_async(out)


async def test_what_is_typed_right_behind_the_colon_is_the_command_and_no_verb() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        for name, char in (("colon", ":"), ("p", "p"), ("m", "m"), ("r", "r")):
            desk.app.post_message(events.Key(name, char))
        await desk.shows(pilot, ": pmr")
        assert not desk.app.in_front


async def test_the_key_behind_enter_goes_where_enter_leads_and_a_verb_means_whom_it_meant_at_enter() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        under = desk.app.pane.handle_under_cursor()
        keys = ["slash", "c", "i", "enter", "colon", "k", "i", "l", "l", "enter", "j", "j"]
        for key_ in keys:
            char = {"slash": "/", "colon": ":"}.get(key_, key_)
            desk.app.post_message(events.Key(key_, char if len(char) == 1 else None))
        await front(desk, pilot)
        assert "KILL 1 sandbox" in desk.text()
        assert str(under) in desk.text().split("KILL 1 sandbox")[1]
        assert desk.app.fleet_pane.filter.text == "ci"


async def test_a_verb_on_the_command_line_opens_its_plan_and_no_more() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("colon", *"kill team:ci", "enter")
        await front(desk, pilot)
        assert "KILL 2 sandboxes" in desk.text()
        assert "type  kill 2  to go ahead" in desk.text()
        await pilot.press("escape", "colon", *"kill", "enter")
        await front(desk, pilot)
        assert "KILL 1 sandbox" in desk.text()
        await pilot.press("escape", "colon", *"kill etl", "enter")
        await desk.shows(pilot, "etl-3")
        assert not desk.app.in_front
        assert desk.intents.acts == 0


async def test_a_final_verb_always_asks_for_the_typed_word() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("colon", *"revoke", "enter")
        await desk.shows(pilot, "revoke needs more: :revoke ID...")
        await pilot.press(*" s1", "enter")
        await desk.shows(pilot, "revoke does not touch a sandbox: use")
        await pilot.press("ctrl+u", *"revoke k", "tab", "enter")
        await front(desk, pilot)
        assert "REVOKE" in desk.text()
        await pilot.press("escape")
        assert desk.intents.acts == 0


async def test_the_palette_finds_commands_views_and_agents() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(SMALL, 3) as pilot:
        await pilot.press("ctrl+p")
        await desk.shows(pilot, "fleet")
        await typed(pilot, "etl")
        await pilot.press("enter")

        async def there() -> bool:
            await pilot.pause()
            return desk.app.pane.handle_under_cursor() == "etl-3"

        await eventually_async(there, what="the cursor on etl-3")
        await pilot.press("ctrl+p", *"sprwl", "enter")
        await desk.shows(pilot, "SPRAWL")
        await pilot.press("ctrl+p", *"revoke", "enter")
        await desk.shows(pilot, "   key-1")
        await pilot.press("escape", "ctrl+p", "escape")
        assert desk.app.focused is desk.app.pane.table


async def test_back_and_forward_bring_back_view_filter_order_and_row() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.open(WIDE, 3) as pilot:
        await pilot.press("left_square_bracket")
        await desk.shows(pilot, "nothing to go back to")
        await pilot.press("N", "slash", *"team:ci", "enter")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08"])
        await pilot.press("j")
        assert desk.app.pane.handle_under_cursor() == "ci-fix-08"
        await pilot.press("2")
        await desk.shows(pilot, "SPEND")
        await pilot.press("1", "escape")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08", "etl-3"])
        await pilot.press("left_square_bracket")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08"])
        await pilot.press("left_square_bracket")
        assert shown(desk) == View.SPEND
        await pilot.press("right_square_bracket")
        await narrowed(desk, pilot, ["ci-fix-07", "ci-fix-08"])
        assert desk.app.pane.handle_under_cursor() == "ci-fix-08"
        await pilot.press("minus")
        assert shown(desk) == View.SPEND


async def test_every_verb_and_view_is_a_command() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("ctrl+a")
        await desk.shows(pilot, "commands")
        for name in (*View, *Verb):
            await desk.shows(pilot, f":{name}")


async def test_what_is_typed_replaces_the_filter_that_stands_there_and_end_keeps_it() -> None:
    desk = Desk(a_mixed_fleet())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 3)
        for line, expected in (("fix-07", ["ci-fix-07"]), ("etl", ["etl-3"])):
            await pilot.press("slash", *line, "enter")
            await narrowed(desk, pilot, expected)
        await pilot.press("slash", "end", *"-9", "enter")
        await narrowed(desk, pilot, [])
