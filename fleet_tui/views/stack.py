"""STACK: what the fleet stands on, who is there, and how often each provider answered our own readings."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.reach import NO_READING, Reach, ReachHour, failures_by_class, reach_by_source
from fleet_tui.domain.reading import SourceState, state_at
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.stack import Chain, Standing, median_chain, standings, together
from fleet_tui.views.ages import fine
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, counted, said, word
from fleet_tui.views.sources import is_bad, nothing_to_show

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
NOT_MEASURED: Final = "?"
GOOD_FROM: Final = 0.999
WARN_FROM: Final = 0.99
_COLUMNS: Final = (
    Column(name="LAYER", width=9, min_width=7, priority=0),
    Column(name="PROVIDER", width=14, min_width=9, priority=0),
    Column(name="AGENTS", width=6, align=Align.RIGHT, priority=1),
    Column(name="NOW", width=11, priority=3),
    Column(name="OK 24h", width=7, align=Align.RIGHT, priority=0),
    Column(name="READ", width=6, align=Align.RIGHT, priority=2),
    Column(name="OK 7d", width=7, align=Align.RIGHT, priority=4),
    Column(name="READ 7d", width=7, align=Align.RIGHT, priority=6),
    Column(name="ANSWERS IN", width=10, min_width=7, align=Align.RIGHT, priority=5),
    Column(name="HELD", width=20, min_width=14, priority=1, flexible=True),
)
_STATES: Final = (
    SourceState.REFUSED,
    SourceState.UNREACHABLE,
    SourceState.STALE,
    SourceState.PARTIAL,
    SourceState.NEW,
    SourceState.OK,
)
_STATE_WORDS: Final = {SourceState.REFUSED: "KEY REFUSED", SourceState.NEW: "FIRST READ", SourceState.OK: "ok"}
_LAST_FAILURES: Final = 3
"""So many are told where there is no room for more."""
_PLURALS: Final = {Kind.PROCESS: "processes", Kind.SANDBOX: "sandboxes", Kind.MEMORY_SCOPE: "memory scopes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Our own readings of the last 24 h and 7 d, by source, and what failed last."""

    day: Mapping[SourceName, Reach] = field(default_factory=dict[SourceName, Reach])
    week: Mapping[SourceName, Reach] = field(default_factory=dict[SourceName, Reach])
    classes: Mapping[SourceName, Counter[FailureClass]] = field(default_factory=dict[SourceName, Counter[FailureClass]])
    failures: tuple[Failure, ...] = ()


def measured(hours: Iterable[ReachHour], failures: Iterable[Failure], now: datetime) -> Measured:
    """What the store counted, put together once for all rows."""
    listed = tuple(hours)
    return Measured(
        day=reach_by_source(listed, now - DAY),
        week=reach_by_source(listed, now - WEEK),
        classes=failures_by_class(listed, now - DAY),
        failures=tuple(failures),
    )


def fleet_standings(model: FleetModel) -> tuple[Standing, ...]:
    """Everything that is read, with who and what is there."""
    loose = (model.resources[key] for key in model.loose)
    providers = {name: status.provider for name, status in model.statuses.items()}
    return standings(model.agents.values(), loose, providers)


def reach_of(by_source: Mapping[SourceName, Reach], sources: Iterable[SourceName]) -> Reach:
    """Several accounts of one provider together."""
    total = NO_READING
    for source in sources:
        total += by_source.get(source, NO_READING)
    return total


def share_text(share: float | None) -> str:
    """`99.41%`, rounded down, so that only what never failed is `100%`; `?` without a sample."""
    if share is None:
        return NOT_MEASURED
    hundredths = int(share * 10_000 + 1e-7)
    return "100%" if hundredths >= 10_000 else f"{hundredths / 100:.2f}%"  # noqa: PLR2004 - all of it


def _share(share: float | None) -> Cell:
    if share is None:
        return word(NOT_MEASURED, Role.UNKNOWN)
    return word(share_text(share), Role.GOOD if share >= GOOD_FROM else Role.WARN if share >= WARN_FROM else Role.BAD)


def _count(reach: Reach) -> Cell:
    return word(str(reach.samples), Role.DIM)


def _latency(reach: Reach) -> Cell:
    mean_ms = reach.mean_ms
    return word(NOT_MEASURED, Role.UNKNOWN) if mean_ms is None else word(latency_text(mean_ms))


def latency_text(milliseconds: float) -> str:
    """`84ms`, `1.2s`."""
    if milliseconds < 1000:  # noqa: PLR2004 - a second
        return f"{round(milliseconds)}ms"
    return f"{milliseconds / 1000:.1f}s"


