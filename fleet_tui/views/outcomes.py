"""What became of an order: one line per row, while it runs and when it is settled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from fleet_tui.domain.outcome import Done, Failed, Outcome, Refused
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views.ages import fine_age
from fleet_tui.views.as_json import outcome_words
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, said, word
from fleet_tui.views.reassign import hand_over_words

MOST_ROWS: Final = 500
"""More rows than these nobody reads on a screen."""


def outcome_role(outcome: Outcome | None) -> Role:
    match outcome:
        case None:
            return Role.WAIT
        case Done(uncertain=uncertain):
            return Role.WARN if uncertain else Role.GOOD
        case Refused():
            return Role.WARN
        case Failed():
            return Role.BAD


def outcome_line(record: ActionRecord, now: datetime, model: FleetModel | None = None) -> Line:
    """`kill ci-fix-07 (e2b): done`, `kill train (modal gpu-2): refused, gone: ...`, `kill x (e2b): accepted 3s ago`.

    The agent comes first, as far as the model knows one, and what was its own name of the resource last.
    """
    key, own = record.target.key, record.name or record.target.key.id
    called = own if model is None else model.called(key, own)
    where = key.source if called == own else f"{key.source} {own}"
    name = Cell(name_cell(called), Role.STRONG)
    start = (word(f"{record.verb} "), name, Cell(name_cell(f" ({where}): ", 80), Role.DIM))
    verdict, reason = outcome_words(record.outcome)
    if verdict is None:
        asked = fine_age(record.submitted_at, now)
        doing = "under way" if record.state is ActionState.STARTED else "accepted"
        return (*start, word(f"{doing}, asked {asked} ago", Role.WAIT))
    because = said(f", {reason}" if reason else "", Role.DIM)
    return (*start, word(verdict, outcome_role(record.outcome)), because)


def outcome_lines(records: Sequence[ActionRecord], now: datetime, model: FleetModel | None = None) -> list[Line]:
    """All rows of one order, failures and refusals first: those are what a person has to see."""
    ordered = sorted(records, key=lambda record: (_urgency(record.outcome), record.action_id))
    return [outcome_line(record, now, model) for record in ordered]


def _urgency(outcome: Outcome | None) -> int:
    match outcome:
        case Failed():
            return 0
        case Refused() | Done(uncertain=True):
            return 1
        case None:
            return 2
        case Done():
            return 3


def summary(records: Sequence[ActionRecord], rows: int | None = None) -> SafeText:
    """`kill: 2 done, 1 refused`, and while some are open `kill: 2 done, 1 under way (2 of 3 settled)`.

    `rows` is how many were ordered: the collector takes them up one after the other.
    """
    verbs = sorted({record.verb.value for record in records})
    counts = {"done": 0, "refused": 0, "failed": 0, "under way": 0}
    for record in records:
        counts[outcome_words(record.outcome)[0] or "under way"] += 1
    total = max(rows or 0, len(records))
    counts["under way"] += total - len(records)
    said_counts = ", ".join(f"{count} {label}" for label, count in counts.items() if count)
    told = SafeText(f"{'+'.join(verbs)}: {said_counts or 'nothing'}")
    if total <= 1 or not counts["under way"]:
        return told
    return SafeText(f"{told} ({total - counts['under way']} of {total} settled)")


def order_lines(model: FleetModel, mine: Mapping[str, int], now: datetime) -> list[Line]:
    """Every order that is known: what waits for a word first, then ours, then the newest, row by row."""
    by_intent: dict[str, list[ActionRecord]] = {}
    for record in model.actions.values():
        by_intent.setdefault(record.intent_id, []).append(record)
    orders = sorted(
        by_intent.items(), key=lambda one: (one[0] not in mine, -one[1][0].submitted_at.timestamp(), one[0])
    )
    lines: list[Line] = [
        (word("hand-over: ", Role.WAIT), hand_over_words(one, now), word("; m on either of them confirms it", Role.DIM))
        for one in sorted(model.hand_overs.values(), key=lambda one: (one.asked_at, one.hand_over_id))
        if one.state == "waiting" and one.not_after >= now
    ]
    shown = 0
    for intent_id, records in orders:
        if lines:
            lines.append((word(""),))
        lines.append(_order_line(records, mine.get(intent_id), now))
        listed = outcome_lines(records, now, model)[: max(0, MOST_ROWS - shown)]
        lines += listed
        shown += len(listed)
        if len(listed) < len(records):
            lines.append((word(f"and {len(records) - len(listed)} more rows: `fleet-tui audit` lists them", Role.DIM),))
            break
    return lines


def _order_line(records: Sequence[ActionRecord], rows: int | None, now: datetime) -> Line:
    first = records[0]
    who = "yours" if rows is not None else f"by {first.actor}, {first.via}"
    why = said(f"  why: {first.why}" if first.why else "", Role.DIM)
    asked = word(f"  {fine_age(first.submitted_at, now)} ago, ", Role.DIM)
    return (word(summary(records, rows), Role.STRONG), asked, said(who, Role.DIM), why)


def settled(records: Sequence[ActionRecord]) -> bool:
    return all(record.outcome is not None for record in records)
