"""What somebody sees who opens the console for the first time: what it is, what was found, the ways on. Pure."""

from collections.abc import Iterable
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, fit_cells, safe_line

_WAYS: Final = (
    ("start an agent here", "fleet-tui run -- claude"),
    ("watch your accounts", "fleet-tui config init"),
    ("look around first", "fleet-tui demo"),
)
_LABEL_CELLS: Final = 21
_FOUND_ROWS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A usual variable that is set. Its value is nobody's business here."""

    variable: str
    provider: str
    watched: bool
    """It is looked at already; else fleet.toml has to name it first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """Nothing is configured, and nothing was ever seen."""

    found: tuple[Found, ...] = ()


def first_run_lines(first: FirstRun) -> tuple[SafeText, ...]:
    """A block of lines of one width, at most 58 cells, so that it stands in the middle of a small screen too."""
    lines = [
        "fleet-tui shows what your AI agents do, cost and leave",
        "behind. Nothing runs here yet that it knows.",
        "",
        *(f"{label:<{_LABEL_CELLS}}{command}" for label, command in _WAYS),
        "",
        *_found_lines(first.found),
        "",
        "? keys   : commands   q quit   it starts read-only",
    ]
    width = max(len(line) for line in lines)
    return tuple(fit_cells(safe_line(line), width) for line in lines)


def _found_lines(found: Iterable[Found]) -> list[str]:
    listed = sorted(found, key=lambda one: (not one.watched, one.variable))
    if not listed:
        return [f"{'keys found':<{_LABEL_CELLS}}none in the environment"]
    words = [f"{one.variable} {'watched' if one.watched else 'not used yet'}" for one in listed[:_FOUND_ROWS]]
    shown = [f"{'' if number else 'keys found':<{_LABEL_CELLS}}{text}" for number, text in enumerate(words)]
    more = len(listed) - _FOUND_ROWS
    return [*shown, f"{'':<{_LABEL_CELLS}}and {more} more"] if more > 0 else shown