def kind_words(kind: Kind, count: int) -> str:
    """`1 sandbox`, `3 api keys`."""
    one = kind.replace("_", " ")
    return counted(count, one, _PLURALS.get(kind))


def held_words(one: Standing) -> str:
    if not one.held:
        return "nothing" if one.layer is not None else "nothing was ever listed"
    return ", ".join(kind_words(kind, count) for kind, count in sorted(one.held.items(), key=lambda i: (-i[1], i[0])))


def state_of(model: FleetModel, one: Standing, now: datetime) -> SourceState:
    """The worst of its sources."""
    states = {state_at(status, now) for name in one.sources if (status := model.statuses.get(name)) is not None}
    return next((state for state in _STATES if state in states), SourceState.NEW)


def _now(state: SourceState) -> Cell:
    role = {
        SourceState.OK: Role.GOOD,
        SourceState.NEW: Role.DIM,
        SourceState.PARTIAL: Role.WARN,
        SourceState.STALE: Role.STALE,
    }.get(state, Role.BAD)
    return word(_STATE_WORDS.get(state, state.value.upper()), role)


def row_key(one: Standing) -> str:
    return f"{one.layer or ''}\x1f{one.provider}"


def provider_of(key: str) -> str:
    """The provider that a row's key is about."""
    return key.partition("\x1f")[2]


def stack_table(model: FleetModel, found: Measured, now: datetime, *, filtered: str = "") -> TableView:
    """One row per layer and provider; the layer is named once."""
    rows: list[TableRow] = []
    before: object = ""
    for one in fleet_standings(model):
        day, week = reach_of(found.day, one.sources), reach_of(found.week, one.sources)
        layer = word(one.layer.value if one.layer else "?", Role.DIM if one.layer == before else Role.STRONG)
        before = one.layer
        cells = (
            layer,
            said(one.provider, Role.STRONG, 64),
            word(str(one.agents), Role.PLAIN if one.agents else Role.DIM),
            _now(state_of(model, one, now)),
            _share(day.availability),
            _count(day),
            _share(week.availability),
            _count(week),
            _latency(day),
            word(held_words(one), Role.PLAIN if one.held else Role.DIM),
        )
        rows.append(TableRow(key=row_key(one), cells=cells))
    empty = nothing_to_show(model.statuses.values(), now, filtered=filtered)
    return TableView(columns=_COLUMNS, rows=tuple(rows), empty=empty[0])


def _running(model: FleetModel) -> Iterable[Agent]:
    return (agent for agent in model.fleet.values() if agent.claimed)


def _shares(chain: Chain, model: FleetModel, by_source: Mapping[SourceName, Reach]) -> dict[str, float | None]:
    of: dict[str, list[SourceName]] = {}
    for name, status in model.statuses.items():
        of.setdefault(status.provider, []).append(name)
    return {one: reach_of(by_source, of.get(one, ())).availability for one in chain.providers}


def chain_lines(model: FleetModel, found: Measured) -> list[Line]:
    """What the median agent needs all of, and how often all of it was there."""
    chain = median_chain(_running(model))
    if chain is None:
        return []
    names: list[Cell] = []
    for provider in chain.providers:
        names += ([word(" > ", Role.DIM)] if names else []) + [said(provider, Role.STRONG, 64)]
    first = (
        word("the median agent needs ", Role.DIM),
        *names,
        word(f"   {counted(chain.agents, 'agent')} just these", Role.DIM),
    )
    day, week = _shares(chain, model, found.day), _shares(chain, model, found.week)
    both = together(day.values())
    second: list[Cell] = [word("all of them at once ", Role.DIM), _share(both), word(" in 24 h, ", Role.DIM)]
    second += [_share(together(week.values())), word(" in 7 d", Role.DIM)]
    missing = [name for name, share in day.items() if share is None]
    if missing:
        second.append(said(f"   not measured: {', '.join(missing)}", Role.DIM))
    elif both is not None and both < 1 and len(day) > 1:
        worst = min(day, key=lambda name: (day[name] or 0.0, name))
        second += [said(f"   {worst} costs most: {share_text(day[worst])}", Role.WARN)]
    return [first, tuple(second)]


def summary(model: FleetModel, found: Measured, now: datetime) -> Line:
    """The line above the table."""
    providers = {status.provider for status in model.statuses.values()}
    bad = sum(1 for status in model.statuses.values() if is_bad(status, now))
    tried = sum(reach.tried for reach in found.day.values())
    return (
        word(f"{counted(len(providers), 'provider')}, {counted(len(model.statuses), 'source')}   "),
        word(f"{bad} not read now" if bad else "all read", Role.STALE if bad else Role.GOOD),
        word(f"   measured by our own readings: {tried} in 24 h", Role.DIM),
    )


