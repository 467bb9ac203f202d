"""Judges from time to time what no single reading can tell: idle, stuck, what should not exist, what it costs."""

from typing import Final

from fleet_tui.engine.surroundings import Surroundings

EVERY_S: Final = 30.0


class Verdicts:
    """Looks at all sources together."""

    every_s: float = EVERY_S

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def look(self) -> None:
        """Judge once."""
