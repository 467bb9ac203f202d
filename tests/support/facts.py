"""Builds facts of the domain for tests, each with defaults that a test overrides where it matters."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.delta import DayTotal, FleetDelta
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate, Side, micro
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Resource, SignalKind, Vitals, pairs
from fleet_tui.domain.sprawl import Finding, RuleName

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUNS_CAN = frozenset(
    {Capability.PAUSE, Capability.RESUME, Capability.KILL, Capability.RESTART, Capability.EXTEND, Capability.LOGS}
)


def key(id_: str, *, source: str = "e2b", kind: Kind = Kind.SANDBOX) -> ResourceKey:
    return ResourceKey(SourceName(source), kind, id_)


def resource(
    id_: str,
    *,
    agent: str | None = None,
    source: str = "e2b",
    kind: Kind = Kind.SANDBOX,
    name: str = "",
    phase: Phase = Phase.RUNNING,
    raw: str = "running",
    since_s: float | None = 660,
    created_s: float | None = 3600,
    ends_in_s: float | None = None,
    usd: str | None = "0.10",
    basis: Basis = Basis.ESTIMATED,
    currency: str = "usd",
    team: str | None = None,
    owner: str | None = None,
    task: str | None = None,
    parent: str | None = None,
    region: str | None = None,
    confirmed: bool = True,
    observes: bool = True,
    labels: dict[str, str] | None = None,
    detail: dict[str, str] | None = None,
    can: frozenset[Capability] = RUNS_CAN,
) -> Resource:
    """A running sandbox of 11 minutes at ten cents an hour, unless said otherwise."""
    return Resource(
        key=key(id_, source=source, kind=kind),
        provider=source.partition("-")[0],
        incarnation=Incarnation(id_),
        name=name or id_,
        phase=PhaseFact(
            phase=phase,
            since=None if since_s is None else NOW - timedelta(seconds=since_s),
            evidence="test",
            raw=raw,
            confirmed=confirmed,
        ),
        agent=None if agent is None else AgentId(agent),
        claimed_by="" if agent is None else "label fleet.agent",
        assignment=Assignment(owner=owner, team=team, task=task, parent=parent),
        labels=pairs(labels or {}),
        region=region,
        created_at=None if created_s is None else NOW - timedelta(seconds=created_s),
        ends_at=None if ends_in_s is None else NOW + timedelta(seconds=ends_in_s),
        rate=None if usd is None else Rate(microusd_per_hour=micro(Decimal(usd)), basis=basis, currency=currency),
        capabilities=can if kind in {Kind.SANDBOX, Kind.PROCESS} else frozenset(),
        observes_work=observes,
        detail=pairs(detail or {}),
    )


def status(
    name: str = "e2b", *, ok_s: float | None = 2, cadence_s: float = 5, failure: Failure | None = None, rows: int = 1
) -> SourceStatus:
    """A source that was read two seconds ago."""
    at = None if ok_s is None else NOW - timedelta(seconds=ok_s)
    return SourceStatus(
        name=SourceName(name),
        provider=name.partition("-")[0],
        cadence_s=cadence_s,
        last_try_at=NOW,
        last_ok_at=at,
        last_complete_at=at,
        rows=rows,
        failure=failure,
        failures=0 if failure is None else 3,
    )


def failure(
    failure_class: FailureClass = FailureClass.RATE_LIMITED,
    *,
    source: str = "e2b",
    text: str = "too many requests",
    at_s: float = 10,
    status: int | None = 429,
    retry_after_s: float | None = None,
    of: ResourceKey | None = None,
) -> Failure:
    return Failure(
        failure_class=failure_class,
        source=SourceName(source),
        operation="list sandboxes",
        text=text,
        at=NOW - timedelta(seconds=at_s),
        key=of,
        status=status,
        retry_after_s=retry_after_s,
    )


def vitals(of: ResourceKey, *, signal_s: float | None = 4) -> Vitals:
    return Vitals(
        key=of,
        at=NOW,
        signal_at=None if signal_s is None else NOW - timedelta(seconds=signal_s),
        signal_kind=SignalKind.OUTPUT,
    )


def finding(
    of: ResourceKey,
    rule: RuleName = RuleName.ORPHAN,
    *,
    usd_per_day: str | None = "2.40",
    evidence: str = "no owner in 3 complete readings",
) -> Finding:
    return Finding(
        rule=rule,
        subject=of,
        since=NOW - timedelta(hours=3),
        evidence=evidence,
        microusd_per_day=None if usd_per_day is None else micro(Decimal(usd_per_day)),
    )


def total(
    agent: str,
    usd: str,
    *,
    team: str = "",
    source: str = "e2b",
    side: Side = Side.COST,
    basis: Basis = Basis.REPORTED,
    unpriced: int = 0,
    currency: str = "usd",
    days_ago: int = 0,
) -> DayTotal:
    return DayTotal(
        day=NOW.date() - timedelta(days=days_ago),
        agent=agent,
        team=team,
        source=SourceName(source),
        side=side,
        currency=currency,
        amount_micro=micro(Decimal(usd)),
        bases=frozenset({basis}),
        unpriced_lines=unpriced,
    )


def whole(*resources: Resource, revision: int = 1) -> FleetDelta:
    """A whole load of these resources, their sources all healthy."""
    sources = sorted({r.key.source for r in resources})
    return FleetDelta(
        store_id="test",
        revision=revision,
        whole=True,
        resources=resources,
        statuses=tuple(status(source) for source in sources),
    )


def next_delta(revision: int, **changes: object) -> FleetDelta:
    return FleetDelta(store_id="test", revision=revision, **changes)  # type: ignore[arg-type]


def hand_over(
    giver: str = "coder",
    taker: str = "tester",
    task: str = "issue 7",
    *,
    id_: str = "h1",
    by: str = "ada",
    at_s: float = 0,
    hours: float = 24,
    state: str = "waiting",
) -> HandOver:
    """A task that `giver` is to hand to `taker`, asked for at `at_s`; it waits for so many hours from then."""
    asked_at = NOW + timedelta(seconds=at_s)
    return HandOver(
        hand_over_id=id_,
        from_agent=giver,
        to_agent=taker,
        task=task,
        asked_by=by,
        asked_at=asked_at,
        not_after=asked_at + timedelta(hours=hours),
        state=state,
    )
