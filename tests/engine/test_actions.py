"""Actions over the fake vendor: who is touched, what is never sent, and what a repeat after a crash concludes."""

from datetime import timedelta

from fleet_tui.domain.action import Params, Verb
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.testing.fake_adapter import Fault
from fleet_tui.testing.rig import SOURCE, rig, running
from fleet_tui.testing.virtual_time import virtually


@virtually
async def test_a_kill_ends_the_sandbox_and_is_recorded_once() -> None:
    async with running(rig()) as parts:
        box = parts.start("a")
        (action,) = parts.submit(Verb.KILL, box)
        (outcome,) = await parts.outcomes(action)
        assert outcome == Done("kill: the vendor said so")
    assert [effect.verb for effect in parts.vendor.effects] == [Verb.KILL]
    assert len(parts.store.settled) == 1


@virtually
async def test_a_kill_does_not_touch_the_next_incarnation_in_the_same_slot() -> None:
    async with running(rig(fenced=False)) as parts:
        seen = parts.start("a")
        parts.start("a")
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, seen))
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.REPLACED
        assert "a" in parts.vendor.boxes


@virtually
async def test_a_restart_is_refused_when_it_started_anew_since_the_plan() -> None:
    async with running(rig()) as parts:
        box = parts.start("a")
        first = parts.submit(Verb.RESTART, box)
        box_seen_later = parts.submit(Verb.RESTART, box)
        one, two = await parts.outcomes(*first, *box_seen_later)
        assert isinstance(one, Done)
        assert isinstance(two, Refused)
        assert two.reason is RefusalReason.CHANGED
        assert box.generation == 2


@virtually
async def test_an_answer_that_got_lost_is_found_out_and_not_sent_again() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.RESET_AFTER]
        (outcome,) = await parts.outcomes(*parts.submit(Verb.RESTART, box))
        assert outcome == Done("it started anew")
        assert box.generation == 2


@virtually
async def test_what_expired_before_it_could_be_sent_is_never_sent() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [Fault.DOWN] * 60
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box, term=timedelta(minutes=2)))
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.EXPIRED
        assert "503" in outcome.detail
        assert parts.vendor.effects == []
        assert parts.store.attempts == {}


@virtually
async def test_a_read_only_fleet_refuses_and_asks_the_vendor_nothing() -> None:
    async with running(rig(read_only=True)) as parts:
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")))
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.READ_ONLY
        assert parts.store.attempts == {}


@virtually
async def test_a_verb_on_a_kind_it_may_not_touch_is_refused() -> None:
    async with running(rig()) as parts:
        actions = parts.submit(Verb.KILL, parts.start("a"), kind=Kind.MEMORY_SCOPE)
        (outcome,) = await parts.outcomes(*actions)
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.WRONG_KIND


@virtually
async def test_a_refused_key_fails_the_action_at_once() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.DENIED]
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box), within_s=30)
        assert outcome == Failed(FailureClass.AUTH, "401")


@virtually
async def test_an_adapter_that_breaks_or_hangs_ends_in_an_outcome() -> None:
    async with running(rig()) as parts:
        broken, deaf = await parts.listed("a"), await parts.listed("b")
        parts.adapter.planned = [None, Fault.BREAK] * 3
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, broken))
        assert isinstance(outcome, Failed)
        assert outcome.uncertain
        parts.adapter.planned = [None, Fault.DEAF]
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, deaf, params=Params(now=True)))
        assert isinstance(outcome, Done)


@virtually
async def test_a_crash_after_the_effect_is_told_as_ours_and_confirmed() -> None:
    first = rig()
    box = first.start("a")
    (action,) = first.submit(Verb.KILL, box)
    record = first.store.accept(first.clock.now())[0]
    first.store.start(action, first.clock.now())
    first.store.attempt(action, record.target, first.clock.now())
    first.durable_file.pending[action] = None
    first.vendor.act(action, Verb.KILL, "a", first.clock.now())
    second = first.next_life()
    async with running(second):
        (outcome,) = await second.outcomes(action)
    assert outcome == Done("it is not there any more", confirmed_after_restart=True)
    assert len(second.vendor.effects) == 1


@virtually
async def test_a_crash_before_the_effect_sends_it_after_the_restart() -> None:
    first = rig()
    box = first.start("a")
    (action,) = first.submit(Verb.PAUSE, box)
    record = first.store.accept(first.clock.now())[0]
    first.store.attempt(action, record.target, first.clock.now())
    second = first.next_life()
    async with running(second):
        (outcome,) = await second.outcomes(action)
    assert outcome == Done("pause: the vendor said so")
    assert box.paused


@virtually
async def test_what_was_killed_from_here_is_said_to_be_killed_and_what_vanished_to_be_lost() -> None:
    async with running(rig()) as parts:
        killed, lost, stays = parts.start("a"), parts.start("b"), parts.start("c")
        await parts.until(lambda: len(parts.store.resources) == 3)
        await parts.outcomes(*parts.submit(Verb.KILL, killed))
        parts.vendor.end(lost.slot, parts.clock.now(), by=None)
        phases = {key.id: row.phase.phase for key, row in parts.store.resources.items()}
        await parts.until(
            lambda: (
                parts.store.resources
                and all(
                    parts.store.known(key.source)[i].phase.phase is not Phase.RUNNING
                    for i, key in enumerate(parts.store.resources)
                    if key.id != stays.slot
                )
            )
        )
        phases = {key.id: row.phase.phase for key, row in parts.store.resources.items()}
        assert phases == {"a": Phase.ENDED_KILLED, "b": Phase.ENDED_LOST, "c": Phase.RUNNING}


