"""What a person searches lines for: a substring, or a regular expression behind `~`. Case does not matter."""

import re
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.pattern import INPUT_LIMIT, bounded_pattern
from fleet_tui.domain.text import SafeText

_REGEX: Final = "~"


@dataclass(frozen=True, slots=True)
class Search:
    """Finds what it looks for in text as it is drawn: what nobody can see is not found."""

    text: str
    pattern: re.Pattern[str]
    reach: int | None
    """A regular expression looks at so many characters of a line, so that none runs for minutes; None: all of it."""

    def spans(self, text: SafeText) -> list[tuple[int, int]]:
        """Where it stands, from left to right; a match of nothing is none."""
        end = len(text) if self.reach is None else min(self.reach, len(text))
        return [found.span() for found in self.pattern.finditer(text, 0, end) if found.end() > found.start()]

    def within(self, text: SafeText) -> bool:
        end = len(text) if self.reach is None else min(self.reach, len(text))
        return any(found.end() > found.start() for found in self.pattern.finditer(text, 0, end))


def search_for(typed: str) -> Search | None:
    """What was typed as a search; None where nothing was. Raises PatternError."""
    if not typed or typed == _REGEX:
        return None
    if typed.startswith(_REGEX):
        return Search(typed, bounded_pattern(typed.removeprefix(_REGEX)), INPUT_LIMIT)
    return Search(typed, re.compile(re.escape(typed), re.IGNORECASE), None)
