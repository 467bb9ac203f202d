"""Rows for table tests: any number of agents whose cells are made when asked for."""

from collections.abc import Sequence

from fleet_tui.domain.text import safe_line
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Align, Column

COLUMNS = (
    Column(name="AGENT", width=14, min_width=12, priority=0),
    Column(name="KIND", width=7, priority=6),
    Column(name="WHERE", width=12, min_width=6, priority=2),
    Column(name="STATE", width=8, priority=0),
    Column(name="FOR", width=5, priority=1),
    Column(name="BEAT", width=5, priority=1),
    Column(name="$/H", width=6, align=Align.RIGHT, priority=1),
    Column(name="TODAY", width=7, align=Align.RIGHT, priority=4),
    Column(name="TEAM", width=8, priority=5),
    Column(name="TASK", width=20, min_width=10, priority=1, flexible=True),
)
_STATES = (("RUN", Role.RUN), ("LOOP", Role.FAIL), ("STUCK", Role.STUCK), ("IDLE", Role.IDLE), ("RUN", Role.RUN))


class Agents:
    """A row source over numbers; `state` overrides single cells."""

    def __init__(self) -> None:
        self.overrides: dict[tuple[str, int], Cell] = {}
        self.asked = 0
        self.gone: set[str] = set()

    def cells(self, key: str) -> Sequence[Cell]:
        """Cells for a key such as a00042."""
        if key in self.gone:
            raise KeyError(key)
        self.asked += 1
        number = int(key[1:])
        state, role = _STATES[number % len(_STATES)]
        drawn = [
            Cell(safe_line(f"agent-{number:05d}")),
            Cell(safe_line(("claude", "codex", "gpt")[number % 3]), Role.DIM),
            Cell(safe_line("e2b/us")),
            Cell(safe_line(state), role),
            Cell(safe_line(f"{number % 59}m")),
            Cell(safe_line(f"{number % 7}s")),
            Cell(safe_line(f"{number % 400 / 100:.2f}"), Role.MONEY),
            Cell(safe_line(f"{number % 3000 / 100:.2f}"), Role.MONEY),
            Cell(safe_line(("ci", "data", "ml")[number % 3]), Role.DIM),
            Cell(safe_line(f"fix flaky test #{number}")),
        ]
        return [self.overrides.get((key, column), cell) for column, cell in enumerate(drawn)]


def keys(count: int) -> list[str]:
    """a00000, a00001 .."""
    return [f"a{number:05d}" for number in range(count)]
