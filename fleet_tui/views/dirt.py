"""Work that is nowhere else, in words: one cell per row of a plan, and a line where more is to be said."""

from collections.abc import Iterator
from typing import Any

from fleet_tui.domain.dirt import Dirt, DirtState, looking
from fleet_tui.domain.plan import Plan
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line, counted, said, word

NO_DIRT: dict[str, Any] = {"dirty": None, "dirty_files": None, "unpushed_commits": None, "branch": None}
"""Of a row that nobody has to look at."""


def dirt_cell(dirt: Dirt | None) -> Cell:
    """`!! 3 files, 1 commit`, `clean`, `dirty? unknown`, `looking`; `-` for a row without a directory here."""
    if dirt is None:
        return word("-", Role.DIM)
    match dirt.state:
        case DirtState.LOOKING:
            return word("looking", Role.WAIT)
        case DirtState.UNKNOWN:
            return word("dirty? unknown", Role.WARN)
        case DirtState.DIRTY:
            return word(f"!! {_counts(dirt)}", Role.BAD)
        case DirtState.CLEAN:
            return said(dirt.why or "clean", Role.GOOD)


def _counts(dirt: Dirt) -> str:
    parts: list[str] = []
    more = "+" if dirt.more else ""
    if dirt.files:
        parts.append(f"{dirt.files}{more} {'file' if dirt.files == 1 else 'files'}")
    if dirt.commits:
        parts.append(f"{dirt.commits}{more} {'commit' if dirt.commits == 1 else 'commits'}")
    return ", ".join(parts)


def dirt_lines(plan: Plan, shown: int) -> Iterator[Line]:
    """What stands under the rows: why somebody has to think, row by row, the worst first."""
    label = word(f"{'dirty':<7}", Role.DIM)
    if looking(plan.dirt):
        yield (label, word("looking for work that is nowhere else; until that is known it counts as dirty", Role.WAIT))
        return
    names = {r.key: r.name or r.key.id for r in plan.targets}
    bad = [(key, dirt) for key, dirt in plan.dirt if dirt.state is not DirtState.CLEAN]
    for key, dirt in sorted(bad, key=lambda one: (one[1].state is not DirtState.DIRTY, names.get(one[0], "")))[:shown]:
        if dirt.state is DirtState.DIRTY:
            branch = f" on {dirt.branch}" if dirt.branch else ""
            what = f"{_files(dirt)}{branch}; the directory stays as it is"
            yield (label, said(f"{names[key]}: {what}", Role.BAD))
        else:
            yield (label, said(f"{names[key]}: unknown, {dirt.why}", Role.WARN))
    if len(bad) > shown:
        yield (label, word(f"and {len(bad) - shown} more", Role.WARN))


def _files(dirt: Dirt) -> str:
    more = "or more " if dirt.more else ""
    parts: list[str] = []
    if dirt.files:
        parts.append(f"{counted(dirt.files, f'{more}changed or untracked file')}")
    if dirt.commits:
        parts.append(f"{counted(dirt.commits, f'{more}commit')} that no remote has")
    return " and ".join(parts)


def dirt_row(dirt: Dirt | None) -> dict[str, Any]:
    """The same for `--json`. Counts of what is not known are null."""
    if dirt is None:
        return dict(NO_DIRT)
    known = dirt.state in {DirtState.CLEAN, DirtState.DIRTY}
    return {
        "dirty": dirt.state.value,
        "dirty_files": dirt.files if known else None,
        "unpushed_commits": dirt.commits if known else None,
        "branch": dirt.branch or None,
    }
