"""A collector killed with -9 again and again, with the real store and the real durable workflows."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from fleet_tui.clock import now
from fleet_tui.domain.action import DEFAULT_TERM, NO_PARAMS, Intent, IntentId, Verb
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import Done, RefusalReason, Refused
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.store.open import open_for_intents, open_for_reader
from tests.engine.folder_vendor import Folder
from tests.support.children import child_env
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover
"""What is killed with -9 tells nothing of what it ran through."""
ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
BATCH = 12


@contextmanager
def collector(root: Path) -> Iterator[subprocess.Popen[str]]:
    with (root / "stderr").open("a") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.collector_child", str(root)],
            cwd=ROOT,
            env=child_env(root),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n", (root / "stderr").read_text()
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(30)
        assert child.stdout is not None
        child.stdout.close()


def intent(name: str, targets: list[Target], *, term: timedelta = DEFAULT_TERM) -> Intent:
    return Intent(
        intent_id=IntentId(name),
        verb=Verb.KILL,
        params=NO_PARAMS,
        targets=tuple(targets),
        actor="tester",
        host="here",
        why="",
        submitted_at=now() + min(term, timedelta()),
        not_after=now() + term,
        via="command",
    )


def actions(root: Path) -> list[ActionRecord]:
    found: list[ActionRecord] = []

    def take(delta: FleetDelta) -> None:
        found.extend(delta.actions)

    reader = open_for_reader(root / "state")
    try:
        reader.load(take)
    finally:
        reader.close()
    return found


def settled(root: Path, count: int) -> bool:
    return sum(a.state is ActionState.SETTLED for a in actions(root)) >= count


def test_every_action_has_one_true_outcome_whenever_the_collector_is_killed(tmp_path: Path) -> None:
    folder, chance = Folder(tmp_path), random.Random(7)
    intents = open_for_intents(tmp_path / "state")
    submitted = 0
    for life in range(KILLS):
        with collector(tmp_path) as child:
            targets = [folder.start(f"b{life}-{i}", f"b{life}-{i}#1") for i in range(BATCH)]
            # One that the world ends itself, and one whose slot has another sandbox by then.
            folder.end(targets[0].key.id, by="world")
            folder.start(targets[1].key.id, f"b{life}-1#2")
            intents.submit(intent(f"life{life}", targets), {})
            submitted += BATCH
            # It dies somewhere among them: after so many have their outcome.
            enough = submitted - BATCH + chance.randrange(BATCH)
            eventually(partial(settled, tmp_path, enough), timeout_s=60)
            child.send_signal(signal.SIGKILL)
            child.wait(30)
    late = [folder.start("late", "late#1")]
    intents.submit(intent("late", late, term=timedelta(seconds=-1)), {})
    submitted += 1
    with collector(tmp_path):
        eventually(lambda: settled(tmp_path, submitted), timeout_s=60)
    intents.close()

    _check_outcomes(tmp_path, folder.enders())
    assert (tmp_path / "state" / "durable.sqlite").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "stderr").read_text() == ""


def _check_outcomes(tmp_path: Path, enders: dict[str, str]) -> None:
    reader = open_for_reader(tmp_path / "state")
    told = [row.action_id for row in reader.audit(limit=10_000) if row.outcome != "noted"]
    reader.close()
    assert sorted(told) == sorted({a.action_id for a in actions(tmp_path)}), "one audit line per action"
    for action in actions(tmp_path):
        by = enders.get(action.target.incarnation)
        if action.intent_id == "late":
            assert isinstance(action.outcome, Refused)
            assert action.outcome.reason is RefusalReason.EXPIRED
            assert by is None
        elif action.target.key.id.endswith("-1"):
            assert isinstance(action.outcome, Refused)
            assert action.outcome.reason is RefusalReason.REPLACED
        elif by == "world":
            assert isinstance(action.outcome, Done)
            assert "nothing was sent" in action.outcome.detail
        else:
            assert isinstance(action.outcome, Done)
            assert by == action.action_id
            assert "nothing was sent" not in action.outcome.detail


def test_a_collector_told_to_end_leaves_what_it_did_not_finish_to_the_next(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    intents = open_for_intents(tmp_path / "state")
    with collector(tmp_path) as child:
        targets = [folder.start(f"b{i}", f"b{i}#1") for i in range(40)]
        intents.submit(intent("one", targets), {})
        eventually(lambda: settled(tmp_path, 5), timeout_s=60)
        child.terminate()
        assert child.wait(30) == 0
    with collector(tmp_path):
        eventually(lambda: settled(tmp_path, 40), timeout_s=60)
    intents.close()
    assert all(isinstance(a.outcome, Done) for a in actions(tmp_path))
    assert set(folder.enders().values()) == {a.action_id for a in actions(tmp_path)}
