"""FAILURES: what failed by class, with the retry rule and the next step; which sources and agents fail now."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.failure import RULES, Failure, FailureClass
from fleet_tui.domain.phase import Phase, attention_rank
from fleet_tui.domain.reading import SourceStatus, state_at
from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views import row
from fleet_tui.views.ages import age, fine_age
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.detail import detail_lines, next_step
from fleet_tui.views.incidents import Told, incident_lines, incident_rows, incidents
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import SPACE, Line, TableRow, TableView, counted, said, word
from fleet_tui.views.sources import is_bad, nothing_to_show, source_words

FAILING: Final = frozenset({Phase.LOOPING, Phase.STUCK, Phase.BACKOFF, Phase.ENDED_FAILED, Phase.ENDED_LOST})

_CLASSES: Final = (
    Column(name="CLASS", width=13, priority=0),
    Column(name="EVENTS", width=6, align=Align.RIGHT, priority=1),
    Column(name="RETRY", width=31, min_width=10, priority=4),
    Column(name="WHERE", width=14, min_width=8, priority=3),
    Column(name="LAST", width=4, priority=2),
    Column(name="NEXT STEP", width=30, min_width=16, priority=0, flexible=True),
)
_OPEN: Final = (
    Column(name="WHAT", width=20, min_width=17, priority=0),
    Column(name="STATE", width=13, min_width=12, priority=0),
    Column(name="SINCE", width=5, priority=2),
    Column(name="WHY", width=30, min_width=12, priority=0, flexible=True),
    Column(name="NEXT STEP", width=34, min_width=24, priority=3, flexible=True),
)
_PLACES: Final = 3
_MOST_LINES: Final = 200
SOURCE: Final = "source "
AGENT: Final = "agent "
"""How keys begin of rows that are about one."""


def classes_table(failures: Iterable[Failure], now: datetime) -> TableView:
    """One row per class that occurred in the window, the most frequent first."""
    by_class: dict[FailureClass, list[Failure]] = {}
    for failure in failures:
        by_class.setdefault(failure.failure_class, []).append(failure)
    rows = [
        TableRow(key=failure_class.value, cells=_class_cells(failure_class, found, now))
        for failure_class, found in sorted(by_class.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return TableView(columns=_CLASSES, rows=tuple(rows), empty=SafeText("no failure was recorded in this window"))


def _class_cells(failure_class: FailureClass, found: Sequence[Failure], now: datetime) -> tuple[Cell, ...]:
    rule = RULES[failure_class]
    places = sorted({failure.source for failure in found})
    more = f" +{len(places) - _PLACES}" if len(places) > _PLACES else ""
    return (
        word(failure_class.value, Role.BAD),
        word(str(len(found))),
        word(rule.retry.value, Role.DIM),
        said(", ".join(places[:_PLACES]) + more),
        word(age(max(failure.at for failure in found), now)),
        word(rule.next_step),
    )


class Window(StrEnum):
    """How far back failures are looked at."""

    HOUR = "1 h"
    DAY = "24 h"
    WEEK = "7 d"

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return {Window.HOUR: timedelta(hours=1), Window.DAY: timedelta(hours=24), Window.WEEK: timedelta(days=7)}[self]


def open_incidents(model: FleetModel, failures: Iterable[Failure]) -> tuple[Told, ...]:
    """Incidents of these failures and of the agents that fail now."""
    return incidents(model, failures, [agent.handle for agent in _failing(model)])


def open_table(
    model: FleetModel, now: datetime, *, agents_at_most: int | None = None, told: Sequence[Told] = ()
) -> TableView:
    """What fails at this moment: incidents, sources, agents, those who need a person most first; last what is over."""
    sources = [
        TableRow(key=f"{SOURCE}{status.name}", cells=_source_cells(model, status.name, now))
        for status in sorted(_bad_sources(model, now), key=lambda status: status.name)
    ]
    failing = _failing(model)
    failing.sort(key=lambda agent: (attention_rank(agent.phase), agent.handle))
    agents = [
        TableRow(key=f"{AGENT}{agent.handle}", cells=_agent_cells(model, agent, now))
        for agent in failing[:agents_at_most]
    ]
    still, over = (incident_rows([one for one in told if one.over is gone], now) for gone in (False, True))
    statuses = model.statuses.values()
    read = any(status.last_ok_at is not None for status in statuses)
    empty = SafeText("no source and no agent fails now") if read else nothing_to_show(statuses, now)[0]
    return TableView(columns=_OPEN, rows=(*still, *sources, *agents, *over), empty=empty)


def _bad_sources(model: FleetModel, now: datetime) -> list[SourceStatus]:
    return [status for status in model.statuses.values() if is_bad(status, now)]


def _failing(model: FleetModel) -> list[Agent]:
    return [a for a in model.fleet.values() if a.lead is not None and a.lead.phase.phase in FAILING]


def _source_cells(model: FleetModel, name: str, now: datetime) -> tuple[Cell, ...]:
    status = next(s for s in model.statuses.values() if s.name == name)
    words = source_words(status, now)
    failure = status.failure
    return (
        said(f"source {name}", Role.STRONG),
        word(state_at(status, now).value.upper(), words.role),
        word(age(status.last_ok_at, now)),
        said(f"{failure.operation}: {failure.text}" if failure else "no reading came in time"),
        word(RULES[failure.failure_class].next_step if failure else "fleet-tui collect --status", Role.DIM),
    )


def _agent_cells(model: FleetModel, agent: Agent, now: datetime) -> tuple[Cell, ...]:
    phase = agent.lead.phase if agent.lead else None
    return (
        Cell(name_cell(agent.handle if agent.claimed else agent.name), Role.STRONG),
        Cell(SafeText(row.state_text(model, agent, now)), phase_role(agent.phase)),
        word(age(phase.since if phase else None, now)),
        said(phase.evidence if phase else ""),
        said(next_step(model, agent, now), Role.DIM),
    )


def failure_lines(failures: Iterable[Failure]) -> list[Line]:
    """The events themselves, newest first."""
    newest = sorted(failures, key=lambda failure: failure.at, reverse=True)[:_MOST_LINES]
    return [
        (
            word(f"{failure.at.astimezone(UTC):%H:%M:%S} ", Role.DIM),
            word(failure.failure_class.value, Role.BAD),
            SPACE,
            said(f"{failure.source} {failure.operation}: {failure.text}"),
            word(f" ({failure.status})" if failure.status else "", Role.DIM),
            said(f" request {failure.request_id}" if failure.request_id else "", Role.DIM),
        )
        for failure in newest
    ]


def story_of(
    model: FleetModel, key: str, failures: Sequence[Failure], told: Sequence[Told], now: datetime
) -> list[Line]:
    """What is known of a row of the table of what fails now."""
    if (found := next((one for one in told if one.key == key), None)) is not None:
        return incident_lines(model, found)
    if key.startswith(SOURCE):
        name = key.removeprefix(SOURCE)
        its = [failure for failure in failures if failure.source == name]
        return failure_lines(its) or [(word("its failures are older than the window: w looks further back", Role.DIM),)]
    agent = model.fleet.get(key.removeprefix(AGENT))
    return [] if agent is None else detail_lines(model, agent, now)


def summary(
    model: FleetModel,
    failures: Sequence[Failure],
    now: datetime,
    *,
    window: Window = Window.DAY,
    at_most: int | None = None,
    incidents_open: int = 0,
) -> Line:
    """The line above the tables."""
    sources, agents = len(_bad_sources(model, now)), len(_failing(model))
    newest = max((failure.at for failure in failures), default=None)
    last = f", the last {fine_age(newest, now)} ago" if newest else ""
    return (
        word(f"{'>=' if at_most == len(failures) else ''}{counted(len(failures), 'failure')}", Role.STRONG),
        word(f" in {window.value}{last}   ", Role.STRONG),
        word(counted(incidents_open, "open incident"), Role.BAD if incidents_open else Role.DIM),
        word("   "),
        word(
            f"failing now: {counted(sources, 'source')}, {counted(agents, 'agent')}",
            Role.BAD if sources or agents else Role.GOOD,
        ),
    )
