"""Who stands under whom: a forest in which every agent stands exactly once, whatever the parents say."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """What the tree needs of one agent. `handle` is unique; `ids` and `names` are what a parent's word may mean."""

    handle: str
    ids: tuple[str, ...] = ()
    """What it is called for certain: its agent id, or the id of the only thing it is."""
    names: tuple[str, ...] = ()
    """What it is only shown as; taken where no id answers, and then inferred."""
    team: str | None = None
    parent: str | None = None
    """The word that somebody said, as it was said."""


class Top(StrEnum):
    """Why an agent stands under no other."""

    LEADS = "leads"
    """Nobody named a parent, and others stand under it."""
    CYCLE = "cycle"
    """Its parents lead back to itself: the ring is cut here."""
    UNKNOWN_PARENT = "unknown parent"
    """It names one that nobody sees."""
    AMBIGUOUS_PARENT = "ambiguous parent"
    """It names one that several agents answer to."""
    ALONE = "alone"
    """Nobody named a parent, and nobody stands under it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An agent in the order of the tree; `depth` 0 stands on top."""

    handle: str
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The forest. Children, and agents of one top, stand in the order in which the agents came."""

    parents: Mapping[str, str]
    """Of each agent that stands under another: under whom."""
    children: Mapping[str, tuple[str, ...]]
    tops: Mapping[str, Top]
    """In order: those that lead, cycles, unknown and ambiguous parents, then the lone ones."""
    inferred: frozenset[str]
    """Agents whose parent's word fitted several and was taken for the one in their own team, or was only a name."""
    cycles: Mapping[str, tuple[str, ...]]
    """Of each agent at which a ring is cut: the ring, from it to its parent and on, each once."""
    words: Mapping[str, str]
    """The parent's word of those on top that have one."""

    def __contains__(self, handle: object) -> bool:
        return handle in self.tops or handle in self.parents

    def walk(self, tops: Iterable[str] | None = None) -> Iterator[Placed]:
        """Every agent below and at these tops, parents first; of the whole forest each exactly once."""
        waiting = [Placed(handle, 0) for handle in reversed(list(self.tops if tops is None else tops))]
        while waiting:
            placed = waiting.pop()
            yield placed
            deeper = placed.depth + 1
            waiting.extend(Placed(child, deeper) for child in reversed(self.children.get(placed.handle, ())))

    def subtree(self, handle: str) -> tuple[str, ...]:
        """An agent and everyone below it, parents first; nothing where nobody has that handle."""
        return tuple(placed.handle for placed in self.walk((handle,))) if handle in self else ()

    def ancestors(self, handle: str) -> tuple[str, ...]:
        """Everyone above it, the nearest first."""
        above: list[str] = []
        while (parent := self.parents.get(handle)) is not None:
            above.append(parent)
            handle = parent
        return tuple(above)

    def with_ancestors(self, handles: Iterable[str]) -> frozenset[str]:
        """These and everyone above them."""
        kept: set[str] = set()
        for handle in handles:
            here: str | None = handle
            while here is not None and here not in kept:
                kept.add(here)
                here = self.parents.get(here)
        return frozenset(kept)


@dataclass(frozen=True, slots=True)
class _Said:
    """What became of a parent's word."""

    parent: str | None = None
    inferred: bool = False
    ambiguous: bool = False


class _Names:
    """Who answers to which word."""

    def __init__(self, kin: Sequence[Kin]) -> None:
        self._handles = {one.handle: one for one in kin}
        self._by_id: dict[str, list[Kin]] = {}
        self._by_name: dict[str, list[Kin]] = {}
        for one in kin:
            for word in dict.fromkeys(one.ids):
                self._by_id.setdefault(word, []).append(one)
            for word in dict.fromkeys(one.names):
                self._by_name.setdefault(word, []).append(one)

    def meant_by(self, child: Kin) -> _Said:
        """A handle or an id first, then the agent of that id in the child's own team, then a mere name."""
        word = child.parent
        if word is None:
            return _Said()
        ids = self._by_id.get(word, ())
        if len(ids) <= 1 and word in self._handles:
            return _Said(word)
        found, inferred = ids or self._by_name.get(word, ()), not ids
        if len(found) > 1:
            inferred = True
            found = [one for one in found if one.team == child.team] or found
        if len(found) > 1:
            return _Said(ambiguous=True)
        return _Said(found[0].handle, inferred) if found else _Said()


def _rings(parents: Mapping[str, str], order: Iterable[str]) -> list[tuple[str, ...]]:
    """The cycles of the parents' words, each from the member that came first."""
    place = {handle: number for number, handle in enumerate(order)}
    seen: dict[str, str] = {}
    rings: list[tuple[str, ...]] = []
    for start in place:
        path: list[str] = []
        here: str | None = start
        while here is not None and here not in seen:
            seen[here] = start
            path.append(here)
            here = parents.get(here)
        if here is None or seen[here] != start:
            continue
        ring = path[path.index(here) :]
        first = ring.index(min(ring, key=place.__getitem__))
        rings.append((*ring[first:], *ring[:first]))
    return rings


def tree_of(kin: Iterable[Kin]) -> Tree:
    """Put agents under their parents. Costs in proportion to their number, however deep they stand."""
    listed = list({one.handle: one for one in kin}.values())
    names = _Names(listed)
    said = {one.handle: names.meant_by(one) for one in listed}
    parents = {handle: word.parent for handle, word in said.items() if word.parent is not None}
    cycles = {ring[0]: ring for ring in _rings(parents, (one.handle for one in listed))}
    for handle in cycles:
        del parents[handle]
    children: dict[str, list[str]] = {}
    for handle, parent in parents.items():
        children.setdefault(parent, []).append(handle)

    def top(one: Kin) -> Top:
        if one.handle in cycles:
            return Top.CYCLE
        if one.parent is not None:
            return Top.AMBIGUOUS_PARENT if said[one.handle].ambiguous else Top.UNKNOWN_PARENT
        return Top.LEADS if one.handle in children else Top.ALONE

    tops = {one.handle: top(one) for one in listed if one.handle not in parents}
    rank = list(Top)
    return Tree(
        parents=parents,
        children={parent: tuple(below) for parent, below in children.items()},
        tops=dict(sorted(tops.items(), key=lambda item: rank.index(item[1]))),
        inferred=frozenset(handle for handle, word in said.items() if word.inferred),
        cycles=cycles,
        words={one.handle: one.parent for one in listed if one.handle in tops and one.parent is not None},
    )


@dataclass(frozen=True, slots=True)
class Run:
    """Siblings beside each other that look alike: drawn as one row until it is opened."""

    stem: str
    members: tuple[str, ...]


RUN_AT_LEAST = 3
"""Fewer alike are shown one by one."""


def runs_of(
    siblings: Sequence[str], alike: Callable[[str], tuple[str, ...] | None], *, at_least: int = RUN_AT_LEAST
) -> list[str | Run]:
    """Siblings in their order, neighbours that are alike put together.

    `alike` gives what two have to share, its first member the stem of the name; None: never put together.
    """
    shown: list[str | Run] = []
    begin = 0
    while begin < len(siblings):
        look = alike(siblings[begin])
        end = begin + 1
        while look is not None and end < len(siblings) and alike(siblings[end]) == look:
            end += 1
        members = tuple(siblings[begin:end])
        if look is not None and len(members) >= at_least:
            shown.append(Run(look[0], members))
        else:
            shown.extend(members)
        begin = end
    return shown
