"""Usage lines in words: what was used, when, for how much, who says so, and whether it counts."""

from collections.abc import Iterable
from datetime import UTC

from fleet_tui.domain.money import Basis
from fleet_tui.domain.usage import Origin, UsageLine
from fleet_tui.views.amounts import marked, sign
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import Line, said, word

_ORIGINS = {
    Origin.VENDOR_REPORT: "vendor report",
    Origin.PROVIDER_METER: "provider meter",
    Origin.RATE_CARD: "rate card",
}


def usage_lines(lines: Iterable[UsageLine]) -> list[Line]:
    """Newest first; several origins of one fact are all there, and only one of them is in the totals."""
    ordered = sorted(lines, key=lambda line: (line.start, line.line_id), reverse=True)
    if not ordered:
        return [(word("no usage line is known, which is not the same as no cost", Role.DIM),)]
    return [_line(line) for line in ordered]


def _line(line: UsageLine) -> Line:
    start, end = line.start.astimezone(UTC), line.end.astimezone(UTC)
    amount = (
        "unpriced"
        if line.amount_micro is None
        else sign(line.currency, marked(line.amount_micro, {line.basis}, places=6))
    )
    subject = f"{line.subject.source} {line.subject.id or 'account'}"
    return (
        word(f"{start:%H:%M}-{end:%H:%M}  ", Role.DIM),
        word(f"{line.side:<7}"),
        said(f"{amount:>16}  ", Role.UNKNOWN if line.basis is Basis.UNPRICED else Role.MONEY),
        word(f"{line.basis:<10}{_ORIGINS[line.origin]:<16}", Role.DIM),
        said(f"{line.quantity} {line.unit}  {subject}"),
    )
