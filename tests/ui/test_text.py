"""The way from text to the screen: markup is text, links are text, actions are text."""

import re

import pytest
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Button, Input, Static
from typing_extensions import override

from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.guarded import GuardedApp
from fleet_tui.ui.text import Line, button, content, field, label, printed, subtitle, title, toast
from fleet_tui.ui.themes import bundled_theme
from fleet_tui.views.cells import Cell, Role
from tests.support.capture import CaptureDriver, captured
from tests.support.corpora import Corpora, own_hostile_names

_SIZE = (100, 40)
_TOGETHER = 20


class EverySink(GuardedApp[None]):
    """Each text in every place of a box, the boxes one below the other."""

    def __init__(self, *texts: SafeText) -> None:
        super().__init__(driver_class=CaptureDriver)
        self.register_theme(bundled_theme("dark"))
        self.theme = "dark"
        self.texts = texts
        self.killed = False

    @override
    def compose(self) -> ComposeResult:
        for text in self.texts:
            with Vertical():
                yield label(text, Role.FAIL)
                yield Line(id="line")
                yield Line(id="rows")
                yield button(text, id="go", look="error")
                yield field(text, id="field", placeholder=text)

    def on_mount(self) -> None:
        """Fill the rest."""
        for text, box in zip(self.texts, self.query(Vertical), strict=True):
            box.query_one("#line", Line).show(Cell(text, Role.RUN), text, layout=True)
            box.query_one("#rows", Line).show_rows([[text], [Cell(text, Role.DIM)]], layout=True)
            box.styles.border = ("round", "white")
            title(box, Cell(text, Role.TITLE))
            subtitle(box, text)
            toast(self, text, severity="error")

    def action_kill_agent(self, _name: str) -> None:
        """What an injected click would call."""
        self.killed = True


@pytest.mark.parametrize("name", own_hostile_names())
async def test_hostile_text_in_every_place_is_only_text(name: str) -> None:
    app = EverySink(safe_line(own_hostile_names()[name], limit=60))
    async with app.run_test(headless=False, size=_SIZE, notifications=True) as pilot:
        await pilot.pause()
        for y in range(1, 12):
            await pilot.click(offset=(3, y))
        await pilot.pause()

        assert app.is_running
        assert not app.killed
        assert captured(pilot).guard.hits == 0


async def test_markup_is_shown_as_it_was_written() -> None:
    raw = "[@click=app.kill_agent('prod-1')]click me[/]"
    app = EverySink(safe_line(raw))
    async with app.run_test(headless=False, size=_SIZE, notifications=True) as pilot:
        await pilot.pause()

        assert sum(line.count(raw) for line in captured(pilot).screen()) >= 8


@pytest.mark.no_cover
@pytest.mark.corpora
async def test_the_corpora_draw_in_every_place(corpora: Corpora) -> None:
    raws = list(corpora.hostile().values())
    columns, rows = _SIZE
    for first in range(0, len(raws), _TOGETHER):
        some = raws[first : first + _TOGETHER]
        app = EverySink(*(safe_line(raw, limit=60) for raw in some))
        async with app.run_test(headless=False, size=(columns, rows * len(some)), notifications=True) as pilot:
            await pilot.pause()

            assert {box.size.height for box in app.query(Vertical)} == {rows - 2}, "each is seen whole"
            assert captured(pilot).guard.hits == 0, ascii(some)


async def test_hostile_and_plain_text_of_one_width_take_the_same_styles() -> None:
    seen: list[set[str]] = []
    for raw in ("\x1b[31mredtext", "a[31mredtext"):
        app = EverySink(safe_line(raw))
        async with app.run_test(headless=False, size=_SIZE) as pilot:
            await pilot.pause()
            seen.append(set(re.findall(r"\x1b\[[0-9;]*m", captured(pilot).text)))

    assert seen[0] == seen[1]


async def test_typed_text_comes_back_and_a_line_can_change() -> None:
    app = EverySink(safe_line("one"))
    async with app.run_test(headless=False, size=_SIZE) as pilot:
        app.query_one("#line", Line).show(safe_line("[two]"))
        await pilot.pause()

        assert str(app.query_one("#line", Static).content) == "[two]"
        assert app.query_one("#field", Input).value == "one"
        assert app.query_one("#go", Button).variant == "error"


async def test_only_safe_text_goes_to_the_clipboard() -> None:
    app = EverySink(safe_line("x"))
    async with app.run_test(headless=False, size=_SIZE) as pilot:
        app.copy_to_clipboard("rm -rf ~\n\x1b]2;x\x07")

        assert captured(pilot).copied == ["\x1b]52;c;cm0gLXJmIH7ikIrikJtdMjt44pCH\a"]


async def test_a_line_refuses_a_bare_string() -> None:
    app = EverySink(safe_line("x"))
    async with app.run_test(headless=False, size=_SIZE):
        with pytest.raises(TypeError, match="never a bare string"):
            app.query_one("#line", Line).update("[b]x[/b]")


def test_content_parses_nothing() -> None:
    assert content(safe_line("[b]x[/b]"), Cell(safe_line("[/]"), Role.BAD)).plain == "[b]x[/b][/]"
    assert printed([safe_line("[b]"), safe_line("c")]).plain == "[b]\nc"
