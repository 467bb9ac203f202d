"""Which measurements moved enough to be told, so that an idle fleet writes nothing. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import compress
from operator import is_not
from typing import Final

from fleet_tui.domain.identity import Kind
from fleet_tui.domain.resource import Vitals
from fleet_tui.engine.picture import KindPicture, Picture

_CPU_STEP: Final = 1.0
_MEMORY_STEP: Final = 0.02
_SIGNAL_STEP: Final = timedelta(seconds=10)


def unheard(picture: Picture, listed: Sequence[Vitals]) -> Iterable[Vitals]:
    """What a listing measured, but for what it said the last time with the very same objects."""
    if len(listed) != len(picture.heard):
        return listed
    return compress(listed, map(is_not, listed, picture.heard))


def moved_vitals(
    picture: Picture, fresh: Iterable[Vitals]
) -> tuple[tuple[Vitals, ...], Mapping[tuple[Kind, str], Vitals]]:
    """The vitals that moved enough to be told, and all that are known then."""
    moved: list[Vitals] = []
    known = picture.vitals
    for vitals in fresh:
        before = known.get((vitals.key.kind, vitals.key.id))
        after = _with_measures(before, vitals)
        if before is None or _moved(before, after):
            moved.append(_newest_signal(before, after))
    if not moved:
        return (), known
    return tuple(moved), {**known, **{(v.key.kind, v.key.id): v for v in moved}}


def of_the_living(
    known: Mapping[tuple[Kind, str], Vitals], kinds: Mapping[Kind, KindPicture]
) -> Mapping[tuple[Kind, str], Vitals]:
    """The vitals of what has not ended: a fleet whose boxes come and go must not pile up those of all that ever was."""
    if len(known) <= sum(kind.alive for kind in kinds.values()):
        return known
    living = {(kind, row.key.id) for kind, picture in kinds.items() for row in picture.live()}
    return {place: vitals for place, vitals in known.items() if place in living}


def _with_measures(before: Vitals | None, after: Vitals) -> Vitals:
    """A reading that measured nothing, but heard a signal, takes back no measure of another reading."""
    if before is None or after.cpu_percent is not None or after.memory_bytes is not None:
        return after
    return replace(after, cpu_percent=before.cpu_percent, memory_bytes=before.memory_bytes)


def _newest_signal(before: Vitals | None, after: Vitals) -> Vitals:
    """A reading that knows no signal, or an older one, takes none back."""
    if before is None or before.signal_at is None:
        return after
    if after.signal_at is None or after.signal_at < before.signal_at:
        return replace(after, signal_at=before.signal_at, signal_kind=before.signal_kind)
    return after


def _moved(before: Vitals, after: Vitals) -> bool:
    if (before.cpu_percent is None) != (after.cpu_percent is None):
        return True
    if (before.memory_bytes is None) != (after.memory_bytes is None):
        return True
    if after.signal_at is not None and (before.signal_at is None or after.signal_at - before.signal_at >= _SIGNAL_STEP):
        return True
    return abs((after.cpu_percent or 0.0) - (before.cpu_percent or 0.0)) >= _CPU_STEP or abs(
        (after.memory_bytes or 0) - (before.memory_bytes or 0)
    ) > _MEMORY_STEP * (before.memory_bytes or 0)
