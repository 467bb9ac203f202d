"""Facts of every shape that a store must give back as they were."""

import string
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from fleet_tui.domain.action import Params
from fleet_tui.domain.assignment import Assignment, AssignmentField, Overlay
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, Layer, ResourceKey, SourceName, Target
from fleet_tui.domain.money import Accrual, Basis, Rate, Side
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Event, Resource, SignalKind, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.usage import Origin, Subject, UsageLine

ODD = "\x00\x1e\x1f\ufdd0\ud800\udc00\ud83d\ude00\u2028é\U0001f600"
texts = st.text(st.characters() | st.sampled_from(ODD) | st.sampled_from(string.hexdigits), max_size=12)
plain_texts = st.text(st.sampled_from("abcxyz-"), min_size=1, max_size=6)
opt_texts = st.none() | texts
moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
opt_moments = st.none() | moments
whole = st.integers(-(2**63) + 1, 2**63 - 1)
reals = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
sources = st.builds(SourceName, plain_texts)
keys = st.builds(ResourceKey, sources, st.sampled_from(Kind), texts)
targets = st.builds(Target, keys, st.builds(Incarnation, texts), texts)
agents = st.none() | st.builds(AgentId, texts)

rates = st.builds(Rate, microusd_per_hour=whole, basis=st.sampled_from(Basis), currency=texts)
phases = st.builds(
    PhaseFact, phase=st.sampled_from(Phase), since=opt_moments, evidence=texts, raw=texts, confirmed=st.booleans()
)
assignments = st.builds(Assignment, owner=opt_texts, team=opt_texts, task=opt_texts, parent=opt_texts)
resources = st.builds(
    Resource,
    key=keys,
    provider=texts,
    incarnation=st.builds(Incarnation, texts),
    generation=texts,
    name=texts,
    phase=phases,
    agent=agents,
    claimed_by=texts,
    assignment=assignments,
    labels=pairs,
    region=opt_texts,
    created_at=opt_moments,
    ends_at=opt_moments,
    rate=st.none() | rates,
    capabilities=st.frozensets(st.sampled_from(Capability)),
    observes_work=st.booleans(),
    detail=pairs,
)
failures = st.builds(
    Failure,
    failure_class=st.sampled_from(FailureClass),
    source=sources,
    operation=texts,
    text=texts,
    at=moments,
    key=st.none() | keys,
    status=st.none() | whole,
    request_id=opt_texts,
    retry_after_s=st.none() | reals,
)
statuses = st.builds(
    SourceStatus,
    name=sources,
    provider=texts,
    cadence_s=reals,
    last_try_at=opt_moments,
    last_ok_at=opt_moments,
    last_complete_at=opt_moments,
    next_due_at=opt_moments,
    complete_streak=whole,
    failures=whole,
    failure=st.none() | failures,
    rows=whole,
    latency_ms=st.none() | whole,
    clock_skew_s=st.none() | reals,
    notes=st.lists(texts, max_size=3).map(tuple),
)
vitals = st.builds(
    Vitals,
    key=keys,
    at=moments,
    cpu_percent=st.none() | reals,
    memory_bytes=st.none() | whole,
    signal_at=opt_moments,
    signal_kind=st.none() | st.sampled_from(SignalKind),
)
findings = st.builds(
    Finding,
    rule=st.sampled_from(RuleName),
    subject=keys,
    since=moments,
    evidence=texts,
    microusd_per_day=st.none() | whole,
)
events = st.builds(
    Event,
    event_id=texts,
    at=moments,
    source=texts,
    key=st.none() | keys,
    agent=agents,
    type=texts,
    text=texts,
    facts=pairs,
)
account_subjects = st.builds(Subject, source=sources, layer=st.sampled_from(Layer))
subjects = account_subjects | st.builds(
    Subject, source=sources, layer=st.sampled_from(Layer), kind=st.sampled_from(Kind), id=texts
)
usage_lines = st.builds(
    UsageLine,
    line_id=texts,
    subject=subjects,
    side=st.sampled_from(Side),
    origin=st.sampled_from(Origin),
    basis=st.sampled_from(Basis),
    start=moments,
    end=moments,
    amount_micro=st.none() | whole,
    currency=texts,
    quantity=texts,
    unit=texts,
    agent=agents,
    team=opt_texts,
    task=opt_texts,
)
accruals = st.builds(
    Accrual, until=moments, exact=st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: Decimal(str(d)))
)
params = st.builds(
    Params,
    now=st.booleans(),
    grace_s=reals,
    extend_s=st.none() | whole,
    assign=st.lists(st.tuples(st.sampled_from(AssignmentField), opt_texts), max_size=3).map(tuple),
    task_to=opt_texts,
)
outcomes = (
    st.builds(Done, uncertain=st.booleans(), detail=texts, confirmed_after_restart=st.booleans())
    | st.builds(Refused, reason=st.sampled_from(RefusalReason), detail=texts)
    | st.builds(Failed, failure_class=st.sampled_from(FailureClass), detail=texts, uncertain=st.booleans())
)
overlays = st.builds(Overlay, subject=texts, field=st.sampled_from(AssignmentField), value=opt_texts, set_by=texts)
hand_overs = st.builds(
    HandOver,
    hand_over_id=texts,
    from_agent=texts,
    to_agent=texts,
    task=texts,
    asked_by=texts,
    asked_at=moments,
    not_after=moments,
    state=st.sampled_from(["waiting", "confirmed", "expired"]),
)
short_spans = st.integers(0, 600).map(lambda seconds: timedelta(seconds=seconds))
