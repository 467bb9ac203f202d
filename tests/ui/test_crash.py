"""A broken console tells what, where and what next, in safe words and without the values of variables."""

import logging
from pathlib import Path

import pytest
from rich.traceback import Traceback
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from fleet_tui.config.redact import redact
from fleet_tui.ui.crash import crash_lines, crash_record
from fleet_tui.ui.guarded import GuardedApp
from tests.support.capture import CaptureDriver


class Drawable(Exception):
    """An error that would draw itself."""

    def __rich__(self) -> str:
        return "[@click=app.kill_agent('prod')]click[/]"


class Breaking(GuardedApp[None]):
    """Breaks when told to."""

    def __init__(self, error: Exception) -> None:
        super().__init__(log_path=Path("/var/log/fleet.log"), driver_class=CaptureDriver)
        self.error = error
        self.said: list[str] = []

    @override
    def compose(self) -> ComposeResult:
        yield Static("x")

    @override
    def _print_error_renderables(self) -> None:
        self.said = [str(one) for one in self._exit_renderables]

    def break_now(self) -> None:
        """Raise with a secret in a local."""
        password = "hunter2" * 2
        assert password
        raise self.error


def _raised(error: Exception) -> Exception:
    def fail() -> None:
        raise error

    try:
        fail()
    except Exception as caught:
        return caught
    return error


async def _run(app: Breaking) -> None:
    async with app.run_test(headless=False) as pilot:
        app.call_later(app.break_now)
        await pilot.pause()


async def _break(app: Breaking) -> str:
    with pytest.raises(type(app.error)):
        await _run(app)
    assert app.return_code == 1
    return "\n".join(app.said)


async def test_a_crash_is_told_in_our_words_and_logged_without_variables(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="fleet_tui.ui"):
        said = await _break(Breaking(ValueError("token=abcdefgh12345678 \x1b[2J")))

    assert "what   ValueError: token=*** \u241b[2J" in said
    assert "in break_now" in said
    assert "report the end of /var/log/fleet.log" in said
    assert "hunter2" not in said + caplog.text
    assert "abcdefgh" not in said + caplog.text
    assert "Traceback" in caplog.text
    assert "\x1b" not in caplog.text


async def test_an_error_that_can_draw_itself_does_not() -> None:
    said = await _break(Breaking(Drawable("plain")))

    assert "Drawable: plain" in said
    assert "@click" not in said


async def test_giving_up_prints_nothing_that_was_handed_over() -> None:
    app = Breaking(ValueError())
    async with app.run_test(headless=False):
        app.panic(Traceback.from_exception(ValueError, ValueError("secret"), None, show_locals=True))

    assert "gave up" in "\n".join(app.said)
    assert "secret" not in "\n".join(app.said)


def test_only_the_first_trouble_is_told() -> None:
    app = Breaking(ValueError())
    app._break_down(crash_lines(ValueError("first"), None, redact))
    app._break_down(crash_lines(ValueError("second"), None, redact))

    assert len(app._exit_renderables) == 1


def test_without_a_log_the_lines_above_are_to_be_reported() -> None:
    lines = crash_lines(_raised(KeyError()), None, redact)

    assert "report the lines above" in lines[-1]
    assert any("test_crash.py" in line for line in lines)
    assert lines[2].strip() == "what   KeyError"


def test_the_log_keeps_the_whole_trace_safe_to_read() -> None:
    record = crash_record(_raised(ValueError("\x1b]2;x\x07")), redact)

    assert "\x1b" not in record
    assert record.count("\n") >= 3
