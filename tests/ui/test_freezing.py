"""`u` holds the whole table still: order, values and ages; verbs mean the fresh facts, and `u` brings everything."""

from datetime import timedelta

from textual.pilot import Pilot

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.phase import Phase
from fleet_tui.ui.dialogs.plan import PlanDialog
from fleet_tui.views.model import FleetModel
from fleet_tui.views.still import StillFleet
from tests.support.consoles import Desk
from tests.support.desks import front, opened, writing
from tests.support.facts import NOW, finding, key, next_delta, resource, total, vitals, whole
from tests.support.wait import eventually_async

SIZE = (120, 32)


def table_of(desk: Desk) -> list[str]:
    region = desk.app.fleet_pane.table.region
    return [line[: region.width] for line in desk.screen()[region.y : region.y + region.height]]


async def taken(desk: Desk, pilot: Pilot[None], revision: int) -> None:
    async def so() -> bool:
        await pilot.pause()
        return desk.app.model.revision >= revision

    await eventually_async(so, what=f"revision {revision} taken in")


def a_desk() -> Desk:
    return Desk(whole(*(resource(f"s{n}", agent=f"agent-{n}", team="ci", usd="1") for n in range(6))))


async def test_nothing_in_the_table_moves_and_u_again_brings_everything_at_once() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await opened(desk, pilot, 6)
        await pilot.press("u")
        await desk.shows(pilot, "frozen 12:00Z")
        before = table_of(desk)
        desk.time.pass_s(600)
        stuck = resource("s3", agent="agent-3", team="changed", phase=Phase.STUCK, usd="9")
        desk.reader.put(next_delta(2, resources=(stuck,), gone=(key("s5"),)))
        desk.reader.put(
            next_delta(
                3,
                resources=(resource("s9", agent="agent-9"),),
                totals=(total("agent-0", "77", team="ci"),),
                vitals=(vitals(key("s1")),),
                findings=(finding(key("s2")),),
            )
        )
        await taken(desk, pilot, 3)
        desk.app.fall_due()
        await pilot.press("j", "k")
        assert [line[2:] for line in table_of(desk)] == [line[2:] for line in before]
        assert "1 stuck" in desk.screen()[0], "the header tells what is so now"
        await pilot.press("u")
        await desk.shows(pilot, "agent-9")
        text = "\n".join(table_of(desk))
        assert "STUCK" in text
        assert "agent-5" not in text
        assert "77.00" in text
        assert "frozen" not in desk.text()


async def test_sorting_and_filtering_while_frozen_are_about_what_stands_there() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await opened(desk, pilot, 6)
        await pilot.press("u")
        desk.reader.put(next_delta(2, resources=(resource("s9", agent="agent-9", team="ci"),), gone=(key("s5"),)))
        await taken(desk, pilot, 2)
        await pilot.press("slash", *"team:ci", "enter")
        await desk.shows(pilot, "FLEET[6/6]")
        assert "agent-5" in desk.app.fleet_pane.table.order
        await pilot.press("u")
        await desk.shows(pilot, "agent-9")
        assert "agent-5" not in desk.app.fleet_pane.table.order


async def test_a_verb_plans_on_fresh_facts_while_the_table_is_frozen() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await writing(desk, pilot, 6)
        await pilot.press("g", "u")
        handle = desk.app.fleet_pane.handle_under_cursor()
        assert handle is not None
        number = handle.removeprefix("agent-")
        desk.reader.put(next_delta(2, resources=(resource(f"s{number}", agent=handle, team="ci", usd="8"),)))
        await taken(desk, pilot, 2)
        await pilot.press("p")
        await front(desk, pilot, PlanDialog)
        await desk.shows(pilot, "8.00")
        await pilot.press("escape")


async def test_what_is_gone_stands_there_and_nothing_is_done_to_it() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await writing(desk, pilot, 6)
        await pilot.press("g", "u")
        gone = desk.app.fleet_pane.table.cursor_key
        assert gone is not None
        desk.reader.put(next_delta(2, gone=(key(gone.replace("agent-", "s")),)))
        await taken(desk, pilot, 2)
        assert gone in desk.app.fleet_pane.table.order
        await pilot.press("p")
        await pilot.pause()
        assert not isinstance(desk.app.screen, PlanDialog)
        assert not desk.intents.submitted


def test_a_still_fleet_keeps_every_figure_of_its_moment() -> None:
    model = FleetModel()
    model.apply(whole(resource("s1", agent="a", usd="1"), resource("s2", agent="b")), NOW)
    model.apply(next_delta(2, totals=(total("a", "5"),), findings=(finding(key("s1")),)), NOW)
    still = StillFleet(model, NOW)
    names: list[ResourceKey] = list(still.resources)
    model.apply(next_delta(3, totals=(total("a", "50"),), gone=(key("s2"),)), NOW + timedelta(seconds=1))
    model.apply(next_delta(4, resources=(resource("s1", agent="a", usd="9"),)), NOW + timedelta(seconds=2))

    money = still.ledger.agent("a", NOW.date())
    assert money is not None
    assert money.amounts == {"usd": 5_000_000}
    assert set(still.fleet) == {"a", "b"}
    assert list(still.resources) == names
    assert still.fleet["a"].resources[0].rate != model.fleet["a"].resources[0].rate
    assert still.names.of("b") == "b"
