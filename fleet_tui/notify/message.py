"""One message about many items: safe to draw wherever it ends up, freed of secrets, short."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fleet_tui.config.notify import Shape
from fleet_tui.config.redact import redact
from fleet_tui.config.secret import Secret
from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.attention import Severity
from fleet_tui.domain.text import safe_line

LINES: Final = 10
"""What more items than these say is a count."""
LINE_CHARACTERS: Final = 160
_NTFY_PRIORITY: Final = {Severity.CRIT: 5, Severity.HIGH: 4, Severity.MED: 3, Severity.LOW: 2}
_SLACK: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Every text in it is one safe line."""

    fleet: str
    title: str
    lines: tuple[str, ...]
    severity: Severity
    causes: tuple[str, ...]


def message(fleet: str, items: Sequence[Judged], secrets: Iterable[Secret] = ()) -> Message:
    """Say what needs somebody, the worst first; `items` is not empty."""
    known = tuple(secrets)
    worst = min((one.item.severity for one in items), key=lambda severity: severity.rank)
    lines = [f"{one.item.severity.value.upper()} {one.item.subject} {one.item.text}" for one in items[:LINES]]
    if len(items) > LINES:
        lines.append(f"and {len(items) - LINES} more: fleet-tui attention")
    count = "1 thing needs" if len(items) == 1 else f"{len(items)} things need"
    return Message(
        fleet=safe_line(fleet, 64),
        title=safe_line(f"fleet {fleet}: {count} you ({worst.value})", LINE_CHARACTERS),
        lines=tuple(safe_line(redact(line, known), LINE_CHARACTERS) for line in lines),
        severity=worst,
        causes=tuple(one.item.id for one in items),
    )


def body(said: Message, shape: Shape, topic: str = "") -> dict[str, Any]:
    """What is posted as JSON. `topic` is ntfy's."""
    match shape:
        case Shape.NTFY:
            return {
                "topic": topic,
                "title": said.title,
                "message": "\n".join(said.lines),
                "priority": _NTFY_PRIORITY[said.severity],
            }
        case Shape.SLACK:
            return {"text": "\n".join((said.title, *said.lines)).translate(_SLACK)}
        case Shape.JSON:
            return {
                "fleet": said.fleet,
                "title": said.title,
                "severity": said.severity.value,
                "items": list(said.lines),
                "ids": list(said.causes),
            }
