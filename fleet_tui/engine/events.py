"""How the engine words what it saw happen. An event's id is made of its facts: told twice, it is told once."""

from datetime import datetime

from fleet_tui.domain.phase import short
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Event, Resource


def row_event(row: Resource, at: datetime, type_: str, text: str = "") -> Event:
    """Something that happened to one resource."""
    return Event(
        event_id=f"{type_}:{row.key.packed()}:{row.incarnation}:{at.isoformat()}",
        at=at,
        source=row.key.source,
        key=row.key,
        agent=row.agent,
        type=type_,
        text=text,
    )


def phase_event(before: Resource, after: Resource, at: datetime) -> Event:
    """A row went from one phase to another."""
    text = f"{short(before.phase.phase)} -> {short(after.phase.phase)}: {after.phase.evidence}"
    return row_event(after, at, "phase", text)


def source_event(status: SourceStatus, at: datetime, type_: str) -> Event:
    """A source began to fail or came back."""
    return Event(
        event_id=f"{type_}:{status.name}:{at.isoformat()}",
        at=at,
        source=status.name,
        key=None,
        agent=None,
        type=type_,
        text=status.failure.text if status.failure else "",
    )
