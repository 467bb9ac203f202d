"""Keys are heard at once, a lone escape is one, and the thread that listens ends the moment it is told to."""

import os
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from textual.events import Key
from textual.message import Message

from fleet_tui.ui.listening import Listener
from tests.support.wait import eventually


class Ear:
    """A listener on a pipe, in a thread."""

    def __init__(self) -> None:
        self._terminal, self._typist = os.pipe()
        self.heard: list[Message] = []
        self.ended = threading.Event()
        self.listener = Listener(self._terminal, self.ended, self.heard.append, debug=False)
        self.thread = threading.Thread(target=self.listener.run)
        self.thread.start()

    def type(self, text: str) -> None:
        os.write(self._typist, text.encode())

    def hang_up(self) -> None:
        os.close(self._typist)
        self._typist = -1

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.heard if isinstance(message, Key)]

    def sleeps(self) -> bool:
        """It waits for a key or the end, however long that takes: nothing was typed that could go on."""
        frame = sys._current_frames().get(self.thread.ident or 0)
        return frame is not None and frame.f_code.co_name == "select"

    def end(self) -> None:
        self.ended.set()
        self.listener.wake()
        self.thread.join(5)

    def close(self) -> None:
        self.end()
        os.close(self._terminal)
        if self._typist >= 0:
            os.close(self._typist)


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()
    yield made
    made.close()


def test_keys_and_sequences_are_heard_in_order(ear: Ear) -> None:
    ear.type("j\x1b[Bq")
    eventually(lambda: ear.keys == ["j", "down", "q"])


def test_a_sequence_in_pieces_is_one_key(ear: Ear) -> None:
    ear.type("\x1b[")
    ear.type("B")
    eventually(lambda: ear.keys == ["down"])


def test_a_lone_escape_is_heard(ear: Ear) -> None:
    ear.type("\x1b")
    eventually(lambda: ear.keys == ["escape"])


def test_half_a_character_waits_for_the_other_half(ear: Ear) -> None:
    first, second = "é".encode()
    os.write(ear._typist, bytes([first]))
    os.write(ear._typist, bytes([second]))
    eventually(lambda: [message.character for message in ear.heard if isinstance(message, Key)] == ["é"])


def test_whoever_waits_for_a_key_ends_when_told_to(ear: Ear) -> None:
    eventually(ear.sleeps, what="a listener that waits")
    ear.end()
    assert not ear.thread.is_alive()
    ear.listener.wake()


def test_a_terminal_that_is_gone_ends_nothing_and_burns_nothing(ear: Ear) -> None:
    ear.hang_up()
    cpu = time.pthread_getcpuclockid(ear.thread.ident or 0)
    began = time.clock_gettime(cpu)
    ear.ended.wait(0.3)
    assert time.clock_gettime(cpu) - began < 0.1
    assert ear.thread.is_alive()
