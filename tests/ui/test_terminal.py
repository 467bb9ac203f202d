"""The console's driver in real terminals: what reaches them, what they are left like, what a crash tells."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import terminal
from tests.support.wait import eventually

_PROGRAM = ("-m", "tests.support.terminal_app")
_ALTERNATE = b"\x1b[?1049h"


def test_safe_text_reaches_the_terminal_as_pictures_and_the_modes_come_back() -> None:
    with terminal(*_PROGRAM, "safe") as console:
        written = console.read_until(b"READY")
        console.press(b"q")
        written = console.read_to_end()

        assert "\u241b]52;c;cm0gLXJmIH4=".encode() in written
        assert b"\x1b]52" not in written
        assert b"\x1b]2;" not in written
        assert written.count(_ALTERNATE) == 1
        assert b"\x1b[?1049l" in written
        assert console.modes == console.modes_before
        assert console.process.returncode == 0


def test_careless_text_is_replaced_before_the_terminal() -> None:
    with terminal(*_PROGRAM, "careless") as console:
        console.read_until(b"READY")
        console.press(b"q")
        written = console.read_to_end()

        assert b"\x1b]52" not in written
        assert "\ufffd]52;c;".encode() in written


def test_textual_environment_cannot_name_another_driver() -> None:
    other = {"TEXTUAL_DRIVER": "textual.drivers.linux_driver:LinuxDriver"}
    with terminal(*_PROGRAM, "careless", environment=other) as console:
        console.read_until(b"READY")
        console.press(b"q")

        assert b"\x1b]52" not in console.read_to_end()


def test_copying_sends_one_safe_line() -> None:
    with terminal(*_PROGRAM, "safe") as console:
        console.read_until(b"READY")
        console.press(b"c")
        console.read_until(b"\x1b]52;c;c2FmZeKQinRleHQ=\x07")
        console.press(b"q")
        console.read_to_end()

        assert console.process.returncode == 0


def test_a_console_that_takes_over_from_the_splash_does_not_switch_the_screen_again() -> None:
    with terminal(*_PROGRAM, "taken-over") as console:
        console.read_until(b"READY")
        console.press(b"q")

        assert _ALTERNATE not in console.read_to_end()


def test_a_crash_tells_what_where_and_what_next_and_no_secret(tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    with terminal(*_PROGRAM, "safe", str(log)) as console:
        console.read_until(b"READY")
        console.press(b"x")
        written = console.read_to_end().decode()

        _, _, after = written.rpartition("\x1b[?1049l")
        told = re.sub(r"\s+", "", re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", after))
        assert "Theconsolebrokeandstopped." in told
        assert "whatKeyError:" in told
        assert "support/terminal_app.py:" in told
        assert "inon_key" in told
        assert f"reporttheendof{log}" in told
        assert "canary" not in written
        assert "\x1b[2J" not in after
        assert console.modes == console.modes_before
        assert console.process.returncode == 1


@pytest.mark.tmux
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="whether a program stands still is asked of /proc")
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP], ids=["told", "hung up"])
def test_a_terminal_that_takes_nothing_any_more_keeps_no_console_that_is_told_to_end(told: signal.Signals) -> None:
    with terminal(*_PROGRAM, "busy", controlling=True) as console:
        console.read_until(b"x" * 90)
        eventually(console.stands_still, what="a program that waits for its terminal")
        if told is signal.SIGHUP:
            console.hang_up()
        else:
            console.process.send_signal(told)
        assert eventually(lambda: console.process.poll() is not None, timeout_s=8, what="its end")
        assert console.process.returncode == 128 + told


def test_inside_tmux_no_buffer_is_filled_and_no_title_changes(tmp_path: Path) -> None:
    def tmux(*arguments: str) -> str:
        command = ["tmux", "-S", str(tmp_path / "tmux.sock"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout

    tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", sys.executable, *_PROGRAM, "careless")
    try:
        screen = eventually(lambda: _ready(tmux("capture-pane", "-p")), what="the console")

        assert "rm -rf" not in tmux("show-buffer")
        assert "PWNED" not in tmux("display-message", "-p", "#{pane_title}")
        assert "]2;PWNED TITLE" in screen
    finally:
        tmux("kill-server")


def _ready(screen: str) -> str:
    return screen if "READY" in screen else ""
