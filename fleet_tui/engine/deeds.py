"""Remembers, over a crash too, what we set out to end: a row that vanishes then was ended by us and not lost."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.identity import Kind, SourceName, Target
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import CollectorStore

KEPT: Final = timedelta(hours=1)
Killed = Mapping[tuple[Kind, str, str], datetime]


def remember_kill(store: CollectorStore, *, around: Surroundings, target: Target) -> None:
    """Note it in the picture and in the store. Runs on the store's thread."""
    name = target.key.source
    picture = around.pictures.get(name)
    if picture is None:
        return
    now = around.clock.now()
    killed = {deed: at for deed, at in picture.killed.items() if now - at < KEPT}
    killed[target.key.kind, target.key.id, target.incarnation] = now
    store.keep_cursor(_cursor(name), _packed(killed))
    around.pictures[name] = replace(picture, killed=killed)


def recalled_kills(store: CollectorStore, name: SourceName) -> Killed:
    """What an earlier collector set out to kill. Blocks."""
    text = store.cursor(_cursor(name))
    if not text:
        return {}
    return {
        (Kind(kind), id_, incarnation): datetime.fromisoformat(at) for kind, id_, incarnation, at in json.loads(text)
    }


def _cursor(name: SourceName) -> str:
    return f"killed:{name}"


def _packed(killed: Killed) -> str:
    return json.dumps([[*deed, at.isoformat()] for deed, at in killed.items()])