def stack_detail(model: FleetModel, key: str, found: Measured, *, at_most: int = _LAST_FAILURES) -> list[Line]:
    """Each source of the provider under the cursor, what is apart from `down`, what is held, and what failed last."""
    one = next((standing for standing in fleet_standings(model) if row_key(standing) == key), None)
    if one is None:
        return []
    lines = [line for source in one.sources for line in _source_lines(source, found)]
    lines.append((word("holds   ", Role.DIM), word(held_words(one)), word(_whose(model, one), Role.DIM)))
    failures = [failure for failure in found.failures if failure.source in one.sources][:at_most]
    lines.extend(
        (
            word("failed  ", Role.DIM),
            word(f"{failure.at.astimezone(UTC):%d %b %H:%M}Z ", Role.DIM),
            word(failure.failure_class.value, Role.BAD),
            said(f" {failure.source} {failure.operation}: {failure.text}"),
        )
        for failure in failures
    )
    if not failures:
        lines.append((word("failed  ", Role.DIM), word("nothing on record in 7 d", Role.GOOD)))
    return lines


def _whose(model: FleetModel, one: Standing) -> str:
    loose = sum(1 for key in model.loose if _is_of(model.resources.get(key), one))
    unclaimed = f", {loose} of it claimed by no agent" if loose else ""
    return f"   {counted(one.agents, 'agent')} on it{unclaimed}   enter shows them in FLEET"


def _is_of(resource: Resource | None, one: Standing) -> bool:
    return resource is not None and resource.provider == one.provider and resource.layer is one.layer


def _source_lines(source: SourceName, found: Measured) -> list[Line]:
    day, week = found.day.get(source, NO_READING), found.week.get(source, NO_READING)
    first: list[Cell] = [word("source  ", Role.DIM), said(source, Role.STRONG, 64)]
    if not day.samples:
        first.append(word("  no reading in 24 h that says anything", Role.UNKNOWN))
    else:
        first += [word("  24 h "), _share(day.availability), word(f" of {counted(day.samples, 'reading')}")]
        first.append(word(f" over {fine((day.up_ms + day.down_ms) // 1000)} watched", Role.DIM))
    if week.samples:
        first += [word("   7 d "), _share(week.availability), word(f" of {week.samples}", Role.DIM)]
    if day.mean_ms is not None:
        slow = f"   answers in {latency_text(day.mean_ms)}, {latency_text(day.latency_max_ms)} at most"
        first.append(word(slow, Role.DIM))
    lines: list[Line] = [tuple(first)]
    if apart := _apart(day, found.classes.get(source, Counter())):
        lines.append(apart)
    return lines


def _apart(day: Reach, classes: Counter[FailureClass]) -> Line | None:
    """What failed in 24 h by class; what is not `down` is named as what it is."""
    if not classes:
        return None
    words = [f"{failure_class.value} {count}" for failure_class, count in classes.most_common()]
    cells: list[Cell] = [word("        failed in 24 h: ", Role.DIM), word(", ".join(words), Role.WARN)]
    notes = [f"{day.hasty} by our own haste"] if day.hasty else []
    notes += [f"{day.refused} by a refused key or account"] if day.refused else []
    if notes:
        cells.append(word(f"   not counted as down: {', '.join(notes)}", Role.DIM))
    return tuple(cells)


def stack_rows(model: FleetModel, found: Measured, now: datetime) -> list[dict[str, Any]]:
    """`stack --json`: one element per layer and provider; a share that nobody measured is null."""

    def figures(reach: Reach) -> dict[str, Any]:
        share = reach.availability
        return {
            "availability": None if share is None else round(share, 6),
            "samples": reach.samples,
            "answered": reach.answered,
            "down": reach.down,
            "rate_limited": reach.hasty,
            "refused": reach.refused,
            "watched_s": (reach.up_ms + reach.down_ms) // 1000,
            "latency_mean_ms": None if reach.mean_ms is None else round(reach.mean_ms),
            "latency_max_ms": reach.latency_max_ms if reach.answered else None,
        }

    return [
        {
            "layer": one.layer.value if one.layer else None,
            "provider": one.provider,
            "sources": list(one.sources),
            "state": state_of(model, one, now).value,
            "agents": one.agents,
            "held": {kind.value: count for kind, count in sorted(one.held.items())},
            "last_24h": figures(reach_of(found.day, one.sources)),
            "last_7d": figures(reach_of(found.week, one.sources)),
        }
        for one in fleet_standings(model)
    ]
