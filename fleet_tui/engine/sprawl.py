"""Finds what should not exist: the rules of the domain with their grace in watched time, over all sources at once."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fleet_tui.domain.assignment import Overlay, overlaid
from fleet_tui.domain.identity import RUNS, AgentId, Kind, Layer, ResourceKey, unpacked
from fleet_tui.domain.phase import BURNING, ENDED
from fleet_tui.domain.reading import is_fresh
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RULES, Finding, RuleName, SprawlRule
from fleet_tui.domain.sprawl_rules import PREDICATES, Holding, Subject, Whole
from fleet_tui.domain.watch import watched_s
from fleet_tui.domain.work import Quiet
from fleet_tui.engine.picture import Picture

Overlays = Mapping[str, tuple[Overlay, ...]]
"""By subject: an agent id or a packed resource key."""
_FOREVER_READINGS: Final = 3
Begun = tuple[RuleName, ResourceKey, str]


@dataclass(slots=True)
class Memory:
    """What sprawl remembers of one source between two looks, and in the store over a restart."""

    findings: dict[tuple[RuleName, ResourceKey], Finding | None] = field(
        default_factory=dict[tuple[RuleName, ResourceKey], Finding | None]
    )
    """Those that stand; None for one that an earlier collector found and this one did not look at yet."""
    began: dict[Begun, datetime] = field(default_factory=dict[Begun, datetime])
    """When a rule began to hold for a row that it did not hold for before."""
    looked: set[tuple[ResourceKey, str]] = field(default_factory=set[tuple[ResourceKey, str]])
    """Rows, with their incarnation, of the last look."""
    holding: set[Begun] = field(default_factory=set[Begun])
    """What held at the last look, within its grace or beyond."""

    def packed(self) -> str:
        """What an earlier collector must leave to the next."""
        return json.dumps(
            {
                "findings": sorted([rule, key.packed()] for rule, key in self.findings),
                "began": sorted(
                    [rule, key.packed(), life, at.isoformat()] for (rule, key, life), at in self.began.items()
                ),
            }
        )


def recalled(text: str | None) -> Memory:
    """Undo `Memory.packed`."""
    if not text:
        return Memory()
    held = json.loads(text)
    return Memory(
        findings={(RuleName(rule), unpacked(key)): None for rule, key in held["findings"]},
        began={
            (RuleName(rule), unpacked(key), life): datetime.fromisoformat(at) for rule, key, life, at in held["began"]
        },
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What changed in the findings of one source."""

    findings: tuple[Finding, ...]
    gone: tuple[tuple[RuleName, ResourceKey], ...]


def whole_of(
    pictures: Iterable[tuple[Layer, Picture]],
    now: datetime,
    task_of: Callable[[Resource], str | None],
    *,
    blind: bool = False,
) -> Whole:
    """What the rules need to know of all sources together. `task_of` has the operators' words in it.

    `blind`: a source that is configured cannot be asked, so that nobody sees everything.
    """
    carried: set[AgentId] = set()
    last_end: dict[AgentId, datetime] = {}
    by_task: dict[str, list[Resource]] = {}
    sees_all = not blind
    for layer, picture in pictures:
        if layer is not Layer.COMPUTE:
            continue
        sees_all = sees_all and _healthy(picture, now, _FOREVER_READINGS)
        for row in picture.rows():
            if row.phase.phase in ENDED:
                if row.agent is not None and row.phase.since is not None:
                    last_end[row.agent] = max(row.phase.since, last_end.get(row.agent, row.phase.since))
                continue
            if row.agent is not None:
                carried.add(row.agent)
            if row.phase.phase in BURNING and row.key.kind in RUNS and (task := task_of(row)):
                by_task.setdefault(task, []).append(row)
    return Whole(
        carried=frozenset(carried),
        last_end=last_end,
        newest_on_task={
            task: max(rows, key=_birth)
            for task, rows in by_task.items()
            if len({row.agent or row.key for row in rows}) > 1
        },
        sees_all_compute=sees_all,
    )


def _birth(row: Resource) -> tuple[float, str]:
    born = row.created_at or row.phase.since
    return (born.timestamp() if born else 0.0, row.key.packed())


def _healthy(picture: Picture, now: datetime, readings: int) -> bool:
    status = picture.status
    return status.failures == 0 and status.complete_streak >= readings and is_fresh(status, now)


