"""Where one has been: views with filter, order and row, to go back and forth between, as in a browser."""

from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Filter
from fleet_tui.ui.keys.table import View

KEPT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A view as one stood in it. The row is known by its key; one that is gone is not replaced by another."""

    view: View
    filter: Filter
    cursor: str | None = None
    order: str = ""
    descending: bool = False
    faults_only: bool = False

    def same_rows(self, other: "Place") -> bool:
        """Whether both show the same rows in the same order, whatever the cursor stands on."""
        return (self.view, self.filter, self.order, self.descending, self.faults_only) == (
            other.view,
            other.filter,
            other.order,
            other.descending,
            other.faults_only,
        )


class Places:
    """The places behind and those ahead; going somewhere new forgets the ones ahead."""

    def __init__(self) -> None:
        self._behind: list[Place] = []
        self._ahead: list[Place] = []

    def leave(self, here: Place) -> None:
        """One goes somewhere else from here."""
        self._ahead.clear()
        if not (self._behind and self._behind[-1].same_rows(here)):
            self._behind.append(here)
            del self._behind[:-KEPT]
        else:
            self._behind[-1] = here

    def back(self, here: Place) -> Place | None:
        """The place before this one, or None."""
        return _step(self._behind, self._ahead, here)

    def forward(self, here: Place) -> Place | None:
        """The place that one went back from, or None."""
        return _step(self._ahead, self._behind, here)

    def last_view(self, here: Place) -> View | None:
        """The view that was shown before this one."""
        return next((place.view for place in reversed(self._behind) if place.view is not here.view), None)


def _step(start: list[Place], other: list[Place], here: Place) -> Place | None:
    while start:
        place = start.pop()
        if not place.same_rows(here):
            other.append(here)
            return place
    return None
