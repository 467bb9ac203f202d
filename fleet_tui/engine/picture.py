"""What the collector believes of one source: the rows as they are stored, and what the last listing said of each."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.phase import BURNING, ENDED, Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.watch import Watch
from fleet_tui.engine.schedule import Load

Facts = tuple[Any, ...]

facts_of: Final[Callable[[Resource], Facts]] = attrgetter(
    "incarnation",
    "generation",
    "name",
    "phase.phase",
    "phase.since",
    "phase.raw",
    "phase.confirmed",
    "agent",
    "claimed_by",
    "assignment.owner",
    "assignment.team",
    "assignment.task",
    "assignment.parent",
    "labels",
    "region",
    "created_at",
    "ends_at",
    "rate",
    "capabilities",
    "observes_work",
    "detail",
    "provider",
)
"""Everything that makes a row another row, flat: comparing these is four times as fast as comparing resources.

`phase.evidence` is not among them: saying the same thing in other words changes nothing.
"""
id_of: Final[Callable[[Resource], str]] = attrgetter("key.id")


Deeds = Mapping[tuple[Kind, str, str], datetime]
"""Kind, id and incarnation of what we did something to, and when."""
NO_DEEDS: Final[Deeds] = MappingProxyType({})
DEEDS_KEPT: Final = timedelta(hours=2)
"""Far more than a reading takes, and more than the hour by which a wall clock may be set forward meanwhile."""


def recent(deeds: Deeds, now: datetime) -> Deeds:
    """Those that may still have to explain something."""
    return {deed: at for deed, at in deeds.items() if now - at < DEEDS_KEPT} if deeds else deeds


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPicture:
    """One kind of one source. `rows` holds ended ones too; `listed` what the last listing named, as it named it."""

    rows: Mapping[str, Resource] = field(default_factory=lambda: MappingProxyType[str, Resource]({}))
    listed: Mapping[str, Resource] = field(default_factory=lambda: MappingProxyType[str, Resource]({}))
    empty_polls: int = 0
    """Complete listings in a row that named nothing although something was there."""
    alive: int = 0
    running: bool = False

    def told_since(self, id_: str) -> datetime | None:
        """Since when a row is in its phase by the provider's own word; None where only we say so."""
        listed = self.listed.get(id_)
        return listed.phase.since if listed is not None else None

    def live(self) -> list[Resource]:
        return [r for r in self.rows.values() if r.phase.phase not in ENDED]


def kind_picture(rows: Mapping[str, Resource], listed: Mapping[str, Resource]) -> KindPicture:
    """A picture of these rows, counted once."""
    phases = Counter(map(_phase_of, rows.values()))
    return KindPicture(
        rows=rows,
        listed=listed,
        alive=sum(count for phase, count in phases.items() if phase not in ENDED),
        running=any(phase in _RUNNING for phase in phases),
    )


def replaced_rows(known: KindPicture, changed: Iterable[Resource], listed: Mapping[str, Resource]) -> KindPicture:
    """The picture with other rows under ids that it knows; counted anew only where a phase is another one."""
    fresh = {row.key.id: row for row in changed}
    rows = {**known.rows, **fresh}
    if any(known.rows[id_].phase.phase is not row.phase.phase for id_, row in fresh.items()):
        return replace(kind_picture(rows, listed), empty_polls=known.empty_polls)
    return replace(known, rows=rows, listed=listed)


_phase_of: Final[Callable[[Resource], Phase]] = attrgetter("phase.phase")
_RUNNING: Final = BURNING - {Phase.IDLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One source. Replaced as a whole, and only after the store took what changed."""

    source: SourceName
    status: SourceStatus
    kinds: Mapping[Kind, KindPicture]
    watches: tuple[Watch, ...] = ()
    vitals: Mapping[tuple[Kind, str], Vitals] = field(
        default_factory=lambda: MappingProxyType[tuple[Kind, str], Vitals]({})
    )
    heard: tuple[Vitals, ...] = ()
    """What the last listing measured, as it was handed in."""
    order: tuple[Resource, ...] = ()
    """The rows of the last complete listing, as they were handed in, in their order."""
    swept_at: datetime | None = None
    """When rows were last compared one by one and old ended ones let go."""
    known_before: bool = False
    """A reading succeeded at some time, so that a new row is news."""
    killed: Deeds = field(default_factory=lambda: NO_DEEDS)
    """What an action of ours set out to end, and when."""
    seen_gone: Deeds = field(default_factory=lambda: NO_DEEDS)
    """The same of what the provider said is gone, when an action looked."""

    def rows(self) -> Iterable[Resource]:
        for kind in self.kinds.values():
            yield from kind.rows.values()

    def row(self, kind: Kind, id_: str) -> Resource | None:
        known = self.kinds.get(kind)
        return None if known is None else known.rows.get(id_)

    def with_rows(self, changed: Iterable[Resource]) -> "Picture":
        """The picture with rows of ours laid over what was listed."""
        by_kind: dict[Kind, dict[str, Resource]] = {}
        for row in changed:
            by_kind.setdefault(row.key.kind, {})[row.key.id] = row
        kinds = dict(self.kinds)
        for kind, rows in by_kind.items():
            known = kinds.get(kind, KindPicture())
            kinds[kind] = replace(kind_picture({**known.rows, **rows}, known.listed), empty_polls=known.empty_polls)
        return replace(self, kinds=kinds)


def picture_of(
    status: SourceStatus, rows: Iterable[Resource], watches: tuple[Watch, ...], *, known_before: bool
) -> Picture:
    """The picture that the store holds, before the first reading of this collector."""
    by_kind: dict[Kind, dict[str, Resource]] = {}
    for row in rows:
        by_kind.setdefault(row.key.kind, {})[row.key.id] = row
    return Picture(
        source=status.name,
        status=status,
        kinds={kind: kind_picture(known, {}) for kind, known in by_kind.items()},
        watches=watches,
        known_before=known_before,
    )


def load_of(kinds: Iterable[KindPicture]) -> Load:
    """Whether anything runs or at least lives."""
    known = tuple(kinds)
    return Load(running=any(kind.running for kind in known), alive=any(kind.alive for kind in known))
