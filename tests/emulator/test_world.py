"""The seeded world is the same for the same seed and never lacks what a demo has to show."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import State as DaytonaState
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.e2b_state import State as E2BState
from fleet_tui.emulator.local_work import script_of
from fleet_tui.emulator.world import Behaviour, SeedAgent, Vendor, seed_world, standing_on
from tests.support.clock import START, MovableClock

SEEDS = st.integers(0, 2**32)


@settings(max_examples=30, deadline=None)
@given(agents=st.integers(0, 150), seed=SEEDS)
def test_the_same_seed_makes_the_same_world(agents: int, seed: int) -> None:
    world = seed_world(agents, seed, START)
    assert world == seed_world(agents, seed, START)
    assert len(world) == agents == len({agent.id for agent in world})


@settings(max_examples=30, deadline=None)
@given(agents=st.integers(3, 150), seed=SEEDS)
def test_every_world_of_three_or_more_stands_on_all_five_vendors(agents: int, seed: int) -> None:
    world = seed_world(agents, seed, START)
    assert {placement.vendor for agent in world for placement in agent.placements} == set(Vendor)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_two_hundred_agents_hold_two_hundred_resources_of_every_kind_of_trouble(seed: int) -> None:
    world = seed_world(200, seed, START)
    held: Counter[Vendor] = Counter()
    for agent in world:
        for placement in agent.placements:
            held[placement.vendor] += placement.count
    assert sum(held.values()) >= 200
    assert 1 <= held[Vendor.LOCAL] <= 10
    assert {agent.behaviour for agent in world} == set(Behaviour)
    assert len({agent.team for agent in world}) == 6


@settings(max_examples=30, deadline=None)
@given(agents=st.integers(20, 150), seed=SEEDS)
def test_parents_exist_and_no_agent_is_its_own_ancestor(agents: int, seed: int) -> None:
    world = {agent.id: agent for agent in seed_world(agents, seed, START)}
    for agent in world.values():
        seen = {agent.id}
        at: SeedAgent = agent
        while at.parent is not None:
            at = world[at.parent]
            assert at.id not in seen
            seen.add(at.id)
            assert at.team == agent.team


@given(seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_only_orphans_carry_no_labels(seed: int) -> None:
    for agent in seed_world(60, seed, START):
        assert (agent.labels() == {}) is (agent.behaviour is Behaviour.ORPHAN)
        assert agent.behaviour is Behaviour.ORPHAN or agent.labels()["fleet.agent"] == agent.id
        assert agent.born_at < START


@pytest.mark.parametrize("seed", range(5))
def test_what_stands_on_a_vendor_is_what_the_vendor_holds(seed: int) -> None:
    clock = MovableClock()
    world = seed_world(200, seed, clock())
    e2b, daytona = E2BEmulator(clock=clock, seed=seed), DaytonaEmulator(clock=clock, seed=seed)
    e2b.fill(world)
    daytona.fill(world)
    assert len(e2b.boxes.by_id) == sum(1 for _ in standing_on(world, Vendor.E2B))
    assert len(daytona.boxes.by_id) == sum(1 for _ in standing_on(world, Vendor.DAYTONA))
    named = {box.labels["fleet.agent"] for box in daytona.boxes.by_id.values() if box.labels}
    assert named <= {agent.id for agent in world}


def test_a_demo_shows_paused_and_failed_sandboxes_soon() -> None:
    clock = MovableClock()
    world = seed_world(200, 0, clock())
    e2b, daytona = E2BEmulator(clock=clock), DaytonaEmulator(clock=clock)
    e2b.fill(world)
    daytona.fill(world)
    assert any(box.state is E2BState.PAUSED for box in e2b.boxes.by_id.values())
    for emulator in (e2b, daytona):
        emulator.advance(clock.move(900))
    assert any(box.state is DaytonaState.ERROR for box in daytona.boxes.by_id.values())
    assert e2b.ended


@pytest.mark.parametrize("vendor", [E2BEmulator, DaytonaEmulator])
def test_the_same_seed_moves_a_vendor_the_same_way(vendor: type[E2BEmulator] | type[DaytonaEmulator]) -> None:
    def run(steps: int) -> list[str]:
        clock = MovableClock()
        emulator = vendor(clock=clock, seed=4)
        emulator.fill(seed_world(80, 4, clock()))
        for _ in range(steps):
            emulator.advance(clock.move(3600 / steps))
        return sorted(f"{box.id} {box.state}" for box in emulator.boxes.by_id.values())

    assert run(1) == run(60), "how often somebody looks changes nothing"


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_the_local_agents_of_a_demo_work_loop_fail_rest_wait_and_leak(seed: int) -> None:
    local = [agent for agent in seed_world(200, seed, START) if agent.count(Vendor.LOCAL)]
    assert {agent.behaviour for agent in local} >= {
        Behaviour.STEADY,
        Behaviour.LOOPS,
        Behaviour.FAILS,
        Behaviour.PAUSED,
        Behaviour.WAITS,
        Behaviour.LEAKS,
    }
    assert all(script_of(agent, number).strip() for number, agent in enumerate(local))


@pytest.mark.parametrize("seed", range(4))
def test_a_team_of_a_demo_has_somebody_whom_several_stand_under(seed: int) -> None:
    under = Counter(agent.parent for agent in seed_world(200, seed, START) if agent.parent is not None)
    assert max(under.values()) >= 4