def look(
    picture: Picture,
    memory: Memory,
    whole: Whole,
    *,
    silences: Mapping[tuple[Kind, str], Quiet],
    overlays: Overlays,
    now: datetime,
) -> Found:
    """Evaluate every rule for every row of a source that is healthy; of one that is not, nothing is said anew."""
    if not _healthy(picture, now, 1):
        return Found((), ())
    findings: list[Finding] = []
    gone: list[tuple[RuleName, ResourceKey]] = []
    seen: set[tuple[ResourceKey, str]] = set()
    standing = dict(memory.findings)
    holding: set[Begun] = set()
    for row in picture.rows():
        if row.phase.phase in ENDED:
            continue
        seen.add((row.key, row.incarnation))
        subject = _subject(picture, row, whole, silences, overlays)
        for name, predicate in PREDICATES.items():
            held = predicate(subject)
            if held is not None:
                holding.add((name, row.key, row.incarnation))
            finding = _found(RULES[name], held, subject, picture, memory, now)
            before = standing.pop((name, row.key), None)
            if finding is None:
                if (name, row.key) in memory.findings and not _unknowable(name, whole):
                    gone.append((name, row.key))
            elif finding != before:
                findings.append(finding)
    gone.extend(key for key in standing if key not in gone)
    for key in gone:
        memory.findings.pop(key, None)
    memory.findings.update({(finding.rule, finding.subject): finding for finding in findings})
    memory.looked, memory.holding = seen, holding
    memory.began = {begun: at for begun, at in memory.began.items() if (begun[1], begun[2]) in seen}
    return Found(tuple(findings), tuple(gone))


def _unknowable(name: RuleName, whole: Whole) -> bool:
    return name is RuleName.MEMORY_WITHOUT_AGENT and not whole.sees_all_compute


def _subject(
    picture: Picture, row: Resource, whole: Whole, silences: Mapping[tuple[Kind, str], Quiet], overlays: Overlays
) -> Subject:
    assignment = row.assignment
    if overlays:
        laid = (*(overlays.get(row.agent, ()) if row.agent else ()), *overlays.get(row.key.packed(), ()))
        assignment = overlaid(assignment, laid)
    watched = picture.watches[0].start if picture.watches else picture.status.last_ok_at
    return Subject(
        row=row,
        assignment=assignment,
        whole=whole,
        first_seen=row.created_at or watched or row.phase.since or _now_of(picture),
        silence=silences.get((row.key.kind, row.key.id)),
        since_is_told=picture.kinds[row.key.kind].told_since(row.key.id) is not None,
    )


def _now_of(picture: Picture) -> datetime:
    assert picture.status.last_try_at is not None  # noqa: S101 - a healthy source was read
    return picture.status.last_try_at


def _found(
    rule: SprawlRule, holding: Holding | None, subject: Subject, picture: Picture, memory: Memory, now: datetime
) -> Finding | None:
    row = subject.row
    begun = (rule.name, row.key, row.incarnation)
    if holding is None:
        memory.began.pop(begun, None)
        return None
    since = _since(begun, holding, memory, now)
    if picture.status.complete_streak < rule.readings:
        return memory.findings.get((rule.name, row.key))
    span_s = watched_s(picture.watches, since, now) if holding.watched else (now - since).total_seconds()
    if span_s < rule.grace_s:
        return None
    return Finding(
        rule=rule.name,
        subject=row.key,
        since=since,
        evidence=holding.evidence,
        microusd_per_day=_per_day(row),
    )


def _since(begun: Begun, holding: Holding, memory: Memory, now: datetime) -> datetime:
    """As the rule says, unless we looked before and it did not hold then: it holds since now."""
    rule, key, life = begun
    if begun in memory.began:
        return memory.began[begun]
    held = begun in memory.holding or (rule, key) in memory.findings
    if (key, life) in memory.looked and not held and holding.watched:
        memory.began[begun] = now
        return now
    return holding.since


def _per_day(row: Resource) -> int | None:
    known = row.rate is not None and row.rate.currency == "usd"
    return row.rate.microusd_per_hour * 24 if row.rate is not None and known else None


def by_subject(overlays: Iterable[Overlay]) -> Overlays:
    """Group overlays by what they are laid over."""
    grouped: dict[str, tuple[Overlay, ...]] = {}
    for overlay in overlays:
        grouped[overlay.subject] = (*grouped.get(overlay.subject, ()), overlay)
    return grouped
