"""The console as its operator wants it: theme, keys, columns, header; what is wrong changes nothing."""

from pathlib import Path

import pytest

from fleet_tui.config.settings import ConsoleSettings
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.ui.session import Session
from fleet_tui.views.first_run import FirstRun, Found
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, opened
from tests.support.facts import next_delta, resource, status

WIDE = (120, 32)
SMALL = (80, 24)


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


async def test_a_key_means_what_the_keymap_says_and_the_footer_and_the_help_say_so(tmp_path: Path) -> None:
    _write(tmp_path, "keymap.toml", '[keys]\ndetail = "H"\nfaults = ""\nview.spend = "F2"\n')
    desk = Desk(a_fleet(), beside=tmp_path)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await opened(desk, pilot)
        await desk.shows(pilot, "H detail")
        await pilot.press("d", "f")
        await desk.shows(pilot, "FLEET[12]")
        assert not desk.app.in_front
        await pilot.press("H")
        await desk.shows(pilot, "detail agent-")
        await pilot.press("escape", "question_mark")
        await desk.shows(pilot, "H       the whole story of the row")
        await pilot.press("escape", "f2")
        await desk.shows(pilot, "SPEND")


async def test_a_wrong_keymap_is_told_with_its_line_and_every_key_is_as_before(tmp_path: Path) -> None:
    _write(tmp_path, "keymap.toml", '[keys]\ndetail = "H"\nkill = "x"\n')
    desk = Desk(a_fleet(), beside=tmp_path)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await opened(desk, pilot)
        await desk.tells(pilot, "keymap.toml:3")
        await pilot.press("d")
        await desk.shows(pilot, "detail agent-")


async def test_columns_stand_as_the_file_says(tmp_path: Path) -> None:
    _write(tmp_path, "columns.toml", '[fleet]\norder = ["state", "AGENT"]\nhide = ["KIND"]\nwidth = { TEAM = 20 }\n')
    desk = Desk(a_fleet(), beside=tmp_path)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await opened(desk, pilot)
        shown = desk.app.fleet_pane.table.shown_columns
        assert shown[:2] == ("STATE", "AGENT")
        assert "KIND" not in shown
        heading = desk.screen()[3]
        assert heading.index("STATE") < heading.index("AGENT")


async def test_wrong_columns_are_told_with_their_line(tmp_path: Path) -> None:
    for text, said in (
        ('[flet]\nhide = ["KIND"]\n', "there is no view `flet`"),
        ('[fleet]\nhide = ["KNID"]\n', "there is no column `KNID`"),
        ('[fleet]\nhide = ["AGENT"]\n', "AGENT is what a row is"),
        ("[fleet]\nwidth = { TEAM = 0 }\n", "width"),
    ):
        _write(tmp_path, "columns.toml", text)
        desk = Desk(a_fleet(), beside=tmp_path)
        async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
            await opened(desk, pilot)
            await desk.tells(pilot, said)
            assert "KIND" in desk.app.fleet_pane.table.shown_columns


async def test_wide_shows_the_columns_that_found_no_room() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        before = set(desk.app.fleet_pane.table.shown_columns)
        await pilot.press("ctrl+w")
        after = desk.app.fleet_pane.table.shown_columns
        assert after[0] == "AGENT"
        assert {"KIND", "LEFT", "TEAM", "TODAY"} - before <= set(after)
        await pilot.press("ctrl+w")
        assert set(desk.app.fleet_pane.table.shown_columns) == before


@pytest.mark.parametrize("width", [60, 80])
async def test_how_many_columns_found_no_room_stands_in_the_heading_with_its_key(width: int, tmp_path: Path) -> None:
    _write(tmp_path, "keymap.toml", '[keys]\nwide = "ctrl+b"\n')
    for beside, key in ((None, "^w"), (tmp_path, "^b")):
        desk = Desk(a_fleet(), beside=beside)
        async with desk.app.run_test(headless=False, size=(width, 24), notifications=True) as pilot:
            await opened(desk, pilot)
            for pressed in ("1", "2", "3", "4", "5", "6", "7", "8"):
                await pilot.press(pressed)
                await pilot.pause()
                table = desk.app.pane.table
                missing = len(table.columns) - len(table.shown_columns)
                assert table.left_out == missing
                heading = desk.screen()[table.region.y]
                said = (f"+{missing} columns {key}", f"+{missing} column {key}", f"+{missing} {key}", f"+{missing}")
                assert (not missing and "+" not in heading) or any(text in heading for text in said), heading


async def test_where_all_columns_are_shown_the_heading_says_nothing_more() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=(200, 24), notifications=True) as pilot:
        await opened(desk, pilot)
        assert desk.app.pane.table.left_out == 0
        assert "+" not in desk.screen()[desk.app.pane.table.region.y]


