"""What must hold in every run of the simulation, whatever the vendor, the disk and the clock did."""

from collections.abc import Iterator, Sequence

from fleet_tui.domain.action import Verb
from fleet_tui.domain.outcome import Done, Failed, Outcome, Refused
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.engine.verify import GENERATION_COUNTS
from fleet_tui.testing.fake_vendor import Effect, FakeVendor
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.rig import SOURCE
from fleet_tui.testing.times import READING, Times


class BrokenInvariant(AssertionError):
    """Carries the sentences that do not hold."""

    def __init__(self, seed: int, sentences: Sequence[str]) -> None:
        super().__init__(f"seed {seed}: " + "; ".join(sentences))
        self.seed = seed
        self.sentences = tuple(sentences)


def broken_now(store: MemoryStore, vendor: FakeVendor, times: Times) -> Iterator[str]:
    """What may never be seen, at any moment: freshness is honest, and nothing that lives is said to have ended."""
    yield from times.broken(store)
    complete_at = times.complete_at
    for row in store.known(SOURCE):
        if row.phase.phase in ENDED:
            if row.incarnation not in vendor.ended:
                yield f"{row.incarnation} lives and is said to have ended: {row.phase.evidence}"
            elif row.phase.phase is Phase.ENDED_KILLED and not any(
                target.incarnation == row.incarnation for _, target in store.attempts
            ):
                yield f"{row.incarnation} is said to be killed from here, and nobody tried"
            continue
        ended = vendor.ended.get(row.incarnation)
        if complete_at is not None and ended is not None and ended.at < complete_at - READING:
            yield f"{row.incarnation} ended at {ended.at} and a complete reading later it is still shown"


def broken_at_the_end(store: MemoryStore, vendor: FakeVendor, times: Times) -> Iterator[str]:
    """After calm weather: every action ended once, truly told; the rows are the vendor's."""
    by_action: dict[str, list[Effect]] = {}
    for effect in vendor.effects:
        by_action.setdefault(effect.action_id, []).append(effect)
    told = [settled.action_id for settled in store.settled]
    for action_id in {one for one in told if told.count(one) > 1}:
        yield f"{action_id} has more than one outcome"
    if store.intents:
        yield "an intent was never accepted"
    for action in store.actions.values():
        effects = by_action.get(action.action_id, [])
        yield from _wrong_effects(action, effects)
        if effects and times.is_late(action, effects[0].at):
            yield f"{action.action_id} was first sent at {effects[0].at}, after its end"
        if action.state is not ActionState.SETTLED or action.outcome is None:
            yield f"{action.action_id} has no outcome"
        else:
            yield from _untrue(store, vendor, action, action.outcome, effects)
    lives = {box.incarnation for box in vendor.boxes.values()}
    shown = {str(row.incarnation) for row in store.known(SOURCE) if row.phase.phase not in ENDED}
    if lives != shown:
        yield f"shown {sorted(shown)}, alive {sorted(lives)}"


def _wrong_effects(action: ActionRecord, effects: Sequence[Effect]) -> Iterator[str]:
    for effect in effects:
        if effect.incarnation != action.target.incarnation:
            yield f"{action.action_id} meant {action.target.incarnation} and hit {effect.incarnation}"
        if action.verb in GENERATION_COUNTS and str(effect.generation) != action.target.generation:
            yield f"{action.action_id} hit generation {effect.generation} instead of {action.target.generation}"


def _untrue(
    store: MemoryStore, vendor: FakeVendor, action: ActionRecord, outcome: Outcome, effects: Sequence[Effect]
) -> Iterator[str]:
    name = f"{action.action_id} ({action.verb} {action.target.incarnation})"
    match outcome:
        case Refused(reason):
            if effects:
                yield f"{name} is told as refused ({reason}) and was done"
        case Failed(uncertain=False):
            if effects:
                yield f"{name} is told as failed and was done: {outcome.detail}"
        case Failed():
            return
        case Done(detail):
            ended = vendor.ended.get(action.target.incarnation)
            if action.verb is Verb.KILL and ended is None:
                yield f"{name} is told as done and lives"
            if effects and "nothing was sent" in detail:
                yield f"{name} was done by us and is told as done by somebody else"
            tried = (action.action_id, action.target) in store.attempts
            if not effects and not tried and "nothing was sent" not in detail:
                yield f"{name} is told as done by us and was not even tried"
