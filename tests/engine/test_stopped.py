"""A collector that stands still at any point of an action, is replaced, and goes on: one effect, nothing written."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fleet_tui.clock import now
from fleet_tui.domain.action import NO_PARAMS, Intent, IntentId, Verb
from fleet_tui.domain.attention_rules import action_items, is_unsound
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import TWICE, Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.record import ActionRecord
from fleet_tui.store.lock import CollectorRuns
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import COLLECTOR_LOCK_FILE
from fleet_tui.views.outcomes import outcome_line
from tests.engine.folder_vendor import Folder
from tests.engine.stopping import STOPPED
from tests.support.children import child_env
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover
ROOT = Path(__file__).resolve().parents[2]
POINTS = (
    "after accept",
    "before attempt",
    "after attempt",
    "before kill",
    "after kill",
    "before settle",
    "after settle",
)


class Place:
    """A state directory and the collectors over it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = Folder(root)
        self.target = self.folder.start("a", "a#1")
        self.running: list[subprocess.Popen[str]] = []

    def collector(self, point: str = "") -> subprocess.Popen[str]:
        with (self.root / "stderr").open("a") as stderr:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.engine.collector_child", str(self.root), *([point] if point else [])],
                cwd=ROOT,
                env=child_env(self.root),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        self.running.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n", (self.root / "stderr").read_text()
        return child

    def order_a_kill(self, target: Target, *, term: timedelta = timedelta(minutes=15)) -> None:
        self.order(Verb.KILL, target, term=term)

    def order(self, verb: Verb, target: Target, *, term: timedelta = timedelta(minutes=15)) -> None:
        intents = open_for_intents(self.root / "state")
        intents.submit(
            Intent(
                intent_id=IntentId("one"),
                verb=verb,
                params=NO_PARAMS,
                targets=(target,),
                actor="tester",
                host="here",
                why="",
                submitted_at=now(),
                not_after=now() + term,
                via="command",
            ),
            {},
        )
        intents.close()

    def outcome(self) -> Outcome | None:
        reader = open_for_reader(self.root / "state")
        try:
            return next((action.outcome for action in reader.changes(0).actions), None)
        finally:
            reader.close()

    def record(self) -> ActionRecord:
        reader = open_for_reader(self.root / "state")
        try:
            return reader.changes(0).actions[0]
        finally:
            reader.close()

    def reason(self) -> str:
        """What the audit says."""
        reader = open_for_reader(self.root / "state")
        try:
            return next(row.reason for row in reader.audit(limit=100) if row.outcome != "noted")
        finally:
            reader.close()

    def told(self) -> int:
        reader = open_for_reader(self.root / "state")
        try:
            return sum(row.outcome != "noted" for row in reader.audit(limit=100))
        finally:
            reader.close()

    def stands(self) -> None:
        eventually((self.root / STOPPED).exists, timeout_s=60, what="the point")

    def end(self) -> None:
        for child in self.running:
            child.kill()
            child.wait(30)
            assert child.stdout is not None
            child.stdout.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize("point", POINTS)
def test_it_goes_on_after_another_took_over_and_does_nothing_twice(place: Place, point: str) -> None:
    first = place.collector(point)
    place.order_a_kill(place.target)
    place.stands()
    with pytest.raises(CollectorRuns):
        open_for_collector(place.root / "state", now())
    # Nothing but a removed lock file lets another one begin while it stands.
    (place.root / "state" / COLLECTOR_LOCK_FILE).unlink()
    place.collector()
    outcome = eventually(place.outcome, timeout_s=60, what="the outcome")
    place.folder.start("a", "a#2")

    first.send_signal(signal.SIGCONT)

    assert first.wait(60) != 0, "it wrote with an old token"
    assert isinstance(outcome, Done)
    assert place.outcome() == outcome
    assert place.told() == 1
    assert place.folder.enders() == {"a#1": "one.0"}
    assert (place.folder.boxes / "a").read_text() == "a#2"


def test_what_it_stood_through_the_term_of_is_never_sent(place: Place) -> None:
    collector = place.collector("after accept")
    term = timedelta(seconds=1)
    place.order_a_kill(place.target, term=term)
    over = now() + term
    place.stands()
    eventually(lambda: now() > over, what="the end of the term")

    collector.send_signal(signal.SIGCONT)

    outcome = eventually(place.outcome, timeout_s=60, what="the outcome")
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.EXPIRED
    assert place.folder.enders() == {}


@pytest.mark.parametrize("point", ["after attempt", "before pause"])
def test_where_no_generation_tells_a_late_call_from_its_repeat_the_outcome_is_uncertain_and_says_so(
    place: Place, point: str
) -> None:
    first = place.collector(point)
    place.order(Verb.PAUSE, place.target)
    place.stands()
    (place.root / "state" / COLLECTOR_LOCK_FILE).unlink()
    place.collector()
    outcome = eventually(place.outcome, timeout_s=60, what="the outcome")
    place.folder.resume("a")

    first.send_signal(signal.SIGCONT)
    first.wait(60)

    assert outcome == Done("paused", uncertain=True)
    assert len(list(place.folder.pauses.iterdir())) in {1, 2}, "the late call may come too: that is what is uncertain"
    record = place.record()
    assert is_unsound(record)
    assert TWICE in place.reason()
    assert TWICE in "".join(cell.text for cell in outcome_line(record, now()))
    (item,) = action_items([record], now(), handle_of=lambda _: None)
    assert "uncertain" in item.text


def test_a_pause_whose_effect_was_seen_is_certain(place: Place) -> None:
    first = place.collector("after pause")
    place.order(Verb.PAUSE, place.target)
    place.stands()
    (place.root / "state" / COLLECTOR_LOCK_FILE).unlink()
    place.collector()

    assert eventually(place.outcome, timeout_s=60, what="the outcome") == Done(
        "it is paused", confirmed_after_restart=True
    )
    first.send_signal(signal.SIGCONT)
    assert first.wait(60) != 0
    assert len(list(place.folder.pauses.iterdir())) == 1
