"""The demo as its user sees it: it ends by itself, shows all five providers, and never leaves a process behind."""

import os
import signal
import sys

import pytest

from tests.acceptance.harness import Place
from tests.support.wait import eventually

DEMO = (sys.executable, "-P", "-m", "fleet_tui", "demo")


def test_the_demo_printed_once_lists_200_resources_of_five_providers_and_leaves_no_process(place: Place) -> None:
    ran = place.run_raw([*DEMO, "--once", "--resources", "--json"], timeout_s=90).ok()
    assert len(ran.rows) >= 200
    assert {row["provider"] for row in ran.rows} >= {"local", "e2b", "daytona", "mem0", "stripe"}
    assert place.left() == {}
    assert list((place.root / "tmp").iterdir()) == [], "the demo's folder is gone with it"


def test_the_same_seed_lists_the_same_agents(place: Place) -> None:
    names = [
        {row["agent"] for row in place.run_raw([*DEMO, "--agents", "12", "--once", "--json"], timeout_s=90).ok().rows}
        for _ in range(2)
    ]
    assert names[0] == names[1]
    assert len(names[0] - {None}) >= 10


@pytest.mark.parametrize("moment", ["while its vendors start", "when its collector runs"])
def test_a_demo_killed_with_9_leaves_nothing_two_seconds_later(place: Place, moment: str) -> None:
    demo = place.start_raw([*DEMO, "--once"])
    roles = {"while its vendors start": "vendors", "when its collector runs": "collector"}
    eventually(
        lambda: any(f"child() {roles[moment]}" in words for words in place.left().values()),
        timeout_s=30,
        what="the child of the demo",
    )
    os.kill(demo.pid, signal.SIGKILL)
    demo.wait(5)
    eventually(lambda: not place.left(), timeout_s=2, what="the end of all that the demo started")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda told: told.name)
def test_a_demo_that_is_told_to_end_cleans_up_behind_itself(place: Place, told: signal.Signals) -> None:
    demo = place.start_raw([*DEMO, "--once"])
    eventually(lambda: any("child() collector" in words for words in place.left().values()), timeout_s=30)
    demo.send_signal(told)
    assert demo.wait(10) == 128 + told
    assert place.left() == {}
    assert list((place.root / "tmp").iterdir()) == []
