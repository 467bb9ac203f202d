"""The console's picture of SPEND: the same figures as the command's, whatever the fleet and the filter are."""

from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import Join
from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.filter import Filter, parse_to_look
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Side
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.apart import group_money
from fleet_tui.views.model import FleetModel
from fleet_tui.views.narrow import narrow_steps, narrowed
from fleet_tui.views.ordering import finished
from fleet_tui.views.spend import AT_ONCE, GroupBy, Window, spend_lines, spend_table
from fleet_tui.views.spend_picture import SpendAsked, SpendPicture, picture_steps
from fleet_tui.views.table_text import plain
from tests.support.facts import NOW, finding, next_delta, resource, total, whole

NAMES = st.sampled_from(["ci-1", "ci-2", "etl", "docs"])
TEAMS = st.sampled_from(["ci", "data", None])
SOURCES = st.sampled_from(["e2b", "daytona"])
WORDS = st.sampled_from(
    ["team:ci", "owner:kim", "owner:-", "provider:e2b", "kind:api_key", "usd:2..", "rate:0.2..", "ci", "finding:idle"]
)


@st.composite
def fleets(draw: st.DrawFn) -> FleetModel:
    def one(number: int) -> Resource:
        return resource(
            f"r{number}",
            agent=draw(st.one_of(st.none(), NAMES)),
            team=draw(TEAMS),
            owner=draw(st.sampled_from(["kim", "lee", None])),
            source=draw(SOURCES),
            kind=draw(st.sampled_from([Kind.SANDBOX, Kind.API_KEY])),
            usd=draw(st.sampled_from(["0.1", "0.5", None])),
        )

    def spent() -> DayTotal:
        side, days_ago = draw(st.sampled_from(Side)), draw(st.integers(0, 3))
        usd = str(draw(st.integers(0, 9)))
        agent = draw(st.one_of(NAMES, st.just("gone"), st.just("")))
        return total(agent, usd, team=draw(TEAMS) or "", source=draw(SOURCES), side=side, days_ago=days_ago)

    rows = [one(number) for number in range(draw(st.integers(0, 8)))]
    idle = tuple(finding(row.key, RuleName.IDLE) for row in rows if draw(st.booleans()))
    model = FleetModel()
    model.apply(whole(*rows), NOW)
    model.apply(next_delta(2, totals=tuple(spent() for _ in range(draw(st.integers(0, 12)))), findings=idle), NOW)
    return model


FILTERS = st.lists(WORDS, max_size=2).map(parse_to_look)


def picture(model: FleetModel, chosen: Filter, by: GroupBy, window: Window) -> SpendPicture:
    return finished(picture_steps(model, NOW, SpendAsked(by=by, window=window, chosen=chosen)))


@given(model=fleets(), chosen=FILTERS, by=st.sampled_from(GroupBy), window=st.sampled_from(Window))
def test_console_and_command_print_the_same_figures(
    model: FleetModel, chosen: Filter, by: GroupBy, window: Window
) -> None:
    shown = picture(model, chosen, by, window)
    part = shown.part if window is Window.DAY else narrowed(model, chosen, NOW, join=Join.TEAM)

    assert shown.table == spend_table(part, NOW, by, window=window, filtered=chosen.text)
    assert plain(shown.lines) == plain(spend_lines(part, NOW, by, window))
    column = [one.name for one in shown.table.columns].index("$/h")
    for row in shown.table.rows:
        money = group_money(shown.part, by, row.key, NOW, window=window, counts=shown.counts)
        alone = [resource.key for resource in money.resources]
        assert all(model.handle_of(key) is not None for key in alone)
        assert (row.cells[column].text == "-") == (not alone or not (money.hourly.amounts or money.hourly.unpriced))


@given(model=fleets(), chosen=FILTERS)
def test_only_money_of_agents_that_are_let_through_counts(model: FleetModel, chosen: Filter) -> None:
    shown = picture(model, chosen, GroupBy.AGENT, Window.TODAY)
    totals = [one for side in Side for one in model.ledger.of_day(NOW.date(), side)]
    kept = [one for side in Side for one in shown.part.ledger.of_day(NOW.date(), side)]

    assert {(one.agent, one.team, one.source, one.side) for one in kept} == {
        (one.agent, one.team, one.source, one.side) for one in totals if shown.counts(one)
    }


def a_long_fleet(agents: int) -> FleetModel:
    model = FleetModel()
    model.apply(whole(*(resource(f"s{n}", agent=f"a{n}", team=f"t{n % 5}") for n in range(agents))), NOW)
    model.apply(next_delta(2, totals=tuple(total(f"a{n}", "1", team=f"t{n % 5}") for n in range(agents))), NOW)
    return model


def test_a_long_fleet_is_added_up_in_many_steps_while_it_moves() -> None:
    model = a_long_fleet(3 * AT_ONCE)
    asked = SpendAsked(chosen=parse_to_look(["team:t1"]), by=GroupBy.AGENT)
    steps = picture_steps(model, NOW, asked)
    taken = 0

    def moving() -> Generator[None, None, SpendPicture]:
        nonlocal taken
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]
            taken += 1
            gone = model.agents[f"a{taken}"].resources[0].key
            model.apply(next_delta(2 + taken, gone=(gone,)), NOW)
            yield

    shown = finished(moving())
    assert taken > 3 * AT_ONCE // 500
    assert 3 * AT_ONCE // 5 - taken <= len(shown.table.rows) <= 3 * AT_ONCE // 5


def test_narrowing_step_by_step_is_narrowing_at_once() -> None:
    model = a_long_fleet(1500)
    chosen = parse_to_look(["team:t3"])
    part = finished(narrow_steps(model, chosen, NOW, join=Join.TEAM))

    assert set(part.fleet) == {f"a{n}" for n in range(1500) if n % 5 == 3}
    assert part.tally.rate() == narrowed(model, chosen, NOW, join=Join.TEAM).tally.rate()
    assert not part.loading
