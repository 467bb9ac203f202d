"""Which Daytona sandboxes the seeded world has, and what becomes of each without anybody asking."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from fleet_tui.emulator.chance import die_for, happens, token, uuid_of
from fleet_tui.emulator.daytona_state import Box, Sandboxes, State, period_of
from fleet_tui.emulator.workload import Workload, failure_of, turn_of
from fleet_tui.emulator.world import Behaviour, SeedAgent, Vendor, standing_on

SNAPSHOT = "daytonaio/sandbox:0.6.0"
_SIZES = ((1, 1, 3), (2, 4, 10), (4, 8, 20))
_BIG = (8, 16, 50)
_RESTS = (State.PAUSED, State.PAUSED, State.PAUSED, State.STOPPED, State.ARCHIVED)


def fill(boxes: Sandboxes, agents: Sequence[SeedAgent], *, seed: int, now: datetime) -> None:
    """Put every Daytona sandbox of those agents into the organization, as it stands at `now`."""
    for agent, number in standing_on(agents, Vendor.DAYTONA):
        die = die_for(seed, "daytona", agent.id, number)
        box = _box(agent, number, die, now)
        boxes.add(box)
        if box.state is State.STARTED:
            _live_on(boxes, box, agent.behaviour, die, now)
        elif box.state is State.STOPPED:
            boxes.watch_stopped(box, now)


def _box(agent: SeedAgent, number: int, die: random.Random, now: datetime) -> Box:
    behaviour = agent.behaviour
    cpu, memory_gib, disk_gib = _BIG if behaviour is Behaviour.SPENDS else die.choice(_SIZES)
    turns_at = turn_of(behaviour, agent.born_at, now, die)
    state = die.choice(_RESTS) if behaviour is Behaviour.PAUSED else State.STARTED
    name = f"sandbox-{token(die, 8)}" if behaviour is Behaviour.ORPHAN else agent.id
    rests_at = turns_at if state is not State.STARTED and turns_at is not None else None
    auto_stop, auto_pause = _idle_minutes(behaviour)
    box = Box(
        id=uuid_of(die),
        name=name if number == 0 else f"{name}-{number + 1}",
        labels=agent.labels(),
        target=agent.region,
        snapshot=SNAPSHOT if behaviour is Behaviour.ORPHAN else f"agent-{agent.cli.value}:3",
        cpu=cpu,
        memory_gib=memory_gib,
        disk_gib=disk_gib,
        state=state,
        desired=state,
        created_at=agent.born_at,
        updated_at=rests_at or agent.born_at,
        touched_at=rests_at or agent.born_at,
        work=Workload(behaviour=behaviour, chance=die.getrandbits(30), since=agent.born_at, turns_at=turns_at),
        runner_id=f"runner-{agent.region}-{die.randrange(1, 9)}",
        auto_stop_min=auto_stop,
        auto_pause_min=auto_pause,
    )
    _bill_the_past(box, rests_at)
    return box


def _idle_minutes(behaviour: Behaviour) -> tuple[int, int]:
    """Minutes to auto-stop and to auto-pause; what leaks has neither."""
    match behaviour:
        case Behaviour.LEAKS | Behaviour.ORPHAN:
            return 0, 0
        case Behaviour.WAITS:
            return 0, 120
        case _:
            return 30, 0


def _bill_the_past(box: Box, rests_at: datetime | None) -> None:
    box.periods.append(period_of(box, box.created_at, running=True))
    if rests_at is not None:
        box.periods[-1].end = rests_at
    if rests_at is not None and box.state is not State.ARCHIVED:
        box.periods.append(period_of(box, rests_at, running=False))


def _live_on(boxes: Sandboxes, box: Box, behaviour: Behaviour, die: random.Random, now: datetime) -> None:
    boxes.watch_idle(box, now)
    if behaviour is Behaviour.SHORT_TTL:
        boxes.destroy_later(box, now + timedelta(seconds=die.uniform(90, 540)))
    if behaviour is Behaviour.FAILS and box.work.turns_at is not None:
        fail = partial(boxes.fail, box, reason=failure_of(box.work), recoverable=happens(die, 0.5))
        boxes.timeline.at(box.work.turns_at, fail)
