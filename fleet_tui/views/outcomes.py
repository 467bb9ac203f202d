"""What became of an order: one line per row, while it runs and when it is settled."""

from collections.abc import Sequence
from datetime import datetime

from fleet_tui.domain.outcome import Done, Failed, Outcome, Refused
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views.ages import fine_age
from fleet_tui.views.as_json import outcome_words
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line, said, word


def outcome_role(outcome: Outcome | None) -> Role:
    match outcome:
        case None:
            return Role.WAIT
        case Done():
            return Role.GOOD
        case Refused():
            return Role.WARN
        case Failed():
            return Role.BAD


def outcome_line(record: ActionRecord, now: datetime) -> Line:
    """`kill ci-fix-07 (e2b): done`, `kill train (modal): refused, gone: ...`, `kill x (e2b): accepted 3s ago`."""
    name = Cell(name_cell(record.name or record.target.key.id), Role.STRONG)
    start = (word(f"{record.verb} "), name, Cell(name_cell(f" ({record.target.key.source}): ", 80), Role.DIM))
    verdict, reason = outcome_words(record.outcome)
    if verdict is None:
        asked = fine_age(record.submitted_at, now)
        doing = "under way" if record.state is ActionState.STARTED else "accepted"
        return (*start, word(f"{doing}, asked {asked} ago", Role.WAIT))
    because = said(f", {reason}" if reason else "", Role.DIM)
    return (*start, word(verdict, outcome_role(record.outcome)), because)


def outcome_lines(records: Sequence[ActionRecord], now: datetime) -> list[Line]:
    """All rows of one order, failures and refusals first: those are what a person has to see."""
    ordered = sorted(records, key=lambda record: (_urgency(record.outcome), record.action_id))
    return [outcome_line(record, now) for record in ordered]


def _urgency(outcome: Outcome | None) -> int:
    match outcome:
        case Failed():
            return 0
        case Refused():
            return 1
        case None:
            return 2
        case Done():
            return 3


def summary(records: Sequence[ActionRecord]) -> SafeText:
    """`kill: 2 done, 1 refused, 1 under way`."""
    verbs = sorted({record.verb.value for record in records})
    counts = {"done": 0, "refused": 0, "failed": 0, "under way": 0}
    for record in records:
        counts[outcome_words(record.outcome)[0] or "under way"] += 1
    said_counts = ", ".join(f"{count} {label}" for label, count in counts.items() if count)
    return SafeText(f"{'+'.join(verbs)}: {said_counts or 'nothing'}")


def settled(records: Sequence[ActionRecord]) -> bool:
    return all(record.outcome is not None for record in records)
