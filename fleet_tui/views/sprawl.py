"""SPRAWL: what should not exist, by rule and by row, why we say so, since when, and what it costs a day."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.identity import unpacked
from fleet_tui.domain.money import amount_text
from fleet_tui.domain.sprawl import RULES, Finding, RuleName
from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views import row
from fleet_tui.views.ages import age, fine, fine_age
from fleet_tui.views.amounts import sign
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.detail import resource_words
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, TableView, counted, said, word
from fleet_tui.views.sources import is_bad, nothing_to_show

_RULES: Final = (
    Column(name="RULE", width=29, min_width=20, priority=0),
    Column(name="FOUND", width=5, align=Align.RIGHT, priority=0),
    Column(name="$/DAY", width=10, min_width=8, align=Align.RIGHT, priority=1),
    Column(name="OLDEST", width=6, priority=2),
    Column(name="MEANS", width=39, min_width=34, priority=4, flexible=True),
    Column(name="NEXT STEP", width=21, min_width=20, priority=3),
)
_FOUND: Final = (
    Column(name="RESOURCE", width=24, min_width=14, priority=0),
    Column(name="SOURCE", width=14, min_width=10, priority=4),
    Column(name="KIND", width=12, priority=6),
    Column(name="RULE", width=14, min_width=12, priority=2),
    Column(name="SINCE", width=5, priority=3),
    Column(name="$/DAY", width=9, min_width=7, align=Align.RIGHT, priority=1),
    Column(name="WHY WE SAY SO", width=30, min_width=14, priority=0, flexible=True),
)


def day_cost(findings: Iterable[Finding]) -> tuple[int, bool]:
    """Millionths a day over distinct resources, and whether something in it has no known cost.

    One resource that several rules found costs its money once.
    """
    dearest: dict[object, int | None] = {}
    for finding in findings:
        known = dearest.get(finding.subject)
        cost = finding.microusd_per_day
        dearest[finding.subject] = cost if known is None else max(known, cost or 0)
    return sum(cost or 0 for cost in dearest.values()), any(cost is None for cost in dearest.values())


def cost_text(findings: Iterable[Finding]) -> str:
    """`2.40~`, `>=2.40~` where a part is unknown, `?` where all of it is."""
    listed = list(findings)
    amount, partly = day_cost(listed)
    if partly and not amount:
        return "?"
    return f"{'>=' if partly else ''}{amount_text(amount)}~"


def _all(model: FleetModel) -> list[Finding]:
    return [finding for of_subject in model.findings.values() for finding in of_subject.values()]


def rules_table(model: FleetModel, now: datetime, *, low: bool = False) -> TableView:
    """Every rule, also those that found nothing: an operator wants to know what is looked for.

    On a `low` screen only those that found something.
    """
    by_rule: dict[RuleName, list[Finding]] = {rule: [] for rule in RULES}
    for finding in _all(model):
        by_rule[finding.rule].append(finding)
    rows = [
        TableRow(key=rule.value, cells=_rule_cells(rule, found, now))
        for rule, found in sorted(by_rule.items(), key=lambda item: (-day_cost(item[1])[0], -len(item[1]), item[0]))
        if found or not low
    ]
    return TableView(columns=_RULES, rows=tuple(rows))


def _rule_cells(name: RuleName, found: list[Finding], now: datetime) -> tuple[Cell, ...]:
    rule = RULES[name]
    role = Role.WARN if found else Role.DIM
    return (
        word(rule.title, role),
        word(str(len(found)), role),
        word(cost_text(found) if found else "-", Role.ESTIMATE if found else Role.DIM),
        word(age(min(f.since for f in found), now)) if found else word("-", Role.DIM),
        word(rule.means, Role.DIM),
        word(rule.proposal) if found else word("-", Role.DIM),
    )


def findings_table(model: FleetModel, now: datetime, *, rule: RuleName | None = None) -> TableView:
    """Every finding, or those of one rule; the dearest first."""
    listed = [finding for finding in _all(model) if rule is None or finding.rule is rule]
    listed.sort(key=lambda f: (-(f.microusd_per_day or 0), f.since, f.subject.packed(), f.rule))
    rows = [
        TableRow(key=f"{finding.rule}\x1f{finding.subject.packed()}", cells=_finding_cells(model, finding, now))
        for finding in listed
    ]
    return TableView(columns=_FOUND, rows=tuple(rows), empty=_nothing(model, now))


def _nothing(model: FleetModel, now: datetime) -> SafeText:
    """Nobody looked yet, or those who looked found nothing."""
    statuses = model.statuses.values()
    if all(status.last_complete_at is None for status in statuses):
        return nothing_to_show(statuses, now)[0]
    bad = sum(1 for status in statuses if is_bad(status, now))
    unread = f"; {bad} of {len(statuses)} sources are not read now" if bad else ""
    return SafeText(f"nothing is here that should not be, as far as anybody looked{unread}")


def _finding_cells(model: FleetModel, finding: Finding, now: datetime) -> tuple[Cell, ...]:
    key = finding.subject
    resource = model.resources.get(key)
    name = resource.name if resource is not None and resource.name else key.id
    stale = resource is not None and row.is_stale(model, resource, now)
    cost = finding.microusd_per_day
    return (
        Cell(name_cell(name, 64), Role.STRONG),
        Cell(name_cell(key.source + ("?" if stale else ""), 32), Role.STALE if stale else Role.PLAIN),
        word(key.kind.value, Role.DIM),
        word(finding.rule.value, Role.ORPHAN),
        word(age(finding.since, now)),
        word("?" if cost is None else f"{amount_text(cost)}~", Role.UNKNOWN if cost is None else Role.ESTIMATE),
        _why(finding),
    )


def _why(finding: Finding) -> Cell:
    return Cell(name_cell(finding.evidence, 256))


def finding_lines(model: FleetModel, key: str, now: datetime) -> list[Line]:
    """Why a finding stands there, since when, what it costs, what else was found, and what to do."""
    name, _, subject = key.partition("\x1f")
    found = model.findings.get(unpacked(subject), {})
    finding = found.get(RuleName(name))
    if finding is None:
        return []
    rule = RULES[finding.rule]
    cost = finding.microusd_per_day
    since = f"{finding.since.astimezone(UTC):%d %b %H:%M}Z, {fine_age(finding.since, now)} ago"
    lines: list[Line] = [
        (word("why     ", Role.DIM), said(finding.evidence, Role.STRONG), word(f"   {rule.title}: {rule.means}")),
        (word("since   ", Role.DIM), word(since), word(f"   found after {_grace(rule.grace_s)}", Role.DIM)),
        (
            word("costs   ", Role.DIM),
            word("? a day: no price is known" if cost is None else f"${amount_text(cost)}~ a day", Role.ESTIMATE),
            word("" if cost is None else f", ${amount_text(_so_far(finding, now))}~ since then", Role.DIM),
        ),
        (word("next    ", Role.DIM), word(rule.proposal, Role.STRONG)),
    ]
    if others := [RULES[other].title for other in found if other is not finding.rule]:
        lines.append((word("also    ", Role.DIM), word(", ".join(others), Role.WARN)))
    return [*lines, *_subject_lines(model, finding)]


def _subject_lines(model: FleetModel, finding: Finding) -> list[Line]:
    resource = model.resources.get(finding.subject)
    if resource is None:
        return []
    line: list[Cell] = [word("is      ", Role.DIM), said(resource_words(resource)), said(f"   id {resource.key.id}")]
    agent = model.agents.get(model.handle_of(resource.key) or "")
    if agent is not None and agent.claimed:
        line += [word("   of agent ", Role.DIM), Cell(model.names.of(agent.handle), Role.STRONG)]
    return [tuple(line)]


def _grace(grace_s: float) -> str:
    return f"3 complete readings and {fine(int(grace_s))} watched" if grace_s else "3 complete readings"


def _so_far(finding: Finding, now: datetime) -> int:
    lasted_s = max(0, int((now - finding.since).total_seconds()))
    return (finding.microusd_per_day or 0) * lasted_s // 86_400


def summary(model: FleetModel) -> Line:
    """The line above the tables."""
    found = _all(model)
    if not found:
        return (
            word("0 findings", Role.GOOD),
            word("   most rules watch a row for 30 minutes before they speak", Role.DIM),
        )
    cost = cost_text(found)
    return (
        word(f"{counted(len(found), 'finding')}   ", Role.STRONG),
        word(
            "? a day: no price is known" if cost == "?" else f"{sign('usd', cost)} a day to win back",
            Role.ESTIMATE,
        ),
        word("   nothing is removed without an order of yours", Role.DIM),
    )
