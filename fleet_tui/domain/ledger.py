"""A day's money taken apart: what each origin says of each subject, and which of them counts."""

from datetime import date, datetime

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.usage import Origin, Role, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """All lines of one day that have these headings in common. The counted ones of a side add up to its total."""

    day: date
    subject: Subject
    side: Side
    origin: Origin
    role: Role
    basis: Basis
    currency: str
    agent: str
    team: str
    amount_micro: int
    """0 where no line of it has a price."""
    lines: int
    until: datetime
    """When the last of them ended."""

    @property
    def source(self) -> SourceName:
        return self.subject.source

    @property
    def counts_micro(self) -> int:
        """What of it is in the total: nothing of what is only compared, and nothing that a flat plan covers."""
        return self.amount_micro if self.role is Role.COUNTED and self.basis is not Basis.PLAN else 0
