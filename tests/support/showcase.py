"""A fleet worth a picture: every state, five sources, money on both sides, a source in trouble; always the same."""

from dataclasses import dataclass, replace
from datetime import timedelta
from math import pi, sin
from typing import Final

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reach import Attempt, ReachHour, ReachKey, counted_in
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.sprawl import RuleName
from tests.support.facts import NOW, failure, finding, resource, status, total, vitals

_NOBODY_LOOKED: Final = 4


@dataclass(frozen=True)
class _Shown:
    agent: str
    source: str
    phase: Phase
    team: str
    task: str
    usd: str
    today: str
    since_s: float
    beat_s: float | None
    raw: str = "running"
    ends_in_s: float | None = None
    region: str | None = "us"
    boxes: int = 1
    parent: str | None = None


_FLEET = (
    _Shown(
        "ci-fix-07",
        "daytona-eu",
        Phase.STUCK,
        "ci",
        "flaky test in checkout",
        "0.92",
        "18.40",
        2040,
        2040,
        "started",
        None,
        "eu",
    ),
    _Shown("etl-shard-03", "e2b-us", Phase.WAITING, "data", "approve: DROP TABLE stage_7", "0.31", "4.02", 360, 2),
    _Shown(
        "index-12",
        "daytona-eu",
        Phase.ENDED_FAILED,
        "data",
        "rebuild search index",
        "0",
        "1.10",
        300,
        None,
        "error",
        None,
        "eu",
    ),
    _Shown(
        "train-eval-02",
        "e2b-us",
        Phase.RUNNING,
        "ml",
        "eval of checkpoint 41",
        "3.95",
        "28.21",
        4320,
        3,
        ends_in_s=2400,
        boxes=3,
    ),
    _Shown(
        "migr-planner",
        "daytona-eu",
        Phase.RUNNING,
        "platform",
        "split the monolith",
        "1.21",
        "9.33",
        18000,
        1,
        "started",
        None,
        "eu",
    ),
    _Shown("scrape-14", "e2b-us", Phase.RUNNING, "growth", "price watch", "0.66", "3.12", 2460, 3, ends_in_s=1100),
    _Shown("scrape-15", "e2b-us", Phase.RUNNING, "growth", "sitemap crawl", "0.66", "3.09", 2460, 5, ends_in_s=1100),
    _Shown(
        "migr-w-1",
        "e2b-us",
        Phase.RUNNING,
        "platform",
        "migrate schema 14",
        "0.45",
        "1.10",
        1320,
        2,
        ends_in_s=7300,
        parent="migr-planner",
    ),
    _Shown(
        "migr-w-2",
        "e2b-us",
        Phase.RUNNING,
        "platform",
        "migrate schema 15",
        "0.45",
        "1.02",
        1320,
        2,
        ends_in_s=7300,
        parent="migr-planner",
    ),
    _Shown("review-01", "e2b-us", Phase.RUNNING, "ci", "review queue", "0.33", "1.31", 3120, 8, ends_in_s=9000),
    _Shown(
        "review-02", "e2b-us", Phase.RUNNING, "ci", "review of the auth change", "0.33", "1.31", 3120, 9, ends_in_s=9000
    ),
    _Shown(
        "embed-wiki", "daytona-eu", Phase.RUNNING, "ml", "embed the wiki", "0.27", "0.80", 480, 1, "started", None, "eu"
    ),
    _Shown(
        "triage-06",
        "daytona-eu",
        Phase.STARTING,
        "growth",
        "inbox triage",
        "0.19",
        "0.02",
        20,
        None,
        "starting",
        None,
        "eu",
    ),
    _Shown(
        "docs-bot", "local", Phase.RUNNING, "docs", "docs for the 2.0 release", "0.02", "0.04", 7200, 1, region=None
    ),
    _Shown("lint-bot", "local", Phase.RUNNING, "ci", "fix the new ruff rules", "0.02", "0.01", 1860, 4, region=None),
    _Shown("notes", "local", Phase.IDLE, "docs", "", "0.02", "0.03", 5400, 5400, region=None),
    _Shown("night-build", "e2b-us", Phase.PAUSED, "ci", "nightly build", "0", "2.20", 18000, None, "paused"),
    _Shown(
        "old-migr",
        "daytona-eu",
        Phase.PAUSED,
        "platform",
        "drop the old queue",
        "0.01",
        "0.11",
        700000,
        None,
        "stopped",
        None,
        "eu",
    ),
)


def _boxes(shown: _Shown) -> list[Resource]:
    kind = Kind.PROCESS if shown.source == "local" else Kind.SANDBOX
    made = [
        resource(
            f"{shown.agent}-{number}" if number else shown.agent,
            agent=shown.agent,
            source=shown.source,
            kind=kind,
            phase=shown.phase,
            raw=shown.raw,
            since_s=shown.since_s,
            created_s=shown.since_s + 60 - number,
            ends_in_s=shown.ends_in_s,
            usd=shown.usd if number == 0 else "0.10",
            team=shown.team,
            owner="kim",
            task=shown.task or None,
            region=shown.region,
            parent=shown.parent,
            detail={"vcpu": "2", "memory_gib": "4"},
        )
        for number in range(shown.boxes)
    ]
    said = f"{made[0].provider} says {shown.raw}" if shown.source != "local" else "its process is alive"
    return [replace(box, phase=replace(box.phase, evidence=said)) for box in made]


