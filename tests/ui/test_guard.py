"""The last net: a frame passes, anything else a terminal could act on does not."""

import pytest
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from fleet_tui.ui.guard import FrameGuard, HostileOutput
from fleet_tui.ui.guarded import GuardedApp
from tests.support.capture import CaptureDriver, captured
from tests.support.corpora import Corpora

_FRAME = (
    "\x1b[?2026h\x1b[1;1H\x1b[38;2;1;2;3;48;2;4;5;6mabc\x1b[0m\n"
    "\x1b[2;1H\x1b[1mdef\x1b[0m\x1b[1;1H\x1b]22;default\x07\x1b[?2026l"
)


class Lenient(CaptureDriver):
    """Counts and replaces, as the console does."""

    strict = False


class Careless(GuardedApp[None]):
    """Draws a vendor's text as it came."""

    def __init__(self, text: str, driver_class: type[CaptureDriver]) -> None:
        super().__init__(driver_class=driver_class)
        self.text = text

    @override
    def compose(self) -> ComposeResult:
        yield Static(self.text, markup=False)


def test_a_frame_passes_unchanged() -> None:
    guard = FrameGuard(strict=True)

    assert guard.checked(_FRAME) == _FRAME
    assert guard.hits == 0


@pytest.mark.parametrize(
    "mode", ["\x1b[?1049h", "\x1b[?25l", "\x1b[?2026$p", "\x1b[>25u", "\x1b[<u", "\x07", "\x1b[?1016h"]
)
def test_mode_switches_of_the_driver_pass_alone_but_not_inside_a_frame(mode: str) -> None:
    guard = FrameGuard(strict=False)

    assert guard.checked(mode) == mode
    assert guard.hits == 0
    assert "\x1b[?1049h" not in guard.checked(_FRAME + "\x1b[?1049h" + _FRAME)


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[2J", "\x1b]52;c;AAAA\x07", "\x1b]0;x\x07", "\x1bPq\x1b\\", "\x9b2J", "\r", "\t", "\x00", "\x7f",
        "\u202e", "\u2066", "\u200b", "\ufeff", "\x1b[H", "\x1b[6n", "\x1bc", "a\nb", "\x1b]8;;http://x\x07",
        "\x1b[?25h", "\U000e0041", "\ud800",
    ],
)  # fmt: skip
def test_anything_else_is_found_counted_and_replaced(hostile: str) -> None:
    with pytest.raises(HostileOutput, match=r"fleet_tui\.ui\.text"):
        FrameGuard(strict=True).checked(_FRAME + hostile + _FRAME)
    guard = FrameGuard(strict=False)
    written = guard.checked(_FRAME + hostile + _FRAME)

    assert guard.hits == 1
    assert hostile not in written
    assert written.startswith(_FRAME)
    assert written.endswith(_FRAME)
    assert FrameGuard(strict=True).checked(written) == written


async def test_text_that_was_not_made_safe_is_caught_before_the_terminal() -> None:
    app = Careless("\x1b]52;c;cm0gLXJmIH4=\x1b\\", Lenient)
    async with app.run_test(headless=False) as pilot:
        await pilot.pause()

        assert captured(pilot).guard.hits >= 1
        assert "\x1b]52" not in captured(pilot).text


async def test_in_tests_it_stops_the_app() -> None:
    with pytest.raises(HostileOutput):
        async with Careless("\x1b[2J", CaptureDriver).run_test(headless=False) as pilot:
            await pilot.pause()


@pytest.mark.corpora
def test_it_sees_every_escape_of_the_corpora(corpora: Corpora) -> None:
    hostile = [text for text in corpora.hostile().values() if "\x1b" in text and not text.startswith("\x1b[3")]

    assert len(hostile) > 15
    for text in hostile:
        with pytest.raises(HostileOutput):
            FrameGuard(strict=True).checked(_FRAME + text)
