"""Listens for work signals and judges rows by them: pure but for what it heard and told in this life."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.resource import Event, Resource
from fleet_tui.domain.work import STUCK_S, TOLD_AGAIN_S, Quiet, judged, quiet
from fleet_tui.engine.events import phase_event
from fleet_tui.engine.picture import Picture

_Life = tuple[Kind, str, str]
_LATE_S: Final = 60.0
"""A row found stuck for longer than its second telling plus this was told twice by an earlier collector."""


@dataclass(slots=True)
class Heard:
    """What is remembered between two judgements of one source."""

    since: dict[_Life, datetime] = field(default_factory=dict[_Life, datetime])
    """When we first could hear a row."""
    told: dict[_Life, int] = field(default_factory=dict[_Life, int])
    """How often a stuck row was told: once, twice."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look found: rows whose phase is another now, and the silence of all that can be heard."""

    changed: tuple[Resource, ...]
    events: tuple[Event, ...]
    failures: tuple[Failure, ...]
    silences: dict[tuple[Kind, str], Quiet]


def judge(picture: Picture, heard: Heard, now: datetime) -> Judgement:
    """Judge every row of a source that lives and can be heard."""
    changed: list[Resource] = []
    events: list[Event] = []
    failures: list[Failure] = []
    silences: dict[tuple[Kind, str], Quiet] = {}
    lives: set[_Life] = set()
    # Signals are told in the vendor's time, and what we watched in ours.
    ahead = timedelta(seconds=picture.status.clock_skew_s or 0.0)
    for row in picture.rows():
        if not row.observes_work or row.phase.phase in ENDED:
            continue
        vitals = picture.vitals.get((row.key.kind, row.key.id))
        if vitals is None:
            continue
        life = (row.key.kind, row.key.id, row.incarnation)
        lives.add(life)
        heard_since = heard.since.setdefault(life, vitals.at)
        signal_at = None if vitals.signal_at is None else vitals.signal_at - ahead
        silence = quiet(row, signal_at=signal_at, heard_since=heard_since, spans=picture.watches, now=now)
        if silence is None:
            continue
        silences[row.key.kind, row.key.id] = silence
        phase = judged(row, silence, now)
        if phase.phase is not row.phase.phase:
            after = replace(row, phase=phase)
            changed.append(after)
            events.append(phase_event(row, after, now))
        failures.extend(_tellings(row, phase.phase, silence, heard, now))
    for gone in heard.since.keys() - lives:
        del heard.since[gone]
        heard.told.pop(gone, None)
    return Judgement(tuple(changed), tuple(events), tuple(failures), silences)


def _tellings(row: Resource, phase: Phase, silence: Quiet, heard: Heard, now: datetime) -> list[Failure]:
    """Stuck is told at once and again at 30 minutes, and forgotten when it works again."""
    life = (row.key.kind, row.key.id, row.incarnation)
    if phase is not Phase.STUCK:
        heard.told.pop(life, None)
        return []
    told = heard.told.get(life)
    if told is None:
        told = 0 if row.phase.phase is not Phase.STUCK else _told_by_an_earlier_life(silence)
    due = 2 if silence.watched_s >= TOLD_AGAIN_S else 1
    heard.told[life] = max(told, due)
    if told >= due:
        return []
    minutes = round((TOLD_AGAIN_S if due > 1 else STUCK_S) / 60)
    return [
        Failure(
            failure_class=FailureClass.STUCK,
            source=row.key.source,
            operation="work",
            text=f"no work signal for {minutes} watched minutes although it has a task",
            at=now,
            key=row.key,
        )
    ]


def _told_by_an_earlier_life(silence: Quiet) -> int:
    return 2 if silence.watched_s >= TOLD_AGAIN_S + _LATE_S else 1
