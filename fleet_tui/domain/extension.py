"""How far an end may be moved at once."""

from typing import Final

from fleet_tui.domain.filter import FilterError, duration_s

LONGEST_S: Final = 24 * 3600
"""A longer life is decided anew every day."""


def extension_s(text: str) -> int:
    """How long from now an end is moved to, like `2h`. Raises FilterError."""
    seconds = duration_s(text)
    if not 0 < seconds <= LONGEST_S:
        raise FilterError("at most 24h, and more than nothing")
    return seconds
