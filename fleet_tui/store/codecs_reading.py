"""What readings bring beside resources, to rows and back: statuses, vitals, findings, events, usage and totals."""

import json
from datetime import date, datetime
from functools import lru_cache

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.identity import AgentId, Kind, Layer, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Event, SignalKind, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.store import codecs
from fleet_tui.store.codecs import (
    Cells,
    Row,
    key_of,
    key_row,
    moment,
    opt_key_of,
    opt_key_row,
    opt_moment,
    opt_plain,
    opt_text,
    opt_us,
    opt_whole,
    plain,
    real,
    text,
    us,
    whole,
)

BASES = tuple(Basis)
"""The order of `schema.BASIS_COUNTS`."""

_SIGNALS = {kind.value: kind for kind in SignalKind}
_SIDES = {side.value: side for side in Side}
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH_DAY


@lru_cache(maxsize=64)
def day_of(number: int) -> date:
    return date.fromordinal(number + _EPOCH_DAY)


def day_at(at: datetime) -> int:
    """The UTC day of a moment."""
    return codecs.us(at) // 86_400_000_000


def status_row(status: SourceStatus) -> Row:
    """In the order of `schema.STATUS`."""
    return (
        text(status.name),
        text(status.provider),
        real(status.cadence_s) or 0.0,
        opt_us(status.last_try_at),
        opt_us(status.last_ok_at),
        opt_us(status.last_complete_at),
        opt_us(status.next_due_at),
        whole(status.complete_streak),
        whole(status.failures),
        None if status.failure is None else json.dumps(codecs.failure_row(status.failure)),
        whole(status.rows),
        opt_whole(status.latency_ms),
        real(status.clock_skew_s),
        codecs.packed_texts(status.notes),
    )


def status_of(row: Cells) -> SourceStatus:
    """From the columns of `schema.STATUS`, in that order."""
    name, provider, cadence_s, tried, ok, complete, due, streak, failures, failure, rows, latency, skew, notes = row
    found: Failure | None = None if failure is None else codecs.failure_of(tuple(json.loads(failure)))
    return SourceStatus(
        name=SourceName(plain(name)),
        provider=plain(provider),
        cadence_s=cadence_s,
        last_try_at=opt_moment(tried),
        last_ok_at=opt_moment(ok),
        last_complete_at=opt_moment(complete),
        next_due_at=opt_moment(due),
        complete_streak=streak,
        failures=failures,
        failure=found,
        rows=rows,
        latency_ms=latency,
        clock_skew_s=skew,
        notes=codecs.texts(notes),
    )


def vitals_row(vitals: Vitals) -> Row:
    """In the order of `schema.VITALS`."""
    return (
        *key_row(vitals.key),
        us(vitals.at),
        real(vitals.cpu_percent),
        opt_whole(vitals.memory_bytes),
        opt_us(vitals.signal_at),
        None if vitals.signal_kind is None else vitals.signal_kind.value,
    )


def vitals_of(row: Cells) -> Vitals:
    """From the columns of `schema.VITALS`, in that order."""
    source, kind, rid, at, cpu_percent, memory_bytes, signal_at, signal_kind = row
    return Vitals(
        key=key_of(source, kind, rid),
        at=_read_at(at),
        cpu_percent=cpu_percent,
        memory_bytes=memory_bytes,
        signal_at=opt_moment(signal_at),
        signal_kind=None if signal_kind is None else _SIGNALS[signal_kind],
    )


@lru_cache(maxsize=64)
def _read_at(at_us: int) -> datetime:
    """Thousands are measured in one reading."""
    return moment(at_us)


def finding_row(finding: Finding) -> Row:
    """In the order of `schema.FINDING`."""
    return (
        finding.rule.value,
        *key_row(finding.subject),
        us(finding.since),
        text(finding.evidence),
        opt_whole(finding.microusd_per_day),
    )


def finding_of(row: Cells) -> Finding:
    """From the columns of `schema.FINDING`, in that order."""
    rule, source, kind, rid, since, evidence, microusd_per_day = row
    return Finding(
        rule=RuleName(rule),
        subject=key_of(source, kind, rid),
        since=moment(since),
        evidence=plain(evidence),
        microusd_per_day=microusd_per_day,
    )


def event_row(event: Event) -> Row:
    """In the order of `schema.EVENT`."""
    return (
        text(event.event_id),
        us(event.at),
        text(event.source),
        *opt_key_row(event.key),
        opt_text(event.agent),
        text(event.type),
        text(event.text),
        codecs.packed_pairs(event.facts),
    )


def event_of(row: Cells) -> Event:
    """From the columns of `schema.EVENT`, in that order."""
    event_id, at, source, key_source, kind, rid, agent, type_, what, facts = row
    return Event(
        event_id=plain(event_id),
        at=moment(at),
        source=plain(source),
        key=opt_key_of(key_source, kind, rid),
        agent=None if agent is None else AgentId(plain(agent)),
        type=plain(type_),
        text=plain(what),
        facts=codecs.pairs(facts),
    )


def subject_row(subject: Subject) -> tuple[str, str, str, str]:
    """In the order of `schema.SUBJECT`. An empty kind says: the account itself."""
    kind = "" if subject.kind is None else subject.kind.value
    return text(subject.source), subject.layer.value, kind, "" if subject.id is None else "=" + text(subject.id)


def subject_of(source: str, layer: str, kind: str, rid: str) -> Subject:
    return Subject(
        source=SourceName(plain(source)),
        layer=Layer(layer),
        kind=Kind(kind) if kind else None,
        id=plain(rid[1:]) if rid else None,
    )


def usage_row(line: UsageLine) -> Row:
    """In the order of `schema.USAGE`."""
    return (
        text(line.line_id),
        *subject_row(line.subject),
        line.side.value,
        line.origin.value,
        line.basis.value,
        us(line.start),
        us(line.end),
        opt_whole(line.amount_micro),
        text(line.currency),
        text(line.quantity),
        text(line.unit),
        opt_text(line.agent),
        opt_text(line.team),
        opt_text(line.task),
    )


def usage_of(row: Cells) -> UsageLine:
    """From the columns of `schema.USAGE`, in that order."""
    (line_id, source, layer, kind, rid, side, origin, basis, start, end, amount, currency, quantity, unit, agent,
     team, task) = row  # fmt: skip
    return UsageLine(
        line_id=plain(line_id),
        subject=subject_of(source, layer, kind, rid),
        side=_SIDES[side],
        origin=Origin(origin),
        basis=Basis(basis),
        start=moment(start),
        end=moment(end),
        amount_micro=amount,
        currency=plain(currency),
        quantity=plain(quantity),
        unit=plain(unit),
        agent=None if agent is None else AgentId(plain(agent)),
        team=opt_plain(team),
        task=opt_plain(task),
    )


def total_of(row: Cells) -> DayTotal:
    """From the columns of `schema.TOTAL`, in that order."""
    day, agent, team, source, side, currency, amount, *counts = row
    return DayTotal(
        day=day_of(day),
        agent=codecs.shared(agent),
        team=codecs.shared(team),
        source=SourceName(codecs.shared(source)),
        side=_SIDES[side],
        currency=codecs.shared(currency),
        amount_micro=amount,
        bases=_bases_of(*map(bool, counts)),
        unpriced_lines=counts[-1],
    )


@lru_cache(maxsize=1 << len(BASES))
def _bases_of(*there: bool) -> frozenset[Basis]:
    return frozenset(basis for basis, one in zip(BASES, there, strict=True) if one)
