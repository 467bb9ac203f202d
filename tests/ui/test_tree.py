"""TREE on the screen: the cursor stays with its agent, marks are of agents, and every row is one key away."""

import pytest

from fleet_tui.domain.phase import Phase
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.tree import AT_ONCE_ROWS, TreePane
from tests.support.consoles import Desk
from tests.support.facts import key, next_delta, whole
from tests.support.family import AGENTS, family, member

WIDE = (120, 40)


def tree(desk: Desk) -> TreePane:
    return desk.app.query_one(TreePane)


@pytest.mark.parametrize("size", [(120, 32), (80, 24), (60, 20), (40, 10)])
async def test_names_stay_on_the_screen(size: tuple[int, int]) -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=size) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "g")
        await desk.shows(pilot, "`- ci-sup")
        assert "ci-lead" in desk.text()


async def test_a_run_opens_and_closes_with_enter() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "g", "j", "j", "j", "enter")
        await desk.shows(pilot, "+- ci-fix-11")
        await pilot.press("enter")
        await desk.shows(pilot, "ci-fix-31 (22)")
        assert "+- ci-fix-11" not in desk.text()


async def test_x_shows_a_row_of_fleet_in_the_tree_even_out_of_a_run_or_a_filter_and_minus_goes_back() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "slash", *"docs", "enter")
        await desk.shows(pilot, "TREE[1/32]")
        await pilot.press("1")
        desk.app.fleet_pane.table.move_to_key("ci-fix-20")
        await pilot.press("x")
        await desk.shows(pilot, "path   ci-lead > ci-sup > ci-fix-20")
        assert tree(desk).handle_under_cursor() == "ci-fix-20"
        await pilot.press("minus")
        assert desk.app.pane.view is View.FLEET


async def test_j_goes_to_the_row_above_in_the_tree_and_to_the_parent_in_fleet() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        desk.app.fleet_pane.table.move_to_key("ci-fix-07")
        await pilot.press("J")
        assert desk.app.pane.handle_under_cursor() == "ci-sup"
        await pilot.press("x", "J")
        assert tree(desk).handle_under_cursor() == "ci-lead"


async def test_the_cursor_stays_with_its_agent_when_branches_grow_and_a_tombstone_when_it_is_gone() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8")
        tree(desk).table.move_to_key("migr-w-1")
        desk.reader.put(next_delta(2, resources=(member("a-new-one", "ci-lead"), member("b-new", "data-lead"))))
        await desk.shows(pilot, "a-new-one")
        assert tree(desk).handle_under_cursor() == "migr-w-1"
        desk.reader.put(next_delta(3, gone=(key("s-migr-w-1"),)))
        await desk.shows(pilot, ">x ")
        assert tree(desk).handle_under_cursor() is None
        assert tree(desk).chosen() == ()


async def test_marks_of_a_run_are_marks_of_its_agents_at_that_moment() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "g", "j", "j", "j")
        assert tree(desk).chosen() == (), "a row of many stands for nobody until it is marked"
        await pilot.press("space")
        marked = tree(desk).chosen()
        assert len(marked) == 22
        assert tree(desk).hidden() == ()
        desk.reader.put(next_delta(2, resources=(member("ci-fix-32", "ci-sup"),)))
        await desk.shows(pilot, "ci-fix-32 (23)")
        assert tree(desk).chosen() == marked
        await pilot.press("U")
        assert tree(desk).chosen() == ()
        await pilot.press("space", "space")
        assert tree(desk).chosen() == ()


async def test_marking_everything_marks_agents_alone() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "asterisk")
        assert len(tree(desk).chosen()) == AGENTS
        assert set(tree(desk).chosen()) == set(desk.app.model.fleet)


async def test_a_verb_plans_for_the_agent_under_the_cursor() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "g", "j", "j", "ctrl+k")
        await desk.shows(pilot, "KILL")
        assert "ci-fix-07" in desk.text()
        assert desk.intents.acts == 0


async def test_a_state_that_changed_is_drawn_at_once() -> None:
    desk = Desk(family())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, AGENTS)
        await pilot.press("8", "g")
        desk.reader.put(next_delta(2, resources=(member("data-lead", phase=Phase.WAITING),)))
        await desk.shows(pilot, "WAIT-YOU")


async def test_a_large_tree_is_built_between_frames_and_follows_what_changes() -> None:
    large = [member(f"n{number}", f"n{number // 10}" if number else None) for number in range(AT_ONCE_ROWS + 200)]
    desk = Desk(whole(*large))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, len(large))
        await pilot.press("8")
        await desk.shows(pilot, f"TREE[{len(large)}]")
        await desk.shows(pilot, "`- n1")
        desk.reader.put(next_delta(2, resources=(member("n0-late", "n0"),)))
        await desk.shows(pilot, f"TREE[{len(large) + 1}]")