async def test_the_header_can_be_hidden_and_comes_back() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        await pilot.press("ctrl+e")
        await desk.shows(pilot, "FLEET[12]")
        assert desk.screen()[0].startswith("FLEET[12]")
        await pilot.press("ctrl+e")
        await pilot.pause()
        assert desk.screen()[0].startswith("fleet prod")


async def test_a_theme_of_ones_own_is_drawn_again_when_its_file_changes(tmp_path: Path) -> None:
    mine = _write(tmp_path, "themes/mine.toml", 'base = "nord"\nname = "mine"\n[colors]\nbackground = "#010203"\n')
    desk = Desk(a_fleet(), beside=tmp_path, theme="mine")
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        assert desk.app.current_theme.background == "#010203"
        mine.write_text(mine.read_text(encoding="utf-8").replace("#010203", "#030201"), encoding="utf-8")
        desk.app.look_again()
        assert desk.app.current_theme.background == "#030201"

        mine.write_text('base = "nord"\nname = "mine"\n[colors]\nbackground = "reddish"\n', encoding="utf-8")
        desk.app.look_again()
        await desk.tells(pilot, "mine.toml:4")
        assert desk.app.current_theme.background == "#030201"


async def test_what_was_wrong_is_said_no_more_once_it_is_right_or_escape_was_pressed(tmp_path: Path) -> None:
    keymap = _write(tmp_path, "keymap.toml", '[keys]\nkill = "x"\n')
    desk = Desk(a_fleet(), beside=tmp_path)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await opened(desk, pilot)
        await desk.shows(pilot, "keymap.toml:2")
        await pilot.press("escape")
        await desk.shows_no(pilot, "keymap.toml:2")
        desk.app.action_reload()
        await desk.shows(pilot, "keymap.toml:2")
        keymap.write_text('[keys]\nkill = "F8"\n', encoding="utf-8")
        desk.app.action_reload()
        await desk.shows_no(pilot, "keymap.toml:2")


async def test_of_a_switch_only_its_last_word_stands() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await opened(desk, pilot)
        desk.app.action_theme("nord")
        await desk.shows(pilot, "theme nord")
        desk.app.action_theme("dracula")
        await desk.shows(pilot, "theme dracula")
        assert "theme nord" not in desk.text()


async def test_themes_are_chosen_by_name_or_one_after_the_other() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        desk.app.action_theme("gruvbox")
        assert desk.app.theme == "gruvbox"
        desk.app.action_theme("grubox")
        await desk.tells(pilot, "mean `gruvbox`?")
        assert desk.app.theme == "gruvbox"
        desk.app.action_theme()
        assert desk.app.theme == "high-contrast"


async def test_a_theme_that_is_not_there_is_told_and_ours_is_drawn() -> None:
    desk = Desk(a_fleet(), theme="nrod")
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        await desk.tells(pilot, "did you mean `nord`?")
        assert desk.app.theme == "dark"


async def test_a_reload_takes_what_is_right_and_tells_what_is_wrong() -> None:
    desk = Desk(a_fleet())

    def stricter(session: Session) -> None:
        session.read_only = True
        session.console = ConsoleSettings(theme="nord", header=False)

    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        desk.session.reread = lambda: "/x/fleet.toml:3: fleet: unknown key `nme`; did you mean `name`?"
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        desk.app.action_reload()
        await desk.tells(pilot, "/x/fleet.toml:3")
        assert desk.session.may_act()
        desk.session.reread = lambda: stricter
        desk.app.action_reload()
        await desk.tells(pilot, "was read again")
        assert not desk.session.may_act()
        assert desk.app.theme == "nord"
        assert not desk.app.header.display


async def test_the_first_screen_explains_itself_and_goes_with_the_first_agent() -> None:
    desk = Desk(FleetDelta(store_id="t", revision=1, whole=True, statuses=(status(rows=0),)))
    desk.session.first_run = FirstRun(found=(Found(variable="E2B_API_KEY", provider="e2b", watched=True),))
    async with desk.app.run_test(headless=False, size=(60, 20), notifications=True) as pilot:
        await desk.shows(pilot, "fleet-tui run -- claude")
        await desk.shows(pilot, "E2B_API_KEY watched")
        desk.reader.put(next_delta(2, resources=(resource("a", agent="one"),)))
        await desk.settled(pilot, 1)
        assert "fleet-tui run" not in desk.text()
        assert desk.session.first_run is None


async def test_a_greeting_is_said_first() -> None:
    desk = Desk(a_fleet())
    desk.session.greeting = "a demo: q leaves it"
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await opened(desk, pilot)
        await desk.shows(pilot, "a demo: q leaves it")
