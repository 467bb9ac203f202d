"""A bell for whoever shall be woken: it lets nobody who is at rest look without being told."""

from pathlib import Path

from typing_extensions import override

from fleet_tui.bell import Bell, bell_on
from fleet_tui.ui.feed import NET_S

_FOR_EVER_S = 3600.0


class OnlyTold(Bell):
    """The real bell on a file, but for the look that a feed at rest takes now and then in case it was not told."""

    def __init__(self, file: Path) -> None:
        self._bell = bell_on(file)

    @property
    @override
    def hears(self) -> bool:
        return self._bell.hears

    @override
    def wait(self, at_most_s: float) -> bool:
        return self._bell.wait(at_most_s if at_most_s < NET_S else _FOR_EVER_S)

    @override
    def ring(self) -> None:
        self._bell.ring()

    @override
    def close(self) -> None:
        self._bell.close()
