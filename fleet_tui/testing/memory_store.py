"""A store in memory that keeps the promises of `CollectorStore`, with faults on demand and its history to look at."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from fleet_tui.domain.action import ActionId, Intent, action_id
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.identity import ResourceKey, SourceName, Target
from fleet_tui.domain.money import Accrual
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.reach import ReachHour, ReachKey, counted_in
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord, ActionState, Wanted, WantedKind
from fleet_tui.domain.resource import Event, Resource, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.usage import Subject, UsageLine
from fleet_tui.domain.watch import Watch, before
from fleet_tui.ports import CollectorStore, LogPage, Observation

FaultHook = Callable[[str], None]
"""Called with the name of each write before it happens; raises what the disk would."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One outcome as the audit would hold it."""

    action_id: ActionId
    outcome: Outcome
    at: datetime


@dataclass(slots=True)
class MemoryStore(CollectorStore):
    """Survives the collector's crash as a file would; what a test looks at are its plain attributes."""

    resources: dict[ResourceKey, Resource] = field(default_factory=dict[ResourceKey, Resource])
    statuses: dict[SourceName, SourceStatus] = field(default_factory=dict[SourceName, SourceStatus])
    spans: dict[SourceName, list[Watch]] = field(default_factory=dict[SourceName, list[Watch]])
    vitals: dict[ResourceKey, Vitals] = field(default_factory=dict[ResourceKey, Vitals])
    events: dict[str, Event] = field(default_factory=dict[str, Event])
    usage: dict[str, UsageLine] = field(default_factory=dict[str, UsageLine])
    totals: dict[Subject, Accrual] = field(default_factory=dict[Subject, Accrual])
    failures: list[Failure] = field(default_factory=list[Failure])
    reach: dict[ReachKey, ReachHour] = field(default_factory=dict[ReachKey, ReachHour])
    findings: dict[tuple[RuleName, ResourceKey], Finding] = field(
        default_factory=dict[tuple[RuleName, ResourceKey], Finding]
    )
    cursors: dict[str, str] = field(default_factory=dict[str, str])
    intents: list[ActionRecord] = field(default_factory=list[ActionRecord])
    actions: dict[ActionId, ActionRecord] = field(default_factory=dict[ActionId, ActionRecord])
    attempts: dict[tuple[ActionId, Target], datetime] = field(default_factory=dict[tuple[ActionId, Target], datetime])
    settled: list[Settled] = field(default_factory=list[Settled])
    asked: dict[int, Wanted] = field(default_factory=dict[int, Wanted])
    logs: dict[ResourceKey, list[LogPage]] = field(default_factory=dict[ResourceKey, list[LogPage]])
    observed: list[Observation] = field(default_factory=list[Observation])
    revision: int = 0
    fault: FaultHook | None = None
    seen: Callable[[Observation], None] | None = None
    """Called with each observation once it is kept."""
    _asked_ever: int = 0

    def _write(self, what: str) -> None:
        if self.fault is not None:
            self.fault(what)
        self.revision += 1

    @override
    def observe(self, observation: Observation) -> int:
        self._write("observe")
        self.observed.append(observation)
        self.statuses[observation.source] = observation.status
        if observation.watch is not None:
            kept = before(self.spans.get(observation.source, ()), observation.watch.start)
            self.spans[observation.source] = [*kept, observation.watch]
        self.resources.update({row.key: row for row in observation.changed})
        for key in observation.gone:
            self.resources.pop(key, None)
        self.vitals.update({v.key: v for v in observation.vitals})
        self.events.update({e.event_id: e for e in observation.events})
        self.usage.update({line.line_id: line for line in observation.usage})
        self.totals.update(dict(observation.accruals))
        self.failures.extend(observation.failures)
        for attempt in observation.attempts:
            counted_in(self.reach, attempt)
        self.findings.update({(f.rule, f.subject): f for f in observation.findings})
        for gone in observation.gone_findings:
            self.findings.pop(gone, None)
        if self.seen is not None:
            self.seen(observation)
        return self.revision

    @override
    def known(self, source: SourceName) -> tuple[Resource, ...]:
        return tuple(row for row in self.resources.values() if row.key.source == source)

    @override
    def watches(self, source: SourceName) -> tuple[Watch, ...]:
        return tuple(self.spans.get(source, ()))

    @override
    def status(self, source: SourceName) -> SourceStatus | None:
        return self.statuses.get(source)

    @override
    def accruals(self, source: SourceName) -> dict[Subject, Accrual]:
        return {subject: accrual for subject, accrual in self.totals.items() if subject.source == source}

    @override
    def cursor(self, name: str) -> str | None:
        return self.cursors.get(name)

    @override
    def keep_cursor(self, name: str, value: str) -> None:
        self._write("keep_cursor")
        self.cursors[name] = value

    @override
    def forget_sources(self, keep: Collection[SourceName], now: datetime) -> None:
        for name in set(self.statuses) - set(keep):
            self._write("forget_sources")
            del self.statuses[name]
            self.resources = {key: row for key, row in self.resources.items() if key.source != name}
            self.findings = {at: found for at, found in self.findings.items() if at[1].source != name}
            self.spans.pop(name, None)

    def submit(self, intent: Intent, names: Mapping[ResourceKey, str]) -> tuple[ActionId, ...]:
        """What a console does: one intent becomes one action per target once it is accepted."""
        records = [
            ActionRecord(
                action_id=action_id(intent.intent_id, index),
                intent_id=intent.intent_id,
                verb=intent.verb,
                params=intent.params,
                target=target,
                name=names.get(target.key, target.key.id),
                actor=intent.actor,
                host=intent.host,
                via=intent.via,
                why=intent.why,
                submitted_at=intent.submitted_at,
                not_after=intent.not_after,
            )
            for index, target in enumerate(intent.targets)
        ]
        self.intents.extend(records)
        self.revision += 1
        return tuple(record.action_id for record in records)

    @override
    def accept(self, now: datetime) -> tuple[ActionRecord, ...]:
        if not self.intents:
            return ()
        self._write("accept")
        accepted, self.intents = tuple(self.intents), []
        self.actions.update({record.action_id: record for record in accepted})
        return accepted

    @override
    def unsettled(self) -> tuple[ActionRecord, ...]:
        return tuple(a for a in self.actions.values() if a.state is not ActionState.SETTLED)

    @override
    def action(self, action_id: ActionId) -> ActionRecord | None:
        return self.actions.get(action_id)

    @override
    def start(self, action_id: ActionId, now: datetime) -> None:
        self._write("start")
        if self.actions[action_id].state is ActionState.ACCEPTED:
            self.actions[action_id] = replace(self.actions[action_id], state=ActionState.STARTED)

    @override
    def attempt(self, action_id: ActionId, target: Target, now: datetime) -> None:
        self._write("attempt")
        self.attempts.setdefault((action_id, target), now)

    @override
    def attempted(self, action_id: ActionId, target: Target) -> bool:
        return (action_id, target) in self.attempts

    @override
    def settle(self, action_id: ActionId, outcome: Outcome, now: datetime) -> bool:
        if self.actions[action_id].state is ActionState.SETTLED:
            return False
        self._write("settle")
        self.actions[action_id] = replace(
            self.actions[action_id], state=ActionState.SETTLED, outcome=outcome, settled_at=now
        )
        self.settled.append(Settled(action_id, outcome, now))
        return True

    def want(self, kind: WantedKind, subject: str, *, asked_at: datetime, expires_at: datetime) -> int:
        """What a console does when it needs the collector."""
        self._asked_ever += 1
        self.revision += 1
        self.asked[self._asked_ever] = Wanted(
            wanted_id=self._asked_ever, kind=kind, subject=subject, asked_at=asked_at, expires_at=expires_at
        )
        return self._asked_ever

    @override
    def wanted(self, now: datetime) -> tuple[Wanted, ...]:
        return tuple(w for w in self.asked.values() if w.expires_at > now)

    @override
    def append_logs(self, key: ResourceKey, page: LogPage, now: datetime) -> None:
        self._write("append_logs")
        self.logs.setdefault(key, []).append(page)

    @override
    def expire_hand_overs(self, now: datetime) -> None:
        return

    @override
    def tidy(self, now: datetime) -> None:
        return
