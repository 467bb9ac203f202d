"""Which E2B sandboxes the seeded world has, and what becomes of each without anybody asking."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from fleet_tui.emulator.chance import die_for, happens, token, uuid_of
from fleet_tui.emulator.e2b_state import Box, Boxes, OnTimeout, State
from fleet_tui.emulator.workload import Workload, turn_of
from fleet_tui.emulator.world import Behaviour, SeedAgent, Vendor, standing_on

_LONGEST_RUN = timedelta(hours=23)
_RENEWED_SHARE = 0.2
_RENEW_GAP = timedelta(seconds=5)
_FAILS_AFTER_S = (45.0, 900.0)


def fill(boxes: Boxes, agents: Sequence[SeedAgent], *, seed: int, now: datetime) -> None:
    """Put every E2B sandbox of those agents into the account, as it stands at `now`, with its past in the feed."""
    for agent, number in standing_on(agents, Vendor.E2B):
        die = die_for(seed, "e2b", agent.id, number)
        box = _box(agent, die, now)
        since = box.started_at
        boxes.add(box, since)
        if agent.behaviour is Behaviour.PAUSED:
            _pause_in_the_past(boxes, box, die)
        elif agent.behaviour is Behaviour.FAILS and box.work.turns_at is not None:
            boxes.timeline.at(box.work.turns_at, partial(_end, boxes, box))
        elif agent.behaviour is Behaviour.STEADY and happens(die, _RENEWED_SHARE):
            _renew_later(boxes, box, die, now)
    boxes.sort_events()


def new_id(die: random.Random) -> str:
    return "i" + token(die, 20)


def _box(agent: SeedAgent, die: random.Random, now: datetime) -> Box:
    behaviour = agent.behaviour
    paused = behaviour is Behaviour.PAUSED
    started_at = agent.born_at if paused else max(agent.born_at, now - _LONGEST_RUN)
    cpu_count, memory_mb = (
        (8, 16384) if behaviour is Behaviour.SPENDS else die.choice(((2, 1024), (2, 4096), (4, 8192)))
    )
    turns_at = turn_of(behaviour, started_at, now, die)
    if behaviour is Behaviour.FAILS:
        turns_at = now + timedelta(seconds=die.uniform(*_FAILS_AFTER_S))
    template = "base" if behaviour is Behaviour.ORPHAN else agent.cli.value
    return Box(
        id=new_id(die),
        template=template_id(template),
        alias=template,
        build_id=uuid_of(die_for("build", template)),
        execution_id=uuid_of(die),
        metadata=agent.labels(),
        cpu_count=cpu_count,
        memory_mb=memory_mb,
        disk_mb=10240,
        started_at=started_at,
        end_at=now + _left(behaviour, die),
        work=Workload(behaviour=behaviour, chance=die.getrandbits(30), since=started_at, turns_at=turns_at),
        on_timeout=OnTimeout.PAUSE if behaviour is Behaviour.LEAKS else OnTimeout.KILL,
        auto_resume=happens(die, 0.1),
        access_token=f"ea_{die.getrandbits(96):024x}",
    )


def template_id(alias: str) -> str:
    """The vendor's opaque id of a template, always the same for one alias."""
    return token(die_for("template", alias), 20)


def _left(behaviour: Behaviour, die: random.Random) -> timedelta:
    match behaviour:
        case Behaviour.SHORT_TTL:
            return timedelta(seconds=die.uniform(90, 540))
        case Behaviour.LEAKS | Behaviour.ORPHAN:
            return timedelta(hours=die.uniform(10, 23))
        case _:
            return timedelta(hours=die.uniform(1, 12))


def _pause_in_the_past(boxes: Boxes, box: Box, die: random.Random) -> None:
    boxes.pause(box, box.work.turns_at or box.started_at, keep_memory=happens(die, 0.8))
    box.unresponsive = box.keep_memory and happens(die, 0.25)


def _end(boxes: Boxes, box: Box, due: datetime) -> None:
    if boxes.by_id.get(box.id) is box:
        boxes.kill(box, due)


def _renew_later(boxes: Boxes, box: Box, die: random.Random, now: datetime) -> None:
    """Its task ends, and its orchestrator starts the next one in a new sandbox."""
    done_at = now + timedelta(seconds=die.uniform(60, 3600))

    def renew(due: datetime) -> None:
        if boxes.by_id.get(box.id) is not box or box.state is not State.RUNNING:
            return
        boxes.kill(box, due)
        start = due + _RENEW_GAP
        boxes.timeline.at(start, lambda at: _start_again(boxes, box, die, at))

    boxes.timeline.at(done_at, renew)


def _start_again(boxes: Boxes, old: Box, die: random.Random, at: datetime) -> None:
    box = Box(
        id=new_id(die),
        template=old.template,
        alias=old.alias,
        build_id=old.build_id,
        execution_id=uuid_of(die),
        metadata=dict(old.metadata),
        cpu_count=old.cpu_count,
        memory_mb=old.memory_mb,
        disk_mb=old.disk_mb,
        started_at=at,
        end_at=at + timedelta(hours=die.uniform(1, 8)),
        work=Workload(behaviour=Behaviour.STEADY, chance=die.getrandbits(30), since=at),
        access_token=f"ea_{die.getrandbits(96):024x}",
    )
    boxes.add(box, at)
    _renew_later(boxes, box, die, at)