def _signals(shown: _Shown) -> list[Vitals]:
    return [vitals(box.key, signal_s=shown.beat_s) for box in _boxes(shown)] if shown.beat_s is not None else []


def showcase() -> FleetDelta:
    """The whole of it, as one load."""
    boxes = [box for shown in _FLEET for box in _boxes(shown)]
    orphan = resource("sbx_9f2c", source="e2b-us", since_s=10800, created_s=10800, usd="4.10", region="us")
    memories = [
        resource(f"agent:{name}", agent=name, source="memories", kind=Kind.MEMORY_SCOPE, usd=None, team=None, name=name)
        for name in ("ci-fix-07", "etl-shard-03", "migr-planner", "docs-bot")
    ]
    customer = resource("cus_acme", agent="scrape-14", source="stripe", kind=Kind.CUSTOMER, usd=None)
    limited = failure(source="daytona-eu", at_s=40, retry_after_s=38)
    costs = [
        total(shown.agent, shown.today, team=shown.team, source=shown.source, basis=Basis.ESTIMATED)
        for shown in _FLEET
        if shown.today != "0"
    ]
    return FleetDelta(
        store_id="showcase",
        revision=1,
        whole=True,
        resources=(*boxes, orphan, *memories, customer),
        statuses=(
            status("daytona-eu", ok_s=72, failure=limited, rows=6),
            status("e2b-us", rows=13),
            status("local", ok_s=1, rows=3),
            status("memories", ok_s=21, cadence_s=60, rows=4),
            status("stripe", ok_s=48, cadence_s=300, rows=1),
        ),
        vitals=tuple(signal for shown in _FLEET for signal in _signals(shown)),
        findings=(
            finding(orphan.key, usd_per_day="98.40"),
            finding(boxes[-1].key, RuleName.PAUSED_LONG, usd_per_day="0.24", evidence="paused"),
        ),
        totals=(
            *costs,
            total("", "12.30", source="e2b-us", basis=Basis.ESTIMATED),
            total("scrape-14", "41.50", team="growth", source="stripe", side=Side.BILLED, basis=Basis.ESTIMATED),
        ),
    )


def curve() -> tuple[Spent, ...]:
    """What the teams cost over the last day by quarters of an hour: a quiet night, a busy morning, a gap at four."""
    made: list[Spent] = []
    for number in range(96):
        hour = (12 + number // 4) % 24
        if hour == _NOBODY_LOOKED:
            continue
        busy = 1.0 + 3.0 * max(0.0, sin((hour - 6) / 24 * 2 * pi)) + 0.4 * sin(number / 3)
        for team, weight in (("ml", 0.9), ("platform", 0.5), ("ci", 0.4), ("growth", 0.3)):
            start = NOW - timedelta(minutes=15 * (96 - number))
            made.append(
                Spent(
                    start=start,
                    end=start + timedelta(minutes=15),
                    source=SourceName("e2b-us"),
                    layer=Layer.COMPUTE,
                    agent=f"{team}-1",
                    team=team,
                    currency="usd",
                    amount_micro=round(busy * weight * 400_000),
                )
            )
    return tuple(made)


def troubles() -> tuple[FailureClass, ...]:
    """The classes of what went wrong lately."""
    return (FailureClass.RATE_LIMITED, FailureClass.PROVIDER_DOWN, FailureClass.RATE_LIMITED)


def readings() -> tuple[ReachHour, ...]:
    """How often each source answered in the last two days: one was down for a while, one is never measured."""
    hours: dict[ReachKey, ReachHour] = {}
    for name, per_hour, latency_ms, bad in (
        ("daytona-eu", 60, 240, FailureClass.RATE_LIMITED),
        ("e2b-us", 60, 130, FailureClass.PROVIDER_DOWN),
        ("local", 60, 12, None),
        ("memories", 30, 410, FailureClass.TIMEOUT),
    ):
        for number in range(48 * per_hour):
            failed = bad if bad is not None and number % 97 == 1 else None
            attempt = Attempt(
                source=SourceName(name),
                at=NOW - timedelta(hours=number // per_hour, minutes=1),
                operation="list",
                failure_class=failed,
                latency_ms=latency_ms + number % 7,
                covered_ms=3_600_000 // per_hour,
            )
            counted_in(hours, attempt)
    return tuple(hours.values())


def acts() -> tuple[AuditRow, ...]:
    """What operators did this morning, newest first."""
    told = (
        ("kim", "console", "kill", "sandbox train-eval-01", "done", "e2b ended it", "wrong learning rate"),
        ("kim", "console", "window opened", "", "noted", "", "until 12:04:00Z"),
        ("lee", "command", "pause", "sandbox night-build", "done", "e2b paused it", "frees the quota"),
        ("lee", "command", "restart", "sandbox index-12", "failed", "daytona: 503 no capacity", "stuck since 9"),
        ("mo", "console", "reassign", "agent old-migr", "done", "owner: mo", "lena is away"),
        ("lee", "command", "kill", "sandbox sbx_77a1", "refused", "replaced: it is another incarnation now", ""),
    )
    return tuple(
        AuditRow(
            seq=len(told) - number,
            at=NOW - timedelta(minutes=7 * number + 2),
            actor=actor,
            host="ops-1",
            via=via,
            what=what,
            target=target,
            incarnation="",
            outcome=outcome,
            reason=reason,
            why=why,
            intent_id=f"i{number}",
            action_id=f"i{number}.0",
            hash="",
        )
        for number, (actor, via, what, target, outcome, reason, why) in enumerate(told)
    )
