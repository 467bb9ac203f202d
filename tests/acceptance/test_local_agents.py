"""Real processes by command: whatever an agent started, wherever it hid it, is paused, resumed, ended with it."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fleet_tui.domain.action import Verb
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.resource import Resource
from tests.acceptance.harness import Place, is_gone, state_of
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

LOCAL = '[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n'
TREE = """
cd "$1"
note() { echo "$2" > "$1.new"; mv "$1.new" "$1"; }
sleep 1000 & note child $!
setsid sh -c 'echo $$ > session.new; mv session.new session; exec sleep 1000' &
( setsid sh -c 'echo $$ > daemon.new; mv daemon.new daemon; exec sleep 1000' & )
note main $$
wait
"""
"""An agent with a child, one in a session of its own, and one that was forked twice and is nobody's child."""
WHO = ("main", "child", "session", "daemon")


class Tree:
    """One agent and all that it started."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self.folder = place.root / name
        self.folder.mkdir()
        ran = place.run("run", "--name", name, "--team", "ci", "--", "sh", "-c", TREE, "sh", str(self.folder)).ok()
        self.run_id = ran.out.strip()
        eventually(lambda: all((self.folder / who).exists() for who in WHO), what="the whole tree")

    @property
    def pids(self) -> dict[str, int]:
        return {who: int((self.folder / who).read_text()) for who in WHO}

    def states(self) -> set[str]:
        return {state_of(pid) for pid in self.pids.values()}

    def row(self) -> dict[str, Any]:
        return self.place.resources(f"id:{self.run_id}")[self.run_id]

    def resource(self) -> Resource:
        """Its row as the store has it."""
        (row,) = [row for row in self.place.held() if row.key.id == self.run_id]
        return row

    def settled(self, verb: Verb) -> Outcome | None:
        """How the action of that verb ended; None while it has not."""
        return next((action.outcome for action in self.place.actions() if action.verb is verb), None)

    def phase(self) -> str:
        phase: str = self.row()["phase"]
        return phase


@pytest.fixture
def tree(place: Place) -> Tree:
    place.write(LOCAL)
    return Tree(place, "ada")


def test_what_was_just_started_is_seen_and_can_be_named_at_once(place: Place) -> None:
    place.write(LOCAL)
    place.run("ls").ok()
    place.run("run", "--name", "ada", "--", "sleep", "1000").ok()
    assert place.run("kill", "ada", "--now", "--yes").code == 0


def test_a_name_is_waited_for_as_long_as_the_reading_that_may_hold_it(place: Place) -> None:
    place.write(LOCAL)
    collector = place.collector()
    place.run("ls").ok()
    place.hold(collector)
    place.run("run", "--name", "ada", "--", "sleep", "1000").ok()
    command = place.start("kill", "ada", "--now", "--yes")
    with pytest.raises(subprocess.TimeoutExpired):
        command.wait(4)
    collector.send_signal(signal.SIGCONT)
    assert command.wait(30) == 0


def test_a_filter_means_what_was_just_started_too(place: Place) -> None:
    place.write(LOCAL)
    place.run("run", "--name", "ada", "--team", "ci", "--", "sleep", "1000").ok()
    place.run("ls").ok()
    place.run("run", "--name", "eve", "--team", "ci", "--", "sleep", "1000").ok()
    rows = place.run("kill", "team:ci", "--now", "--yes", "--expect", "2", "--json").ok().rows
    assert [row["outcome"] for row in rows] == ["done", "done"]


def test_pause_stops_the_whole_tree_and_resume_lets_it_run_again(tree: Tree) -> None:
    tree.place.run("pause", "ada", "--yes").ok()
    assert tree.states() == {"T"}
    eventually(lambda: tree.phase() == "paused")

    tree.place.run("resume", "ada", "--yes").ok()
    assert "T" not in tree.states()
    eventually(lambda: tree.phase() == "running")


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_kill_ends_the_whole_tree(tree: Tree, paused: bool) -> None:
    if paused:
        tree.place.run("pause", "ada", "--yes").ok()
    (row,) = tree.place.run("kill", "ada", "--yes", "--json").ok().rows
    assert row["outcome"] == "done"
    assert all(is_gone(pid) for pid in tree.pids.values()), tree.states()
    eventually(lambda: tree.phase() == "ended(killed)")


def test_an_agent_that_ignores_the_polite_signal_is_killed_by_now(place: Place) -> None:
    place.write(LOCAL)
    place.run("run", "--name", "deaf", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1000; done").ok()
    (row,) = place.run("kill", "deaf", "--now", "--yes", "--json").ok().rows
    assert row["outcome"] == "done"
    eventually(lambda: not any("trap" in words and "fleet_tui" not in words for words in place.left().values()))


def test_restart_ends_the_old_tree_and_starts_another_incarnation(tree: Tree) -> None:
    tree.place.run("ls").ok()
    before, seen = tree.pids, tree.resource()
    for who in WHO:
        (tree.folder / who).unlink()
    (row,) = tree.place.run("restart", "ada", "--yes", "--json").ok().rows
    assert row["outcome"] == "done"
    assert all(is_gone(pid) for pid in before.values())
    eventually(lambda: all((tree.folder / who).exists() for who in WHO), what="the new tree")
    assert not set(tree.pids.values()) & set(before.values())
    eventually(lambda: tree.phase() == "running")
    after = tree.resource()
    assert (after.key, after.incarnation != seen.incarnation) == (seen.key, True)
    assert dict(after.detail)["ended before with"] == "SIGTERM"


def test_a_kill_planned_before_somebody_restarted_it_touches_nothing(tree: Tree) -> None:
    tree.place.run("ls").ok()
    planned = tree.resource()
    for who in WHO:
        (tree.folder / who).unlink()
    tree.place.run("restart", "ada", "--yes").ok()
    eventually(lambda: all((tree.folder / who).exists() for who in WHO), what="the new tree")

    tree.place.submit(Verb.KILL, planned)
    tree.place.run("ls").ok()

    kill = eventually(lambda: tree.settled(Verb.KILL), what="its outcome")
    assert isinstance(kill, Refused)
    assert kill.reason is RefusalReason.REPLACED
    assert not any(is_gone(pid) for pid in tree.pids.values())
    assert tree.phase() == "running"
    tree.place.run("kill", "ada", "--now", "--yes").ok()
    eventually(lambda: tree.phase() == "ended(killed)")


BUSY = """
trap 'read _ < "$1"; exit 5' TERM
echo begun >> "$2"
while :; do sleep 0.05; done
"""
"""An agent that ends politely, with status 5, but only once its gate opens."""


@pytest.mark.parametrize("over", [True, False], ids=["over before the next collector", "still going on"])
def test_a_restart_is_done_once_although_the_collector_is_killed_in_the_middle(
    place: Place, tmp_path: Path, over: bool
) -> None:
    place.write(LOCAL)
    gate, begun = tmp_path / "gate", tmp_path / "begun"
    os.mkfifo(gate)
    ran = place.run("run", "--name", "ada", "--", "sh", "-c", BUSY, "sh", str(gate), str(begun)).ok()
    run_id = ran.out.strip()
    eventually(begun.exists, what="the first life")
    collector = place.collector()
    place.run("ls").ok()
    (seen,) = place.held()
    place.submit(Verb.RESTART, seen)
    state = place.state / "runs" / run_id / "state"
    eventually(lambda: json.loads(state.read_text())["phase"] == "stopping", what="the order at the runner")
    assert place.kill_collector()
    collector.wait(10)

    if not over:
        place.collector()
    gate.write_text("go\n")
    eventually(lambda: begun.read_text() == "begun\n" * 2, what="the second life")
    if over:
        place.collector()

    eventually(lambda: [a for a in place.actions() if a.outcome is not None], timeout_s=30, what="its outcome")
    (action,) = place.actions()
    assert isinstance(action.outcome, Done)
    assert action.outcome.confirmed_after_restart or not over
    place.run("ls").ok()
    (after,) = place.held()
    assert (after.key, after.generation) == (seen.key, "2")
    assert after.incarnation != seen.incarnation
    assert dict(after.detail)["ended before with"] == "status 5"
    assert len(place.effects()) == 1


def test_an_exit_status_is_kept_although_the_collector_was_killed_meanwhile(place: Place, tmp_path: Path) -> None:
    place.write(LOCAL)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    ran = place.run("run", "--name", "ada", "--", "sh", "-c", 'read _ < "$1"; exit 7', "sh", str(gate)).ok()
    run_id = ran.out.strip()
    assert place.resources()[run_id]["phase"] == "running"
    assert place.kill_collector()

    gate.write_text("go\n")
    eventually((place.state / "runs" / run_id / "ended").exists, what="the runner's record of the end")

    row = place.resources()[run_id]
    assert row["phase"] == "ended(failed)"
    assert "ended with status 7" in place.run("show", run_id).ok().out
    assert "ended with status 7" in place.run("show", "ada").ok().out


def test_agents_outlive_the_collector_and_its_stop(tree: Tree) -> None:
    eventually(lambda: tree.phase() == "running")
    tree.place.run("collect", "--stop").ok()
    assert tree.place.collector_pid() is None
    assert "T" not in tree.states()
    assert not any(is_gone(pid) for pid in tree.pids.values())
    runner = next(pid for pid, words in tree.place.left().items() if "runner" in words)
    os.kill(tree.pids["child"], signal.SIGTERM)
    eventually(lambda: is_gone(tree.pids["child"]))
    assert not is_gone(runner)
