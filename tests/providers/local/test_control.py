"""What may be said to a runner, and what nonsense does to it."""

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_tui.providers.local.runs import ask, connect, read_answer
from tests.providers.local.conftest import Held, Hold


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    noise=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=5),
            lambda inner: st.dictionaries(st.sampled_from(["cmd", "rows", "cols", "grace_s", "generation"]), inner),
            max_leaves=6,
        ).map(lambda value: __import__("json").dumps(value).encode()),
    )
)
def test_whatever_is_said_to_a_runner_costs_only_that_connection(shared_run: Held, noise: bytes) -> None:
    with connect(shared_run.directory, 5.0) as peer:
        peer.sendall(noise + b"\n")
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65_536):
            pass

    answer = ask(shared_run.directory, "status")
    assert answer is not None
    assert answer.state is not None
    assert answer.state.phase == "running"


def test_a_line_without_an_end_is_cut_off(hold: Hold) -> None:
    held = hold("sleep", "1000")
    with connect(held.directory, 5.0) as peer, pytest.raises(OSError, match=r"."):
        peer.sendall(b"x" * 16_000_000)

    answer = ask(held.directory, "status")
    assert answer is not None
    assert answer.ok


def test_two_questions_in_one_write_get_two_answers(hold: Hold) -> None:
    held = hold("sleep", "1000")
    with connect(held.directory, 5.0) as peer:
        peer.sendall(b'{"cmd": "status"}\n{"cmd": "dance"}\n')
        first, rest = read_answer(peer)
        second = rest or peer.recv(65_536)

    assert first.ok
    assert b"no such command" in second


def test_a_runner_that_is_gone_answers_nothing(hold: Hold) -> None:
    held = hold("true")
    held.ended()
    held.gone()

    assert ask(held.directory, "status") is None
