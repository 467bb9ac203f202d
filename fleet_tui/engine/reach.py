"""What a listing says about its source being there."""

from fleet_tui.domain.reach import LISTING, Attempt, covered_ms
from fleet_tui.domain.reading import Reading, SourceStatus


def attempt_of(before: SourceStatus, reading: Reading) -> Attempt | None:
    """The attempt that a reading was; None where nothing was asked."""
    if reading.listing is None and reading.failure is None:
        return None
    return Attempt(
        source=reading.source,
        at=reading.ended_at,
        operation=LISTING,
        failure_class=reading.failure.failure_class if reading.failure is not None else None,
        latency_ms=max(round((reading.ended_at - reading.started_at).total_seconds() * 1000), 0),
        covered_ms=covered_ms(
            last_try_at=before.last_try_at,
            next_due_at=before.next_due_at,
            cadence_s=before.cadence_s,
            started_at=reading.started_at,
            at=reading.ended_at,
        ),
    )
