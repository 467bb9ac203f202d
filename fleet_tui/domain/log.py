"""A log as it is kept: lines that know their run, and the runs of one resource."""

from datetime import datetime

from fleet_tui.domain.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line, exactly as it came but for its length. `seq` grows from line to line of a store."""

    seq: int
    at: datetime | None
    """When it was written, as the provider says; None where it does not say."""
    read_at: datetime | None
    """When the collector read it, or by when it was written where that is known: no earlier than it was."""
    text: str
    generation: str = ""
    """Which run of the resource wrote it; empty where the provider does not tell its runs apart."""

    @property
    def moment(self) -> datetime | None:
        """The best that is known of when it was written."""
        return self.at or self.read_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRun:
    """The lines of one run that are kept, oldest run first in a `LogState`."""

    generation: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What is kept of one resource's log. `read_at` is when the collector last got something, or first got nothing."""

    read_at: datetime
    size_bytes: int
    runs: tuple[LogRun, ...] = ()
