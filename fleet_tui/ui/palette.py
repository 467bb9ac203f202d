"""What the palette finds: commands, themes and agents by name, best first. Pure."""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.fuzzy import fuzzy_best
from fleet_tui.ui.commands import Command, Takes

FOUND_AT_MOST: Final = 50
LOOKED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the palette: either a command line, or an agent to go to."""

    name: str
    help: str
    key: str = ""
    names: tuple[str, ...] = ()
    """What it is found by."""
    line: str = ""
    unfinished: bool = False
    """The line needs a word that is typed on the command line."""
    handle: str | None = None


def entries_of(every: Iterable[Command], themes: Iterable[str]) -> tuple[Entry, ...]:
    """Every command of the one table, and every theme."""
    commands = [
        Entry(
            name=command.name,
            help=command.help,
            key=command.key,
            names=command.names,
            line=command.name,
            unfinished=command.takes in {Takes.IDS, Takes.WORD},
        )
        for command in every
        if command.name != "palette"
    ]
    return (
        *commands,
        *(
            Entry(name=f"theme {one}", help="draw in its colours", names=(one, f"theme {one}"), line=f"theme {one}")
            for one in themes
        ),
    )


def found_steps(
    letters: str, entries: Sequence[Entry], agents: Iterable[str], name_of: Callable[[str], str]
) -> Generator[None, None, tuple[Entry, ...]]:
    """What the letters could mean, in steps: commands as they stand without any; agents only with some."""
    if not letters.strip():
        return tuple(entries)
    scored: list[tuple[int, Entry]] = []
    for entry in entries:
        value = fuzzy_best(letters, entry.names)
        if not value and letters.casefold() in entry.help.casefold():
            value = 1
        if value:
            scored.append((value, entry))
    found: list[tuple[int, str]] = []
    handles = list(agents)
    for begin in range(0, len(handles), LOOKED_AT_ONCE):
        some = handles[begin : begin + LOOKED_AT_ONCE]
        found += [(value, handle) for handle in some if (value := fuzzy_best(letters, (name_of(handle),)))]
        yield
    found.sort(key=lambda one: -one[0])
    scored += [
        (value, Entry(name=name_of(handle), help="go to this agent", handle=handle))
        for value, handle in found[:FOUND_AT_MOST]
    ]
    scored.sort(key=lambda one: -one[0])
    return tuple(entry for _, entry in scored[:FOUND_AT_MOST])
