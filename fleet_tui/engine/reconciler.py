"""Turns a reading into what it changed: pure, and only a complete reading may conclude that something is gone."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress, repeat
from operator import attrgetter, is_, is_not
from typing import Final

from fleet_tui.domain.identity import RUNS, Kind, Layer, ResourceKey
from fleet_tui.domain.phase import ENDED, Phase, PhaseFact
from fleet_tui.domain.reading import Listing, Reading, SourceStatus, stale_after_s
from fleet_tui.domain.resource import Event, Resource
from fleet_tui.domain.watch import Watch, extended
from fleet_tui.domain.work import is_verdict
from fleet_tui.engine.events import phase_event, row_event, source_event
from fleet_tui.engine.picture import KindPicture, Picture, facts_of, id_of, kind_picture, load_of, recent, replaced_rows
from fleet_tui.engine.schedule import cadence_s, next_due
from fleet_tui.engine.vitals import moved_vitals, of_the_living, unheard
from fleet_tui.ports import Observation

EMPTY_HELD_POLLS: Final = 3
"""So many complete but empty listings in a row are needed before all that was there counts as gone."""
ENDED_KEPT: Final = timedelta(days=7)
WATCH_KEPT: Final = timedelta(days=8)
_SWEEP_EVERY: Final = timedelta(minutes=10)
_SKEW_WORTH_TELLING_S: Final = 2.0


_kind_of: Final[Callable[[Resource], Kind]] = attrgetter("key.kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the schedule needs to know: the source's layer, its provider's pace, and a roll in [0, 1) for the jitter."""

    layer: Layer
    cadence_s: float
    roll: float


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What to write, and the picture to believe once it is written."""

    observation: Observation
    picture: Picture


@dataclass(frozen=True, slots=True)
class _KindChange:
    picture: KindPicture
    changed: tuple[Resource, ...] = ()
    gone: tuple[ResourceKey, ...] = ()
    events: tuple[Event, ...] = ()
    notes: tuple[str, ...] = ()
    held: bool = False


def reconcile(picture: Picture, reading: Reading, pace: Pace) -> Reconciled:
    """Compare a reading with what is known. Rows that did not change are not in the observation."""
    if reading.listing is None:
        return _failed(picture, reading, pace)
    listing = reading.listing
    now = reading.ended_at
    replaced = _replaced(picture, listing, now)
    if replaced is not None:
        changes = {kind: _replacement(picture, kind, rows, now) for kind, rows in sorted(replaced.items())}
    else:
        by_kind = _by_kind(listing)
        changes = {
            kind: _kind_change(picture, kind, by_kind.get(kind, ()), listing, now)
            for kind in sorted({*listing.kinds, *by_kind})
        }
    held = any(change.held for change in changes.values())
    kinds = {**picture.kinds, **{kind: change.picture for kind, change in changes.items()}}
    status = _good_status(picture, reading, pace, kinds, [n for c in changes.values() for n in c.notes], held=held)
    watches = _watches(picture, status, now) if listing.complete and not held else picture.watches
    vitals, known_vitals = moved_vitals(picture, unheard(picture, listing.vitals))
    back = (source_event(status, now, "source back"),) if picture.status.failures else ()
    observation = Observation(
        source=picture.source,
        at=now,
        status=status,
        watch=watches[-1] if watches and watches != picture.watches else None,
        changed=tuple(row for change in changes.values() for row in change.changed),
        gone=tuple(key for change in changes.values() for key in change.gone),
        vitals=vitals,
        events=(*back, *(event for change in changes.values() for event in change.events)),
    )
    after = replace(
        picture,
        status=status,
        kinds=kinds,
        watches=watches,
        vitals=known_vitals if replaced is not None else of_the_living(known_vitals, kinds),
        heard=listing.vitals,
        order=listing.resources if listing.complete and not any(c.notes for c in changes.values()) else (),
        swept_at=picture.swept_at if replaced is not None else now,
        known_before=True,
        killed=recent(picture.killed, now),
        seen_gone=recent(picture.seen_gone, now),
    )
    return Reconciled(observation, after)


def _replaced(picture: Picture, listing: Listing, now: datetime) -> Mapping[Kind, list[Resource]] | None:
    """The rows that are other objects than the last time, where the same keys are listed in the same order; else None.

    Looks at nothing but the addresses of what did not change: a listing of ten thousand costs half a millisecond.
    """
    before, after = picture.order, listing.resources
    swept = picture.swept_at is not None and timedelta() <= now - picture.swept_at < _SWEEP_EVERY
    if not (swept and before and listing.complete and len(before) == len(after)):
        return None
    replaced: dict[Kind, list[Resource]] = {}
    for index in compress(range(len(after)), map(is_not, before, after)):
        if before[index].key != after[index].key:
            return None
        replaced.setdefault(after[index].key.kind, []).append(after[index])
    return replaced


def _replacement(picture: Picture, kind: Kind, rows: Sequence[Resource], now: datetime) -> _KindChange:
    """The change of a kind of which everything is still listed."""
    known = picture.kinds[kind]
    touched = [row for row in rows if facts_of(known.listed[row.key.id]) != facts_of(row)]
    changed, events = _changed(picture, known, touched, now)
    listed = {**known.listed, **{row.key.id: row for row in touched}}
    after = replaced_rows(known, changed, listed)
    return _KindChange(picture=after, changed=tuple(changed), events=tuple(events))


def _by_kind(listing: Listing) -> Mapping[Kind, Sequence[Resource]]:
    if len(listing.kinds) == 1:
        (only,) = listing.kinds
        if all(map(is_, map(_kind_of, listing.resources), repeat(only))):
            return {only: listing.resources}
    by_kind: dict[Kind, list[Resource]] = {}
    for row in listing.resources:
        by_kind.setdefault(row.key.kind, []).append(row)
    return by_kind


def _kind_change(
    picture: Picture, kind: Kind, fresh: Sequence[Resource], listing: Listing, now: datetime
) -> _KindChange:
    complete, vendor_now = listing.complete, listing.server_time or now
    known = picture.kinds.get(kind, KindPicture())
    ids = list(map(id_of, fresh))
    notes: tuple[str, ...] = ()
    if len(set(ids)) != len(ids):
        fresh, notes = _newest_of_each(fresh, kind)
        ids = list(map(id_of, fresh))
    if complete and not fresh and known.empty_polls + 1 < EMPTY_HELD_POLLS and _unexplained(picture, known):
        return _held(known, kind)
    listed, touched = _touched(known.listed, ids, fresh)
    if not complete:
        listed = {**known.listed, **listed}
    changed, events = _changed(picture, known, touched, now)
    missing = _missing(known, listed) if complete else ()
    ended, gone, end_events = _vanished(picture, missing, now, vendor_now)
    after = replace(known, listed=listed, empty_polls=0 if complete or fresh else known.empty_polls)
    if changed or ended or gone:
        rows = {**known.rows, **{row.key.id: row for row in (*changed, *ended)}}
        for key in gone:
            del rows[key.id]
        after = kind_picture(rows, listed)
    return _KindChange(
        picture=after,
        changed=(*changed, *ended),
        gone=gone,
        events=(*events, *end_events),
        notes=notes,
    )


def _unexplained(picture: Picture, known: KindPicture) -> bool:
    """Whether an empty listing leaves out anything but what we ended and saw gone; an attempt explains nothing."""
    return any((row.key.kind, row.key.id, row.incarnation) not in picture.seen_gone for row in known.live())


def _held(known: KindPicture, kind: Kind) -> _KindChange:
    polls = known.empty_polls + 1
    rows = f"{known.alive} {kind.replace('_', ' ')} rows"
    note = f"listed nothing where {rows} were; held ({polls} of {EMPTY_HELD_POLLS})"
    return _KindChange(replace(known, empty_polls=polls), notes=(note,), held=True)


def _newest_of_each(fresh: Sequence[Resource], kind: Kind) -> tuple[Sequence[Resource], tuple[str, ...]]:
    newest: dict[str, Resource] = {}
    for row in fresh:
        other = newest.get(row.key.id)
        if other is None or _started(row) >= _started(other):
            newest[row.key.id] = row
    twice = len(fresh) - len(newest)
    return tuple(newest.values()), (f"{twice} {kind.replace('_', ' ')} rows were listed twice; the newest counts",)


def _started(row: Resource) -> float:
    started = row.created_at or row.phase.since
    return started.timestamp() if started else 0.0


def _touched(
    was: Mapping[str, Resource], ids: Sequence[str], fresh: Sequence[Resource]
) -> tuple[dict[str, Resource], list[Resource]]:
    """What the listing names now, and which of it says something else than the listing before.

    An adapter that hands in the same object for what did not change saves nearly all of the work.
    """
    listed = dict(zip(ids, fresh, strict=True))
    touched: list[Resource] = []
    # Without a tuple per row: ten thousand of those would call for the garbage collector.
    for id_ in tuple(compress(listed, map(is_not, map(was.get, listed), listed.values()))):
        before, row = was.get(id_), listed[id_]
        if before is not None and facts_of(before) == facts_of(row):
            # The older object is kept: it is the one that the stored row shares its parts with.
            listed[id_] = before
        else:
            touched.append(row)
    return listed, touched


def _changed(
    picture: Picture, known: KindPicture, touched: Iterable[Resource], now: datetime
) -> tuple[list[Resource], list[Event]]:
    changed: list[Resource] = []
    events: list[Event] = []
    for listed in touched:
        before = known.rows.get(listed.key.id)
        row = _settled(before, listed, now)
        if before is not None and facts_of(before) == facts_of(row):
            continue
        changed.append(row)
        if before is None:
            if picture.known_before:
                events.append(row_event(row, now, "appeared"))
        elif before.incarnation != row.incarnation:
            events.append(row_event(row, now, "replaced", f"{before.incarnation} is no more"))
        elif before.phase.phase is not row.phase.phase:
            events.append(phase_event(before, row, now))
    return changed, events


def _settled(before: Resource | None, listed: Resource, now: datetime) -> Resource:
    """The listed row with what a single listing cannot know: since when, and a verdict that still stands."""
    same_life = before is not None and before.incarnation == listed.incarnation
    if before is not None and same_life and _verdict_stands(before, listed):
        return replace(listed, phase=replace(before.phase, raw=listed.phase.raw))
    if listed.phase.since is not None:
        return listed
    if before is not None and same_life and before.phase.phase is listed.phase.phase:
        since = before.phase.since
    else:
        since = now if before is not None else None
    return replace(listed, phase=replace(listed.phase, since=since)) if since else listed


def _verdict_stands(before: Resource, listed: Resource) -> bool:
    """We called it idle or stuck; a listing that still says running takes nothing back, a new life or task does."""
    return (
        is_verdict(before.phase)
        and listed.phase.phase is Phase.RUNNING
        and before.generation == listed.generation
        and (before.assignment.task is None) == (listed.assignment.task is None)
    )


def _missing(known: KindPicture, listed: Mapping[str, Resource]) -> tuple[Resource, ...]:
    if known.rows.keys() == listed.keys():
        return ()
    return tuple(known.rows[id_] for id_ in known.rows.keys() - listed.keys())


def _vanished(
    picture: Picture, missing: Collection[Resource], now: datetime, vendor_now: datetime
) -> tuple[tuple[Resource, ...], tuple[ResourceKey, ...], tuple[Event, ...]]:
    """What runs leaves a final row, kept for 7 days; what does not run is simply no longer there."""
    ended: list[Resource] = []
    gone: list[ResourceKey] = []
    events: list[Event] = []
    for row in sorted(missing, key=id_of):
        if row.key.kind not in RUNS:
            gone.append(row.key)
            events.append(row_event(row, now, "removed"))
        elif row.phase.phase not in ENDED:
            final = replace(
                row, phase=end_of(row, picture.killed, now, vendor_now), rate=None, capabilities=frozenset()
            )
            ended.append(final)
            events.append(phase_event(row, final, now))
        elif row.phase.since is None or now - row.phase.since > ENDED_KEPT:
            gone.append(row.key)
    return tuple(ended), tuple(gone), tuple(events)


def end_of(
    row: Resource, killed: Mapping[tuple[Kind, str, str], datetime], now: datetime, vendor_now: datetime
) -> PhaseFact:
    """How a row that is no longer listed came to its end, by the best evidence there is.

    Whether its own end had come is a matter of the vendor's clock, whatever ours says.
    """
    raw = row.phase.raw
    if (row.key.kind, row.key.id, row.incarnation) in killed:
        return PhaseFact(phase=Phase.ENDED_KILLED, since=now, evidence="killed from here; no longer listed", raw=raw)
    if row.ends_at is not None and row.ends_at <= vendor_now:
        evidence = "its end had come; no longer listed"
        return PhaseFact(phase=Phase.ENDED_TTL, since=row.ends_at, evidence=evidence, raw=raw)
    if row.key.kind is Kind.PROCESS:
        # Whoever leaves an agent of their own has lost nothing: only what a runner held tells how it ended.
        evidence = "its process is gone; no runner held it, so how it ended is not known"
        return PhaseFact(phase=Phase.ENDED_OK, since=now, evidence=evidence, raw=raw, confirmed=False)
    return PhaseFact(phase=Phase.ENDED_LOST, since=now, evidence="no longer listed, nobody said why", raw=raw)


def _watches(picture: Picture, status: SourceStatus, now: datetime) -> tuple[Watch, ...]:
    gap = stale_after_s(max(picture.status.cadence_s, status.cadence_s))
    kept = tuple(span for span in picture.watches if now - span.end < WATCH_KEPT)
    return extended(kept, now, gap)


def _good_status(
    picture: Picture,
    reading: Reading,
    pace: Pace,
    kinds: Mapping[Kind, KindPicture],
    notes: Sequence[str],
    *,
    held: bool,
) -> SourceStatus:
    listing = reading.listing
    assert listing is not None  # noqa: S101 - the caller looked
    cadence = cadence_s(pace.layer, pace.cadence_s, load_of(kinds.values()))
    healthy = listing.complete and not held
    return replace(
        picture.status,
        cadence_s=cadence,
        last_try_at=reading.ended_at,
        last_ok_at=reading.ended_at,
        last_complete_at=reading.ended_at if healthy else picture.status.last_complete_at,
        next_due_at=next_due(reading.ended_at, cadence=cadence, failure=None, failures=0, roll=pace.roll),
        complete_streak=picture.status.complete_streak + 1 if healthy else 0,
        failures=0,
        failure=None,
        rows=sum(kind.alive for kind in kinds.values()),
        latency_ms=max(round((reading.ended_at - reading.started_at).total_seconds() * 1000), 0),
        clock_skew_s=_skew_s(reading),
        notes=(*listing.notes, *notes),
    )


def _skew_s(reading: Reading) -> float | None:
    """How far the vendor's clock is ahead of ours; its `Date` header is exact to a second."""
    if reading.listing is None or reading.listing.server_time is None:
        return None
    middle = reading.started_at + (reading.ended_at - reading.started_at) / 2
    skew = (reading.listing.server_time - middle).total_seconds()
    return round(skew, 1) if abs(skew) >= _SKEW_WORTH_TELLING_S else 0.0


def _failed(picture: Picture, reading: Reading, pace: Pace) -> Reconciled:
    """A reading that failed changes no row: it only says that, and when to try again."""
    before = picture.status
    failure = reading.failure
    failures = before.failures + 1
    status = replace(
        before,
        last_try_at=reading.ended_at,
        next_due_at=next_due(
            reading.ended_at, cadence=before.cadence_s, failure=failure, failures=failures, roll=pace.roll
        ),
        complete_streak=0,
        failures=failures,
        failure=failure,
        latency_ms=max(round((reading.ended_at - reading.started_at).total_seconds() * 1000), 0),
    )
    # One cause is told once, not at every retry.
    news = failure is not None and (before.failure is None or before.failure.cause != failure.cause)
    observation = Observation(
        source=picture.source,
        at=reading.ended_at,
        status=status,
        failures=(failure,) if failure is not None and news else (),
        events=(source_event(status, reading.ended_at, "source failed"),) if news else (),
    )
    return Reconciled(observation, replace(picture, status=status))
