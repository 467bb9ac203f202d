"""Joining a run's terminal gives what a terminal gives, and leaves ours as it was."""

import os
import select
import signal
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.providers.local.attach import DETACH_KEYS, AttachEnd, DetachFilter, NotAttached, attach
from fleet_tui.providers.local.processes import alive
from tests.providers.local.conftest import PYTHON, Held, Hold
from tests.support.wait import eventually

ECHO = "echo ready; while read line; do echo got:$line; stty size; done"
PROGRAM = """
import sys
from pathlib import Path
from fleet_tui.providers.local.attach import attach
end = attach(Path(sys.argv[1]), 0, 1)
print("END", end.name if hasattr(end, "name") else end.text, flush=True)
"""


class Terminal:
    """Our side of a real pseudo-terminal in which `attach` runs."""

    def __init__(self, held: Held, rows: int = 30, cols: int = 100) -> None:
        self.master, self.slave = os.openpty()
        termios.tcsetwinsize(self.slave, (rows, cols))
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.process = subprocess.Popen(
            [PYTHON, "-c", PROGRAM, str(held.directory)],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=Path(__file__).parents[3],
            start_new_session=True,
        )

    def read(self) -> bytes:
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65_536)
        return self.seen

    def sees(self, what: bytes) -> None:
        eventually(lambda: what in self.read(), what=f"{what!r} on the terminal")

    def types(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def resize(self, rows: int, cols: int) -> None:
        termios.tcsetwinsize(self.slave, (rows, cols))
        self.process.send_signal(signal.SIGWINCH)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def held(hold: Hold) -> Held:
    held = hold("sh", "-c", ECHO, tty=True, rows=24, cols=80)
    held.says("ready")
    return held


@pytest.fixture
def terminal(held: Held) -> Iterator[Terminal]:
    terminal = Terminal(held)
    yield terminal
    terminal.close()


def test_what_is_typed_reaches_the_agent_and_its_answer_the_screen(terminal: Terminal) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)
    terminal.types(b"hello\r")

    terminal.sees(b"got:hello")
    terminal.sees(b"30 100")


def test_the_agent_follows_the_size_of_the_window(terminal: Terminal) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)
    terminal.types(b"one\r")
    terminal.sees(b"30 100")

    terminal.resize(40, 120)

    def grown() -> bool:
        terminal.types(b"more\r")
        return b"40 120" in terminal.read()

    eventually(grown)


@pytest.mark.parametrize("keys", DETACH_KEYS)
def test_a_detach_key_leaves_the_agent_running_and_the_terminal_as_it_was(
    terminal: Terminal, held: Held, keys: bytes
) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)
    terminal.types(b"x\r")
    terminal.sees(b"got:x")

    terminal.types(keys)

    terminal.sees(b"END DETACHED")
    assert terminal.process.wait(10) == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert held.run.state.phase == "running"


def test_two_may_join_and_both_see(terminal: Terminal, held: Held) -> None:
    other = Terminal(held)
    try:
        for each in (terminal, other):
            eventually(lambda each=each: termios.tcgetattr(each.slave) != each.before)  # type: ignore[misc]
            each.types(b"\r")
            each.sees(b"got:")

        other.types(b"both\r")

        terminal.sees(b"got:both")
        other.sees(b"got:both")
    finally:
        other.close()


def test_the_end_of_the_agent_ends_the_session(terminal: Terminal, held: Held) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)
    terminal.types(b"\x04")

    terminal.sees(b"END ENDED")
    assert termios.tcgetattr(terminal.slave) == terminal.before
    assert held.ended().exit_status == 0


def test_ctrl_c_goes_to_the_agent_and_not_to_us(terminal: Terminal, held: Held) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)
    terminal.types(b"\x03")

    terminal.sees(b"END ENDED")
    assert held.ended().signal == signal.SIGINT


def test_a_signal_restores_the_terminal(terminal: Terminal, held: Held) -> None:
    eventually(lambda: termios.tcgetattr(terminal.slave) != terminal.before)

    terminal.process.send_signal(signal.SIGTERM)

    terminal.sees(b"END SIGNALLED")
    assert termios.tcgetattr(terminal.slave) == terminal.before
    child = held.run.state.child
    assert child is not None
    assert alive(child.ref)


def test_the_same_size_still_makes_a_full_screen_program_draw_again(hold: Hold) -> None:
    held = hold("sh", "-c", "trap 'echo redrawn; stty size' WINCH; echo ready; while :; do read x; done", tty=True)
    held.says("ready")
    terminal = Terminal(held, 24, 80)
    try:
        terminal.sees(b"redrawn")
        terminal.sees(b"24 80")
    finally:
        terminal.close()


def test_the_output_of_a_terminal_is_in_the_log(held: Held) -> None:
    assert "ready" in held.log


def test_the_agent_has_a_terminal_of_its_own(hold: Hold) -> None:
    held = hold("sh", "-c", "test -t 0 && test -t 1 && test -t 2 && stty size < /dev/tty", tty=True, rows=33, cols=99)

    assert held.ended().exit_status == 0
    assert "33 99" in held.log


def test_without_a_terminal_nothing_is_joined(held: Held) -> None:
    read_end, write_end = os.pipe()
    try:
        outcome = attach(held.directory, read_end, write_end)
    finally:
        os.close(read_end)
        os.close(write_end)

    assert isinstance(outcome, NotAttached)
    assert "needs a terminal" in outcome.text


def test_a_run_without_a_terminal_says_so(hold: Hold) -> None:
    terminal = Terminal(hold("sleep", "1000"))
    try:
        terminal.sees(b"this run holds no terminal")
    finally:
        terminal.close()


@given(st.lists(st.binary(max_size=4), max_size=8))
def test_keys_pass_unchanged_unless_they_hold_a_detach_key(pieces: list[bytes]) -> None:
    keys = DetachFilter()
    passed = b""
    whole = b"".join(pieces)
    for piece in pieces:
        out, detach = keys.feed(piece)
        passed += out
        if detach:
            assert any(key in whole for key in DETACH_KEYS)
            return
    assert passed + keys.release() == whole
    assert not any(key in whole for key in DETACH_KEYS)


def test_every_end_says_what_became_of_the_agent() -> None:
    assert all("agent" in end.value for end in AttachEnd)
