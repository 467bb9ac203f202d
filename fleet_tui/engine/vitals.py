"""Which measurements moved enough to be told, so that an idle fleet writes nothing. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from fleet_tui.domain.identity import Kind
from fleet_tui.domain.resource import Vitals
from fleet_tui.engine.picture import Picture

_CPU_STEP: Final = 1.0
_MEMORY_STEP: Final = 0.02
_SIGNAL_STEP: Final = timedelta(seconds=10)


def moved_vitals(
    picture: Picture, fresh: Iterable[Vitals]
) -> tuple[tuple[Vitals, ...], Mapping[tuple[Kind, str], Vitals]]:
    """The vitals that moved enough to be told, and all that are known then."""
    moved: list[Vitals] = []
    known = picture.vitals
    for vitals in fresh:
        before = known.get((vitals.key.kind, vitals.key.id))
        if before is None or _moved(before, vitals):
            moved.append(_newest_signal(before, vitals))
    if not moved:
        return (), known
    return tuple(moved), {**known, **{(v.key.kind, v.key.id): v for v in moved}}


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
