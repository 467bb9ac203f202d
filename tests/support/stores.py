"""Real stores in a test's own directory, and what a reader of theirs ends up with."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from fleet_tui.domain.action import NO_PARAMS, Intent, IntentId, Verb
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import ResourceKey, SourceName, Target
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.sprawl import Finding
from fleet_tui.ports import Observation
from fleet_tui.store.intents import SqliteIntentStore
from fleet_tui.store.lock import CollectorLock
from fleet_tui.store.open import Opening, open_for_intents, open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.read import SqliteFleetReader
from fleet_tui.store.retention import KEPT, Retention
from fleet_tui.store.write import SqliteCollectorStore
from tests.support.facts import NOW
from tests.support.facts import status as a_status

ROOT = Path(__file__).resolve().parents[2]
SMALL = Opening(ballast_bytes=4096)
SOURCE = SourceName("e2b")


@dataclass(slots=True)
class Stores:
    """One state directory as its collector, a console's reader and a console's writing side see it."""

    state_dir: Path
    collector: SqliteCollectorStore
    lock: CollectorLock
    intents: SqliteIntentStore
    readers: list[SqliteFleetReader] = field(default_factory=list)

    def reader(self) -> SqliteFleetReader:
        reader = open_for_reader(self.state_dir, opening=SMALL)
        self.readers.append(reader)
        return reader

    def observe(self, at: datetime = NOW, *, ok: bool = True, **seen: object) -> int:
        status = a_status(ok_s=2 if ok else None)
        return self.collector.observe(Observation(source=SOURCE, at=at, status=status, **seen))  # type: ignore[arg-type]

    def close(self) -> None:
        for reader in self.readers:
            reader.close()
        self.intents.close()
        self.collector.close()
        self.lock.close()


@contextmanager
def stores(
    state_dir: Path, *, now: datetime = NOW, opening: Opening = SMALL, retention: Retention = KEPT
) -> Iterator[Stores]:
    collector, lock = open_for_collector(state_dir, now, opening=opening, retention=retention)
    held = Stores(state_dir, collector, lock, open_for_intents(state_dir, opening=opening))
    try:
        yield held
    finally:
        held.close()


def intent(id_: str, *targets: Target, verb: Verb = Verb.KILL, why: str = "runaway") -> Intent:
    return Intent(
        intent_id=IntentId(id_),
        verb=verb,
        params=NO_PARAMS,
        targets=targets,
        actor="ada",
        host="laptop",
        why=why,
        submitted_at=NOW,
        not_after=NOW + timedelta(minutes=15),
        via="console",
    )


@dataclass(slots=True)
class Picture:
    """What a console holds after applying every delta that it was given."""

    revision: int = 0
    resources: dict[ResourceKey, Resource] = field(default_factory=dict)
    statuses: dict[SourceName, SourceStatus] = field(default_factory=dict)
    vitals: dict[ResourceKey, Vitals] = field(default_factory=dict)
    overlays: dict[tuple[str, AssignmentField], Overlay] = field(default_factory=dict)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    totals: dict[object, object] = field(default_factory=dict)
    actions: dict[str, object] = field(default_factory=dict)
    hand_overs: dict[str, object] = field(default_factory=dict)
    acknowledgements: dict[str, object] = field(default_factory=dict)
    channels: dict[str, object] = field(default_factory=dict)

    def apply(self, delta: FleetDelta) -> None:
        if delta.whole:
            self.__init__()  # type: ignore[misc]
        self.resources.update({r.key: r for r in delta.resources})
        self.statuses.update({s.name: s for s in delta.statuses})
        self.vitals.update({v.key: v for v in delta.vitals})
        for key in delta.gone:
            self.resources.pop(key, None)
        for name in delta.gone_sources:
            self.statuses.pop(name, None)
        if delta.overlays_changed:
            self.overlays = {(o.subject, o.field): o for o in delta.overlays}
        self.findings.update({(f.rule.value, f.subject.packed()): f for f in delta.findings})
        for gone in delta.gone_findings:
            self.findings.pop(gone, None)
        self.totals.update({(t.day, t.agent, t.team, t.source, t.side, t.currency): t for t in delta.totals})
        self.actions.update({a.action_id: a for a in delta.actions})
        self.hand_overs.update({h.hand_over_id: h for h in delta.hand_overs})
        self.acknowledgements.update({a.cause: a for a in delta.acknowledgements})
        self.channels.update({c.name: c for c in delta.channels})
        if delta.last:
            self.revision = delta.revision

    def follow(self, reader: SqliteFleetReader) -> None:
        self.apply(reader.changes(self.revision))

    def seen(self) -> dict[str, object]:
        """Everything of meaning: vitals count for what is there."""
        return {
            "resources": self.resources,
            "statuses": self.statuses,
            "vitals": {key: held for key, held in self.vitals.items() if key in self.resources},
            "overlays": self.overlays,
            "findings": self.findings,
            "totals": self.totals,
            "actions": self.actions,
            "hand_overs": self.hand_overs,
            "acknowledgements": self.acknowledgements,
            "channels": self.channels,
        }


def loaded(reader: SqliteFleetReader, *, chunk: int = 2000) -> Picture:
    picture = Picture()
    reader.load(picture.apply, chunk=chunk)
    return picture


def child(code: str, *words: str) -> subprocess.Popen[str]:
    """A Python process of its own that sees this checkout and nothing of our environment."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
