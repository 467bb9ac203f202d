"""Usage lines: what was used or charged, for one subject over one period, and which of several sources counts."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import AgentId, Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Side

_DAY_US: Final = 86_400_000_000


class Origin(IntEnum):
    """Who says so. For one subject and day the lowest number that covers it counts; the others are kept to compare."""

    VENDOR_REPORT = 1
    PROVIDER_METER = 2
    RATE_CARD = 3


class Role(StrEnum):
    COUNTED = "counted"
    COMPARED = "compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was used: a resource, or the account itself when `kind` and `id` are None."""

    source: SourceName
    layer: Layer
    kind: Kind | None = None
    id: str | None = None

    @property
    def key(self) -> ResourceKey | None:
        if self.kind is None or self.id is None:
            return None
        return ResourceKey(self.source, self.kind, self.id)

    def packed(self) -> str:
        return "\x1f".join((self.source, self.layer, self.kind or "", self.id or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLine:
    """One line of the ledger. `amount_micro` is None exactly when `basis` is `unpriced`.

    A line lies within one UTC day. `line_id` is the same whenever the same fact is read again, so that a
    repeat replaces nothing and adds nothing; a later, larger figure for it supersedes the earlier one.
    """

    line_id: str
    subject: Subject
    side: Side
    origin: Origin
    basis: Basis
    start: datetime
    end: datetime
    amount_micro: int | None
    currency: str
    quantity: str
    """A decimal in `unit`, as text."""
    unit: str
    agent: AgentId | None = None
    team: str | None = None
    task: str | None = None


def counting(ended_at: Mapping[Origin, int], day: int) -> Origin | None:
    """The origin that counts for one subject and day (days since 1970): the best one that spoke.

    `ended_at` says to when each origin speaks, in microseconds since 1970. A vendor's report that does not cover the
    whole day yet counts only where nobody else spoke.
    """
    unfinished = ended_at.get(Origin.VENDOR_REPORT, 0) < (day + 1) * _DAY_US
    best = ended_at.keys() - {Origin.VENDOR_REPORT} if unfinished else ended_at.keys()
    return min(best or ended_at, default=None)