async def phase_after_a_failed_kill(*faults: Fault | None) -> Phase:
    """What is said of a sandbox that ends by itself once its kill, under these faults, has failed."""
    async with running(rig()) as parts:
        box = parts.start("a")
        parts.start("stays")
        await parts.until(lambda: len(parts.store.resources) == 2)
        parts.adapter.planned = [*faults]
        assert isinstance((await parts.outcomes(*parts.submit(Verb.KILL, box)))[0], Failed)
        parts.vendor.end(box.slot, parts.clock.now(), by=None)
        ended = ResourceKey(SOURCE, Kind.SANDBOX, box.slot)
        await parts.until(lambda: parts.store.resources[ended].phase.phase is not Phase.RUNNING)
        return parts.store.resources[ended].phase.phase


@virtually
async def test_what_ends_after_its_vendor_refused_to_kill_it_was_not_killed_from_here() -> None:
    assert await phase_after_a_failed_kill(None, Fault.DENIED) is Phase.ENDED_LOST


@virtually
async def test_what_was_killed_by_an_answer_that_got_lost_stays_killed_when_its_repeat_is_refused() -> None:
    faults = (None, Fault.RESET_BEFORE, None, Fault.DENIED)
    assert await phase_after_a_failed_kill(*faults) is Phase.ENDED_KILLED


@virtually
async def test_a_kill_waits_for_no_other_verb_that_its_vendor_never_answers() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.HANG]
        (pause,) = parts.submit(Verb.PAUSE, box)
        await parts.until(lambda: parts.store.attempts)
        (killed,) = await parts.outcomes(*parts.submit(Verb.KILL, box, params=Params(now=True)), within_s=5)
        assert killed == Done("kill: the vendor said so")
        assert parts.outcome(pause) is None
        (paused,) = await parts.outcomes(pause)
        assert paused == Failed(FailureClass.SANDBOX_LOST, "sent, then it is not there any more", uncertain=True)
    assert [effect.verb for effect in parts.vendor.effects] == [Verb.KILL]


@virtually
async def test_a_kill_now_waits_for_no_grace_of_a_kill_under_way() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.HANG]
        (graceful,) = parts.submit(Verb.KILL, box)
        await parts.until(lambda: parts.store.attempts)
        (now,) = await parts.outcomes(*parts.submit(Verb.KILL, box, params=Params(now=True)), within_s=5)
        assert now == Done("kill: the vendor said so")
        assert parts.outcome(graceful) is None
        assert isinstance((await parts.outcomes(graceful))[0], Done)
    assert [effect.verb for effect in parts.vendor.effects] == [Verb.KILL]


@virtually
async def test_what_is_asked_for_behind_a_kill_waits_for_it_and_touches_nothing() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.RATE_LIMITED]
        (kill,) = parts.submit(Verb.KILL, box)
        await parts.until(lambda: parts.store.attempts)
        killed, restarted = await parts.outcomes(kill, *parts.submit(Verb.RESTART, box))
        assert killed == Done("kill: the vendor said so")
        assert isinstance(restarted, Refused)
        assert restarted.reason is RefusalReason.GONE
    assert [effect.verb for effect in parts.vendor.effects] == [Verb.KILL]


@virtually
async def test_what_waits_for_its_vendor_is_not_sent_once_the_configuration_refuses_every_act() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [Fault.DOWN] * 3
        (action,) = parts.submit(Verb.KILL, box)
        await parts.until(lambda: not parts.adapter.planned)
        parts.around.read_only = True
        (outcome,) = await parts.outcomes(action)
        assert outcome == Refused(RefusalReason.READ_ONLY, 'fleet.toml says access = "read-only"')
    assert parts.vendor.effects == []
    assert parts.store.attempts == {}


@virtually
async def test_what_was_sent_before_the_configuration_refused_it_is_not_sent_again_and_is_uncertain() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [None, Fault.RESET_BEFORE]
        (action,) = parts.submit(Verb.PAUSE, box)
        await parts.until(lambda: not parts.adapter.planned)
        parts.around.read_only = True
        (outcome,) = await parts.outcomes(action)
        assert isinstance(outcome, Failed)
        assert outcome.uncertain
        assert "not sent again" in outcome.detail
    assert parts.vendor.effects == []


@virtually
async def test_what_a_collector_that_died_had_tried_is_not_told_as_refused_when_its_source_is_gone() -> None:
    first = rig()
    box = first.start("a")
    (action,) = first.submit(Verb.PAUSE, box)
    record = first.store.accept(first.clock.now())[0]
    first.store.attempt(action, record.target, first.clock.now())
    second = first.next_life()
    second.around.sources.clear()
    async with running(second):
        (outcome,) = await second.outcomes(action)
    assert isinstance(outcome, Failed)
    assert outcome.uncertain
    assert "no longer in fleet.toml" in outcome.detail
