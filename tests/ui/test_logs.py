"""The log screen: followed, by run, searched; it says why it shows nothing, and a flood of lines stays bounded."""

from datetime import timedelta

from fleet_tui.domain.log import LogLine, LogRun, LogState
from fleet_tui.ui.screens.logs import LogScreen
from fleet_tui.views.logs import BYTES_KEPT, LINES_KEPT
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front
from tests.support.facts import NOW, key

WIDE = (120, 32)
SMALL = (80, 24)


def line(seq: int, text: str, run: str = "2") -> LogLine:
    return LogLine(seq=seq, at=NOW - timedelta(seconds=1), read_at=NOW, text=text, generation=run)


def a_desk(*lines: LogLine, runs: tuple[str, ...] = ("1", "2")) -> Desk:
    desk = Desk(a_fleet())
    desk.reader.log_lines = list(lines)
    desk.reader.log_states[key("sbx_00")] = LogState(
        read_at=NOW, size_bytes=9, runs=tuple(LogRun(generation=run, lines=1) for run in runs)
    )
    return desk


async def test_lines_of_this_run_are_followed_and_the_run_before_is_one_key_away() -> None:
    desk = a_desk(line(1, "from before", run="1"), line(2, "from now"))
    async with desk.open(WIDE) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "11:59:59 from now")
        await desk.shows(pilot, "run 2 of 2  following")
        assert "from before" not in desk.text()
        desk.reader.log_lines.append(line(3, "and more"))
        await desk.shows(pilot, "and more")
        await pilot.press("L")
        await desk.shows(pilot, "from before")
        assert "from now" not in desk.text()
        await pilot.press("L")
        await desk.shows(pilot, "no run before this one is kept")
        await pilot.press("l")
        await desk.shows(pilot, "from now")


async def test_capital_l_opens_the_run_before_at_once() -> None:
    desk = a_desk(line(1, "from before", run="1"), line(2, "from now"))
    async with desk.open(WIDE) as pilot:
        await pilot.press("L")
        await desk.shows(pilot, "run 1 of 2")
        await desk.shows(pilot, "from before")


async def test_following_stops_where_somebody_reads_and_goes_on_at_the_end() -> None:
    desk = a_desk(*(line(n, f"line {n}.") for n in range(1, 101)))
    async with desk.open(SMALL) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "line 100.")
        await pilot.press("pageup", "k")
        await desk.shows(pilot, "line 70.")
        desk.reader.log_lines.append(line(101, "line 101."))
        await desk.shows(pilot, "not following  all  101 lines")
        assert "line 70." in desk.text()
        await pilot.press("g")
        await desk.shows(pilot, "line 1.")
        await pilot.press("s")
        await desk.shows(pilot, "line 101.")


async def test_what_is_searched_is_found_up_and_down() -> None:
    desk = a_desk(*(line(n, "needle here" if n in {10, 80} else f"hay {n}.") for n in range(1, 121)))
    async with desk.open(SMALL) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "hay 120.")
        await pilot.press("g", "slash", *"NEEDLE", "enter")
        await desk.shows(pilot, "needle here")
        await desk.shows(pilot, "hay 9.")
        await pilot.press("n")
        await desk.shows(pilot, "hay 81.")
        await pilot.press("n")
        await desk.shows(pilot, "no further NEEDLE")
        await pilot.press("N")
        await desk.shows(pilot, "hay 9.")
        await pilot.press("slash", *"~(", "enter")
        await desk.shows(pilot, "not a regular expression")
        await pilot.press("escape", "escape", "escape")
        await desk.shows_no(pilot, "logs agent-00")


async def test_windows_and_the_mark() -> None:
    old = LogLine(seq=1, at=NOW - timedelta(minutes=30), read_at=NOW, text="long ago", generation="2")
    desk = a_desk(old, line(2, "just now"))
    async with desk.open(WIDE) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "long ago")
        await pilot.press("3")
        await desk.shows_no(pilot, "long ago")
        await desk.shows(pilot, "last 15m  1 line")
        await pilot.press("5")
        await desk.shows(pilot, "m sets a mark first")
        await pilot.press("m", "5")
        await desk.shows(pilot, "no line of run 2 in this window (since the mark); 2 lines outside it")
        desk.reader.log_lines.append(line(3, "after the mark"))
        await desk.shows(pilot, "after the mark")
        assert "just now" not in desk.text()
        await pilot.press("m")
        await desk.shows_no(pilot, ":59 after the mark")
        await desk.shows(pilot, "no line of run 2 in this window (since the mark); 3 lines outside it")


async def test_what_was_found_on_the_last_page_is_not_pushed_away_by_what_comes() -> None:
    desk = a_desk(*(line(n, "needle here" if n == 100 else f"hay {n}.") for n in range(1, 111)))
    async with desk.open(SMALL) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "needle here")
        await pilot.press("slash", *"needle", "enter")
        desk.reader.log_lines += [line(n, f"more {n}.") for n in range(111, 141)]
        await desk.shows(pilot, "not following  all  140 lines")
        assert "needle here" in desk.text()


async def test_a_flood_of_huge_lines_stays_within_its_bounds() -> None:
    desk = a_desk(*(line(n, "x" * 4000) for n in range(1, 3001)))
    async with desk.open(SMALL) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "xxxx")
        await front(desk, pilot, LogScreen)
        screen = desk.app.screen
        assert isinstance(screen, LogScreen)
        assert screen.pages.held <= LINES_KEPT
        assert screen.pages.size_bytes <= BYTES_KEPT
        await pilot.press("w", "k")
        await desk.shows(pilot, "not following")


async def test_a_log_that_was_never_read_an_empty_one_and_none_are_three_things() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("l")
        await desk.shows(pilot, "asking the collector for its log")
        await pilot.press("escape")
        desk.reader.log_states[key("sbx_00")] = LogState(read_at=NOW, size_bytes=0)
        await pilot.press("l")
        await desk.shows(pilot, "EMPTY: the log was read at 12:00:00Z and holds no line")


async def test_zoom_gives_the_pane_the_whole_screen_and_follow_says_so() -> None:
    desk = Desk(a_fleet())
    async with desk.open(SMALL) as pilot:
        await pilot.press("F")
        await desk.shows(pilot, "following the row")
        await pilot.press("z")
        await desk.shows_no(pilot, "fleet prod")
        await desk.shows(pilot, "agent-11")
        await pilot.press("j", "z")
        await desk.shows(pilot, "fleet prod")
        assert desk.app.fleet_pane.handle_under_cursor() == "agent-01"
