"""An agent waits for a person when it rang or notified and then fell silent, and for nothing that it merely wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.local_work import script_of
from fleet_tui.emulator.world import Behaviour, Vendor, seed_world
from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.calling import call_in
from tests.providers.local.conftest import Hold
from tests.providers.local.rows import NOW, in_phase
from tests.support.wait import eventually_async

NOTIFIES = b"\x1b]777;notify;agent;approve: DROP TABLE stage_7\x07"


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        (b"step 3\n" + NOTIFIES, "approve: DROP TABLE stage_7"),
        (b"step 3\n\x1b]9;claude needs your permission\x07", "claude needs your permission"),
        (b"step 3\n\x1b]99;i=1:d=1;approve?\x1b\\", "approve?"),
        (b"step 3\n\x1b]777;notify;only a title\x07", "only a title"),
        (b"tool call: git push\nmay I force-push?\n\x07", "may I force-push?"),
        (b"tool call: git push\n\x07may I force-push? [y/N] ", "may I force-push? [y/N]"),
        (b"\x07tool call: git push\n", "tool call: git push"),
        (NOTIFIES + b"\x07", "approve: DROP TABLE stage_7"),
    ],
)
def test_a_call_says_what_it_is_about(tail: bytes, words: str) -> None:
    call = call_in(tail, screen=False)

    assert call is not None
    assert call.words == words


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"may I force-push to origin/main? [y/N] ",
        b"\x1b]0;the title of a window ends in a bell\x07",
        b"\x1b]9;4;1;40\x07 40 %",
        b"\x1b]9;9;/home/me\x07$ ",
        b"\x1bP payload \x07 \x1b\\",
        NOTIFIES + b"\napproved\ntool call: run tests\n",
    ],
    ids=["nothing", "a question", "a title", "progress", "a directory", "a device string", "it went on"],
)
def test_what_is_no_call_is_none(tail: bytes) -> None:
    assert call_in(tail, screen=False) is None


def test_a_full_screen_program_draws_its_dialog_after_the_call_and_more_is_work() -> None:
    dialog = b"\x1b[2J\x1b[1;1H" + b"\x1b[32m Do you want to proceed? \x1b[0m\r\n" * 20
    assert call_in(b"\x07" + dialog, screen=True) is not None
    assert call_in(b"\x07" + dialog * 8, screen=True) is None


@given(st.binary(max_size=400), st.booleans())
def test_no_output_breaks_it(tail: bytes, screen: bool) -> None:
    call = call_in(tail, screen=screen)

    assert call is None or len(call.words) <= 160


async def test_an_agent_that_rings_and_falls_silent_waits_for_a_person(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "echo may I push?; printf '\\a'; exec sleep 1000", task="T-1")

    row = await in_phase(local, held, Phase.WAITING)

    assert row.phase.evidence == "may I push? (it rang the bell, and nothing since)"
    assert Capability.PAUSE in row.capabilities


async def test_one_that_notifies_and_works_on_does_not_wait(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "printf '\\033]9;half done\\a'; while :; do :; done")
    key = ResourceKey(SourceName("local"), Kind.PROCESS, held.launched.run_id)

    async def busy_after_its_call() -> Resource | None:
        (row,) = (await local.list_resources(NOW)).resources
        return row if row.phase.evidence == "it called for a person, and its processes work on" else None

    row = await eventually_async(busy_after_its_call)
    assert row is not None
    assert row.phase.phase is Phase.RUNNING
    again = await local.get_resource(key, NOW)
    assert again is not None
    assert again.phase.phase is Phase.RUNNING


async def test_a_secret_in_a_notification_is_masked(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "printf '\\033]9;use token: sk_live_abcdef123456\\a'; exec sleep 1000")

    row = await in_phase(local, held, Phase.WAITING)

    assert "abcdef" not in repr(row)


async def test_the_demos_agent_that_asks_waits_for_a_person(hold: Hold, local: LocalAdapter) -> None:
    asking = next(
        agent for agent in seed_world(200, 1, NOW) if agent.count(Vendor.LOCAL) and agent.behaviour is Behaviour.WAITS
    )
    held = hold("/bin/sh", "-c", script_of(asking, 0))

    row = await in_phase(local, held, Phase.WAITING)

    assert row.phase.evidence.startswith("approve: force-push to origin/main")
