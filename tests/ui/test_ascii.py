"""Where only ASCII can be drawn nothing else is sent, and every cell stays where it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.text import cell_width, safe_line
from fleet_tui.ui.ascii import in_ascii
from fleet_tui.ui.keys.table import VIEW_KEYS
from tests.support.capture import captured
from tests.support.consoles import Desk
from tests.support.facts import resource, whole
from tests.support.showcase import showcase

WIDE = (120, 32)
SMALL = (60, 20)
ROWS = 19


@given(st.text(max_size=40))
def test_whatever_is_drawn_takes_the_same_cells(text: str) -> None:
    safe = safe_line(text)
    drawn = in_ascii(safe)
    assert drawn.isascii()
    assert len(drawn) == cell_width(safe)


def test_our_own_signs_have_likenesses() -> None:
    assert in_ascii("╭─❯●✗…┃╯") == "+->*x~#+"


@pytest.mark.no_cover
@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "60x20"])
async def test_no_frame_of_any_view_or_screen_holds_anything_but_ascii(size: tuple[int, int]) -> None:
    desk = Desk(showcase())
    async with desk.open(size, ROWS) as pilot:
        for pressed in VIEW_KEYS.values():
            await pilot.press(pressed)
            await pilot.pause()
        await pilot.press("1", "W")
        for pressed in ("question_mark", "d", "y", "l", "e", "dollar_sign", "o", "p", "ctrl+k", "t", "m"):
            await pilot.press(pressed)
            await pilot.pause()
            await pilot.press("escape")
        await pilot.press("slash", *"team:ci", "enter", "c")
        await pilot.pause()
        assert captured(pilot).text.isascii()


async def test_names_in_other_letters_are_drawn_in_their_cells() -> None:
    desk = Desk(whole(resource("a", agent="caf\u00e9-\u4e2d\u6587-\U0001f600"), resource("b", agent="zz")))
    async with desk.open(WIDE, 2) as pilot:
        await desk.shows(pilot, "caf?-????-??")
        name, other = (next(line for line in desk.screen()[4:] if said in line) for said in ("caf?", "zz"))
        assert name.index("e2b") == other.index("e2b")
        assert captured(pilot).text.isascii()
