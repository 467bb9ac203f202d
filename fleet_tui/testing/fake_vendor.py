"""A vendor of sandboxes in memory: slots whose names are used again, so that acting on the wrong incarnation shows.

Everything that has an effect is in `effects`, with the action that asked for it: what a test compares outcomes with.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fleet_tui.domain.action import ActionId, Verb
from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Resource, pairs

CAN = frozenset({Capability.PAUSE, Capability.RESUME, Capability.KILL, Capability.RESTART, Capability.EXTEND})
RATE = Rate(microusd_per_hour=100_000, basis=Basis.ESTIMATED)


@dataclass(slots=True, kw_only=True)
class Box:
    """One sandbox. `incarnation` is never used again, its slot is."""

    slot: str
    incarnation: str
    created_at: datetime
    generation: int = 1
    paused: bool = False
    ends_at: datetime | None = None
    labels: dict[str, str] = field(default_factory=dict[str, str])
    signal_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that really happened at the vendor because an action asked for it."""

    action_id: ActionId
    verb: Verb
    slot: str
    incarnation: str
    generation: int
    """Before the effect."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A sandbox that is no more; `by` is the action, or None where the world did it."""

    box: Box
    at: datetime
    by: ActionId | None


class FakeVendor:
    """The truth. It changes at once; what callers get to hear of it is the adapter's business."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.ended: dict[str, Ended] = {}
        self.effects: list[Effect] = []
        self._numbers: Iterator[int] = itertools.count(1)

    def start(
        self, slot: str, now: datetime, *, labels: dict[str, str] | None = None, ttl: timedelta | None = None
    ) -> Box:
        """Put a new sandbox into a slot; what was there ends."""
        if slot in self.boxes:
            self.end(slot, now, by=None)
        box = Box(
            slot=slot,
            incarnation=f"{slot}#{next(self._numbers)}",
            created_at=now,
            ends_at=now + ttl if ttl else None,
            labels=labels or {},
        )
        self.boxes[slot] = box
        return box

    def end(self, slot: str, now: datetime, *, by: ActionId | None) -> None:
        box = self.boxes.pop(slot)
        self.ended[box.incarnation] = Ended(box=box, at=now, by=by)

    def expire(self, now: datetime) -> None:
        """End what is past its time."""
        for box in tuple(self.boxes.values()):
            if box.ends_at is not None and box.ends_at <= now:
                self.end(box.slot, now, by=None)

    def act(self, action_id: ActionId, verb: Verb, slot: str, now: datetime, *, extend_s: int | None = None) -> None:
        """Do it to whatever is in the slot. Raises KeyError for an empty one."""
        box = self.boxes[slot]
        self.effects.append(
            Effect(
                action_id=action_id,
                verb=verb,
                slot=slot,
                incarnation=box.incarnation,
                generation=box.generation,
                at=now,
            )
        )
        match verb:
            case Verb.KILL:
                self.end(slot, now, by=action_id)
            case Verb.RESTART:
                box.generation += 1
                box.paused = False
            case Verb.PAUSE:
                box.paused = True
            case Verb.RESUME:
                box.paused = False
            case Verb.EXTEND:
                box.ends_at = now + timedelta(seconds=extend_s or 0)
            case _:
                raise ValueError(f"this vendor knows no {verb}")


def mapped(box: Box, source: SourceName, rules: ClaimRules) -> Resource:
    """A sandbox as its adapter would map it."""
    claimed = claim(id_=box.slot, name=box.slot, labels=box.labels, rules=rules)
    raw = "paused" if box.paused else "running"
    return Resource(
        key=ResourceKey(source, Kind.SANDBOX, box.slot),
        provider="fake",
        incarnation=Incarnation(box.incarnation),
        generation=str(box.generation),
        name=box.slot,
        phase=PhaseFact(
            phase=Phase.PAUSED if box.paused else Phase.RUNNING, since=None, evidence=f"listed as {raw}", raw=raw
        ),
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(box.labels),
        labels=pairs(box.labels),
        created_at=box.created_at,
        ends_at=box.ends_at,
        rate=None if box.paused else RATE,
        capabilities=CAN,
        observes_work=box.signal_at is not None,
    )
