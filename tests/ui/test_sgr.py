"""Shorter frames show the same cells in the same looks."""

import pyte
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.ui.sgr import compact

_COLOURS = st.sampled_from(["", "31", "92", "38;5;204", "38;2;1;2;3", "38;2;9;9;9"])
_GROUNDS = st.sampled_from(["", "44", "48;5;17", "48;2;4;5;6", "48;2;7;7;7"])
_ATTRIBUTES = st.lists(st.sampled_from(["1", "3", "4", "7", "9"]), unique=True, max_size=3)


@st.composite
def _pieces(draw: st.DrawFn) -> str:
    codes = [*draw(_ATTRIBUTES), *filter(None, (draw(_COLOURS), draw(_GROUNDS)))]
    text = draw(st.text(alphabet="ab ", max_size=6))
    move = f"\x1b[{draw(st.integers(1, 5))};{draw(st.integers(1, 10))}H" if draw(st.booleans()) else ""
    return move + (f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if codes else text)


def _screen(frame: str) -> list[list[pyte.screens.Char]]:
    terminal = pyte.Screen(20, 6)
    pyte.Stream(terminal).feed(frame.replace("\n", "\r\n"))
    return [[terminal.buffer[y][x] for x in range(20)] for y in range(6)]


@given(st.lists(_pieces(), max_size=12))
def test_a_compact_frame_looks_the_same_and_is_never_longer(pieces: list[str]) -> None:
    frame = "".join(pieces)
    short = compact(frame)

    assert _screen(short) == _screen(frame)
    assert len(short) <= len(frame)


def test_a_shared_ground_is_sent_once() -> None:
    plain, loud, ground = "38;2;1;1;1", "38;2;9;9;9", "48;2;0;0;0"
    second = "\n\x1b[2;1H"
    frame = f"\x1b[{plain};{ground}mname\x1b[0m\x1b[1;{loud};{ground}mLOOP\x1b[0m{second}\x1b[{plain};{ground}mx\x1b[0m"

    assert compact(frame) == (f"\x1b[{plain};{ground}mname\x1b[1;{loud}mLOOP{second}\x1b[0;{plain};{ground}mx\x1b[0m")


def test_styles_that_do_not_start_from_nothing_are_left_alone() -> None:
    frame = "\x1b[1mx\x1b[31my\x1b[0m"

    assert compact(frame) == frame
    assert compact("plain") == "plain"
