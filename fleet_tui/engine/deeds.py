"""Remembers, over a crash too, what we set out to end: a row that vanishes then was ended by us and not lost."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from fleet_tui.domain.identity import Kind, SourceName, Target
from fleet_tui.engine.picture import Deeds, Picture, recent
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import CollectorStore


def remember_attempt(store: CollectorStore, *, around: Surroundings, target: Target) -> datetime | None:
    """Note that an effect is about to be tried that would end it; when one was tried before. On the store's thread."""
    picture = around.pictures.get(target.key.source)
    if picture is None:
        return None
    killed = _with(picture.killed, target, around.clock.now())
    _keep(store, around, replace(picture, killed=killed))
    return picture.killed.get(_deed(target))


def forget_attempt(store: CollectorStore, *, around: Surroundings, target: Target, before: datetime | None) -> None:
    """Nothing was done after all: what ends it later was not us, unless we tried `before`. On the store's thread."""
    picture = around.pictures.get(target.key.source)
    if picture is not None:
        killed = {deed: at for deed, at in picture.killed.items() if deed != _deed(target)}
        _keep(store, around, replace(picture, killed=killed if before is None else {**killed, _deed(target): before}))


def remember_end(store: CollectorStore, *, around: Surroundings, target: Target) -> None:
    """Note that the provider itself said that it is gone. Runs on the store's thread."""
    picture = around.pictures.get(target.key.source)
    if picture is not None:
        seen_gone = _with(picture.seen_gone, target, around.clock.now())
        _keep(store, around, replace(picture, seen_gone=seen_gone))


def recalled_deeds(store: CollectorStore, name: SourceName) -> tuple[Deeds, Deeds]:
    """What an earlier collector tried to end, and what it saw gone. Blocks."""
    text = store.cursor(_cursor(name))
    if not text:
        return {}, {}
    tried, seen_gone = json.loads(text)
    return _unpacked(tried), _unpacked(seen_gone)


def _with(deeds: Deeds, target: Target, now: datetime) -> Deeds:
    return {**recent(deeds, now), _deed(target): now}


def _deed(target: Target) -> tuple[Kind, str, str]:
    return target.key.kind, target.key.id, target.incarnation


def _keep(store: CollectorStore, around: Surroundings, picture: Picture) -> None:
    store.keep_cursor(_cursor(picture.source), json.dumps([_packed(picture.killed), _packed(picture.seen_gone)]))
    around.pictures[picture.source] = picture


def _cursor(name: SourceName) -> str:
    return f"deeds:{name}"


def _packed(deeds: Deeds) -> list[list[str]]:
    return [[*deed, at.isoformat()] for deed, at in deeds.items()]


def _unpacked(rows: Iterable[Sequence[str]]) -> Deeds:
    return {(Kind(kind), id_, incarnation): datetime.fromisoformat(at) for kind, id_, incarnation, at in rows}
