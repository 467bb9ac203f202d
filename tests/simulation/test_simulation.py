"""The engine under a hostile vendor, a full disk and crashes at any step: in no seed breaks what must hold."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import Done, Failed, Outcome, Refused
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.watch import Watch
from fleet_tui.engine import actions, reconciler, terms, verify
from fleet_tui.engine.verify import Go, Seen
from fleet_tui.testing.invariants import BrokenInvariant
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.simulation import Run, simulate

SEEDS = range(50)
ENOUGH_SEEDS = range(16)


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@cache
def run_of(seed: int) -> Run:
    return simulate(seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_breaks(seed: int) -> None:
    run = run_of(seed)
    assert run.actions > 0


def test_the_seeds_together_reach_every_kind_of_outcome() -> None:
    runs = [run_of(seed) for seed in ENOUGH_SEEDS]
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    assert any(run.lives > 5 for run in runs)
    assert any(isinstance(o, Done) and o.confirmed_after_restart for o in outcomes)
    assert any(isinstance(o, Failed) and o.uncertain for o in outcomes)
    reasons = {o.reason.value for o in outcomes if isinstance(o, Refused)}
    assert {"expired", "replaced", "changed", "gone"} <= reasons


def test_one_seed_does_the_same_each_time_and_another_something_else() -> None:
    assert simulate(3).trace == run_of(3).trace
    assert run_of(3).trace != run_of(4).trace


def test_one_seed_does_the_same_in_another_process_with_another_hash_seed() -> None:
    script = (
        "import logging; logging.disable(50)\n"
        "from fleet_tui.testing.simulation import simulate; print(simulate(5).trace)"
    )
    child = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert child.stdout.strip() == run_of(5).trace


def found_in_some_seed(sentence: str, *, fenced: bool = True, first: int = 0) -> bool:
    for seed in range(first, first + len(SEEDS)):
        try:
            simulate(seed, fenced=fenced)
        except BrokenInvariant as error:
            if sentence in str(error) and str(error).startswith(f"seed {seed}: "):
                return True
    return False


def test_a_planted_bug_that_acts_on_the_next_incarnation_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(record: ActionRecord, resource: Resource | None, seen: Seen) -> Outcome | Go:
        if resource is not None:
            target = replace(record.target, incarnation=resource.incarnation, generation=resource.generation)
            record = replace(record, target=target)
        return verify.judge_target(record, resource, seen)

    monkeypatch.setattr(actions, "judge_target", careless)
    assert found_in_some_seed(" and hit ", fenced=False)


def test_a_planted_bug_that_forgets_its_attempts_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(self: MemoryStore, action_id: ActionId, target: Target) -> bool:
        del self, action_id, target
        return False

    monkeypatch.setattr(MemoryStore, "attempted", forgets)
    assert found_in_some_seed(" was done")


def test_a_planted_bug_that_believes_one_empty_listing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "EMPTY_HELD_POLLS", 1)
    assert found_in_some_seed("is said to have ended")


def test_a_planted_bug_that_sends_what_expired_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms.Terms, "over", lambda *_: False)
    assert found_in_some_seed("was first sent at")


def test_a_planted_bug_that_ends_terms_by_the_wall_clock_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_the_wall(self: terms.Terms, record: ActionRecord) -> bool:
        return self._around.clock.now() >= record.not_after

    monkeypatch.setattr(terms.Terms, "over", by_the_wall)
    assert found_in_some_seed("is told as expired before its end", first=3)
    assert found_in_some_seed("was first sent at", first=60)


def test_a_planted_bug_that_takes_all_that_passed_for_watched_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_span(spans: tuple[Watch, ...], at: datetime, _gap_s: float) -> tuple[Watch, ...]:
        return (Watch(min([*(span.start for span in spans), at]), at),)

    monkeypatch.setattr(reconciler, "extended", one_span)
    assert found_in_some_seed("watched seconds", first=13)
