"""Measurements are told when they moved; what one reading cannot know takes back nothing of another."""

from dataclasses import replace
from datetime import timedelta

from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import SignalKind, Vitals
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.vitals import moved_vitals, of_the_living, unheard
from tests.support.facts import NOW, key, resource

EMPTY = picture_of(SourceStatus(name=SourceName("e2b"), provider="e2b", cadence_s=5.0), (), (), known_before=True)
ACTIVE = Vitals(key=key("a"), at=NOW, signal_at=NOW, signal_kind=SignalKind.VENDOR_ACTIVITY)
MEASURED = Vitals(key=key("a"), at=NOW, cpu_percent=12.0, memory_bytes=2**30)


def after(picture: Picture, *fresh: Vitals) -> tuple[tuple[Vitals, ...], Picture]:
    moved, known = moved_vitals(picture, fresh)
    return moved, replace(picture, vitals=known)


def test_a_listing_that_knows_activity_alone_keeps_what_was_measured() -> None:
    _, seen = after(EMPTY, MEASURED)
    (told,), seen = after(seen, ACTIVE)
    assert (told.cpu_percent, told.memory_bytes, told.signal_at) == (12.0, 2**30, NOW)
    assert after(seen, ACTIVE)[0] == ()
    assert after(seen, MEASURED)[0] == ()


def test_a_little_is_not_told_and_more_is() -> None:
    _, seen = after(EMPTY, MEASURED)
    assert after(seen, replace(MEASURED, cpu_percent=12.9))[0] == ()
    assert after(seen, replace(MEASURED, cpu_percent=13.1))[0] != ()
    assert after(seen, replace(MEASURED, memory_bytes=2**30 + 2**24))[0] == ()
    assert after(seen, replace(MEASURED, memory_bytes=2**31))[0] != ()
    assert after(seen, replace(MEASURED, memory_bytes=None))[0] != ()


def test_an_older_signal_takes_no_newer_one_back() -> None:
    _, seen = after(EMPTY, ACTIVE)
    late = replace(MEASURED, signal_at=NOW - timedelta(minutes=1), signal_kind=SignalKind.CPU)
    (told,), _ = after(seen, late)
    assert (told.signal_at, told.signal_kind) == (NOW, SignalKind.VENDOR_ACTIVITY)


def test_the_very_same_measurements_are_not_looked_at_again() -> None:
    other = replace(ACTIVE, key=key("b"))
    seen = replace(EMPTY, heard=(ACTIVE, other))
    moved = replace(other, signal_at=NOW + timedelta(minutes=1))
    assert list(unheard(seen, (ACTIVE, moved))) == [moved]
    assert list(unheard(seen, (ACTIVE,))) == [ACTIVE]


def test_what_ended_keeps_no_vitals() -> None:
    rows = [resource("a"), resource("b", phase=Phase.ENDED_OK)]
    seen = picture_of(EMPTY.status, rows, (), known_before=True)
    known = {(Kind.SANDBOX, id_): replace(ACTIVE, key=key(id_)) for id_ in ("a", "b", "gone")}
    assert set(of_the_living(known, seen.kinds)) == {(Kind.SANDBOX, "a")}
    assert of_the_living(EMPTY.vitals, seen.kinds) is EMPTY.vitals
