"""SPEND over windows of days, and the story of one group."""

from dataclasses import replace
from datetime import timedelta

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.model import FleetModel
from fleet_tui.views.spend import GroupBy, Window, spend_lines, spend_table
from fleet_tui.views.spend_detail import group_lines
from fleet_tui.views.table_text import plain
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, status, total, whole


def a_fleet() -> FleetModel:
    model = FleetModel()
    model.apply(
        whole(
            resource("1", agent="a", team="ci", usd="1"),
            resource("2", agent="b", team="ci", usd="2"),
            resource("3", agent="c", team="ml", usd="1"),
        ),
        NOW,
    )
    totals = (
        total("a", "10", team="ci"),
        total("b", "2", team="ci", source="daytona"),
        total("gone", "4", team="ml"),
        total("a", "6", team="ci", days_ago=1),
        total("a", "20", team="ci", days_ago=6),
        total("a", "500", team="ci", days_ago=29),
        total("a", "9000", team="ci", days_ago=30),
    )
    found = (finding(key("2"), RuleName.IDLE, usd_per_day="48"), finding(key("3"), RuleName.IDLE, usd_per_day=None))
    model.apply(next_delta(2, totals=totals, findings=found), NOW)
    return model


def cell(window: Window, group: str, column: str) -> str:
    view = spend_table(a_fleet(), NOW, window=window)
    names = [one.name for one in view.columns]
    return next(row for row in view.rows if row.key == group).cells[names.index(column)].text


def test_each_window_counts_its_own_days() -> None:
    assert cell(Window.TODAY, "ci", "TODAY") == "12.00"
    assert cell(Window.TODAY, "ci", "YESTERDAY") == "6.00"
    assert cell(Window.YESTERDAY, "ci", "YESTERDAY") == "6.00"
    assert cell(Window.WEEK, "ci", "7 DAYS") == "38.00"
    assert cell(Window.MONTH, "ci", "30 DAYS") == "538.00"
    assert cell(Window.MONTH, "ci", "BEFORE") == "9000.00"


def test_a_day_nobody_knows_is_unknown_and_the_window_says_how_many_it_knows() -> None:
    assert cell(Window.TODAY, "ml", "YESTERDAY") == "?"
    assert "3 of 7 days known" in plain(spend_lines(a_fleet(), NOW, GroupBy.TEAM, Window.WEEK))[0]
    assert "days known" not in plain(spend_lines(a_fleet(), NOW, GroupBy.TEAM))[0]


def test_idle_money_is_what_the_findings_say_and_unknown_where_they_do_not() -> None:
    assert cell(Window.TODAY, "ci", "IDLE$/D") == "48.00~"
    assert cell(Window.TODAY, "ml", "IDLE$/D") == "?"


def test_a_share_is_drawn_and_said() -> None:
    view = spend_table(a_fleet(), NOW)
    assert [(row.cells[4].text, row.cells[5].text) for row in view.rows] == [("######--", "75%"), ("##------", "25%")]


def test_the_story_of_a_group() -> None:
    told = "\n".join(plain(group_lines(a_fleet(), NOW, GroupBy.TEAM, Window.TODAY, "ci")))
    assert "22 Nov 12.00   21 Nov 6.00   20 Nov ?" in told
    assert "a 10.00 at 1.00~/h   b 2.00 at 2.00~/h" in told
    assert "e2b $10.00 83%, reported   daytona $2.00 16%, reported" in told
    assert "$48.00~ a day for 1 idle row: 2" in told
    assert "gone 4.00 gone" in "\n".join(plain(group_lines(a_fleet(), NOW, GroupBy.TEAM, Window.TODAY, "ml")))


def test_unreachable_is_not_the_same_as_no_money() -> None:
    model = FleetModel()
    down = failure(FailureClass.PROVIDER_DOWN)
    model.apply(next_delta(1, whole=True, statuses=(status(ok_s=None, failure=down),)), NOW)
    assert spend_table(model, NOW).empty.startswith("UNREACHABLE")
    model.apply(next_delta(2, statuses=(status(),)), NOW + timedelta(seconds=1))
    assert spend_table(model, NOW).empty.startswith("no money is known yet")


def test_a_side_that_nobody_has_takes_no_column() -> None:
    model = a_fleet()
    assert not {"BILLED", "CARD"} & {column.name for column in spend_table(model, NOW).columns}
    model.apply(next_delta(3, totals=(total("a", "2", team="ci", side=Side.BILLED),)), NOW)
    view = spend_table(model, NOW)
    assert [column.name for column in view.columns][-2:] == ["BASIS", "BILLED"]
    assert all(len(row.cells) == len(view.columns) for row in view.rows)


def test_what_has_no_price_is_said_once() -> None:
    model = a_fleet()
    unpriced = replace(total("a", "0", team="ci"), bases=frozenset({Basis.UNPRICED}), unpriced_lines=2)
    model.apply(next_delta(3, totals=(unpriced,)), NOW)
    view = spend_table(model, NOW)
    names = [column.name for column in view.columns]
    ci = next(row for row in view.rows if row.key == "ci")
    assert ci.cells[names.index("BASIS")].text == "reported+2 unpriced"
