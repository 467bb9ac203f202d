"""On a laptop without any configuration: the agents that really run here are seen, acted on, joined."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import Place, Ran, is_gone, state_of
from tests.acceptance.tmux import needs_tmux, screen
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

PROGRAM = (sys.executable, "-P", "-m", "fleet_tui")


class Laptop:
    """A home without a fleet.toml, in which somebody started an agent CLI by hand."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.place = place
        link = folder / "claude"
        link.symlink_to(shutil.which("sh") or "sh")
        work = "setsid sleep 1000 & sleep 1000 & wait"
        self.agent = subprocess.Popen(
            [str(link), "-c", work], cwd=folder, env=place.environment, start_new_session=True
        )

    def run(self, *words: str) -> Ran:
        return self.place.run_raw([*PROGRAM, *words[:1], "--state-dir", str(self.place.state), *words[1:]])

    def family(self) -> list[int]:
        """The agent and its two children, one of them in a session of its own."""
        children = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children").read_text().split()
        return [self.agent.pid, *map(int, children)]

    def row(self) -> dict[str, Any]:
        """The row of this process; others on this machine are not the test's."""

        def found() -> dict[str, Any] | None:
            rows = self.run("ls", "--resources", "kind:process", "--json").rows
            return next((row for row in rows if f"-{self.agent.pid}-" in f"-{row['id']}-"), None)

        row = eventually(found, what="the process in ls")
        assert row is not None
        return row


@pytest.fixture
def laptop(place: Place, tmp_path: Path) -> Iterator[Laptop]:
    made = Laptop(place, tmp_path)
    eventually(lambda: len(made.family()) == 3, what="its children")
    yield made
    if made.agent.poll() is None:
        for pid in made.family():
            os.kill(pid, signal.SIGKILL)
    made.agent.wait(10)


def test_an_agent_started_by_hand_is_seen_paused_resumed_and_killed_with_its_children(laptop: Laptop) -> None:
    row = laptop.row()
    family = laptop.family()
    assert (row["source"], row["kind"], row["phase"]) == ("local", "process", "running")
    assert "restart" not in row["capabilities"]
    assert "claude" in laptop.run("ls").ok().out

    laptop.run("pause", row["id"], "--yes").ok()
    assert {state_of(pid) for pid in family} == {"T"}
    laptop.run("resume", row["id"], "--yes").ok()
    assert "T" not in {state_of(pid) for pid in family}
    refused = laptop.run("restart", row["id"], "--yes")
    assert (refused.code, refused.out) == (3, "")
    assert "restart" in refused.err

    laptop.run("kill", row["id"], "--yes").ok()
    assert all(is_gone(pid) for pid in family)


def test_what_run_started_is_there_too_and_no_file_is_read_from_the_current_directory(
    laptop: Laptop, place: Place
) -> None:
    (place.root / "fleet.toml").write_text("this is not TOML")
    (place.root / ".env").write_text("E2B_API_KEY=e2b_nothing")
    run_id = laptop.run("run", "--name", "ada", "--", "sleep", "1000").ok().out.strip()
    rows = {row["id"]: row for row in laptop.run("ls", "--resources", "--json").ok().rows}
    assert rows[run_id]["agent"] == "ada"
    assert {row["source"] for row in rows.values()} == {"local"}


@pytest.mark.tmux
@needs_tmux
def test_an_agent_with_a_terminal_is_joined_left_and_joined_again(place: Place) -> None:
    place.write('[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n')
    run_id = place.run("run", "--name", "term", "--tty", "--", "sh").ok().out.strip()
    with screen(place, place.words("attach", run_id)) as console:
        console.type("echo $((6 * 7))-is-it\r")
        console.shows("42-is-it")
        os.kill(console.pid, signal.SIGHUP)
        console.ended()
    assert place.resources()[run_id]["phase"] == "running"
    with screen(place, place.words("attach", "term")) as console:
        console.type("exit 3\r")
        assert console.ended() == 0
        console.shows("3")
    eventually(lambda: place.resources()[run_id]["phase"] == "ended(failed)", what="its end in ls")
