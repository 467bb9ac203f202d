"""Reads the fleet within the caller's transaction: whole in pieces, or what changed after a revision."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from fleet_tui.domain.acknowledgement import Acknowledgement
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import DayTotal, FleetDelta
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.phase import Phase, attention_rank
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord, HandOver
from fleet_tui.store import schema
from fleet_tui.store.codecs import key_of, plain, resource_of
from fleet_tui.store.codecs_acts import action_of, hand_over_of, overlay_of
from fleet_tui.store.codecs_attention import acknowledgement_of, channel_of
from fleet_tui.store.codecs_reading import finding_of, status_of, total_of, vitals_of
from fleet_tui.store.sql import select

T = TypeVar("T")
FIRST_ROWS = 200
"""What a whole load begins with: more than any screen has lines."""
_KEYS = len(schema.KEY)
_RID = schema.KEY.index("rid")
TOTAL_DAYS = 31
"""Days of running totals in a whole load, up to the newest one held."""


@dataclass(frozen=True, slots=True)
class Clock:
    revision: int
    horizon: int
    store_id: str


def clock(connection: sqlite3.Connection) -> Clock:
    row = connection.execute("SELECT revision, horizon, store_id FROM clock WHERE id = 1").fetchone()
    return Clock(*row)


def pieces(connection: sqlite3.Connection, chunk: int) -> Generator[FleetDelta]:
    """All of it: the first piece `whole` and with the sources, rows from the first piece on, the last one `last`.

    The first rows are those that need a person most, so that a screen is full of the right ones before all are here.
    """
    now = clock(connection)
    part = FleetDelta(store_id=now.store_id, revision=now.revision, last=False)
    held = replace(
        part,
        whole=True,
        statuses=_statuses(connection),
        overlays=_overlays(connection),
        overlays_changed=True,
    )
    room = min(FIRST_ROWS, chunk)
    first = connection.execute(_FIRST, (room,)).fetchall()
    if len(first) == room:
        yield replace(held, resources=tuple(map(resource_of, first)))
        held = part
        known = {row[:_KEYS] for row in first}
        ids = {row[_RID] for row in first}
        for rows in _chunks(connection, _RESOURCES, lambda row: row, chunk):
            yield replace(
                held,
                resources=tuple([resource_of(row) for row in rows if row[_RID] not in ids or row[:_KEYS] not in known]),
            )
    elif first:
        yield replace(held, resources=tuple(map(resource_of, first)))
        held = part
    for vitals in _chunks(connection, select(schema.VITALS, "vitals"), vitals_of, chunk):
        yield replace(held, vitals=vitals)
        held = part
    for totals in _chunks(connection, _TOTALS, total_of, chunk):
        yield replace(held, totals=totals)
        held = part
    yield replace(
        held,
        last=True,
        findings=_all(connection, select(schema.FINDING, "findings", _ALIVE), finding_of),
        actions=_actions(connection, 0),
        hand_overs=_hand_overs(connection, 0),
        acknowledgements=_acknowledgements(connection, 0),
        channels=_channels(connection, 0),
    )


def joined(parts: Iterator[FleetDelta]) -> FleetDelta:
    """The pieces of a whole load as one."""
    held = list(parts)
    return replace(
        held[0],
        last=True,
        resources=tuple(row for part in held for row in part.resources),
        vitals=tuple(row for part in held for row in part.vitals),
        totals=tuple(row for part in held for row in part.totals),
        findings=held[-1].findings,
        actions=held[-1].actions,
        hand_overs=held[-1].hand_overs,
        acknowledgements=held[-1].acknowledgements,
        channels=held[-1].channels,
    )


def since(connection: sqlite3.Connection, after: int, now: Clock) -> FleetDelta:
    """Every row with a revision greater than `after`, tombstones as what is gone."""
    if after == now.revision:
        return FleetDelta(store_id=now.store_id, revision=now.revision)
    resources = _after(connection, "resources", (*schema.RESOURCE, "gone_at"), after)
    sources = _after(connection, "sources", (*schema.STATUS, "gone_at"), after)
    findings = _after(connection, "findings", (*schema.FINDING, "gone_at"), after)
    overlays_changed = _any_overlay(connection, after)
    return FleetDelta(
        store_id=now.store_id,
        revision=now.revision,
        resources=tuple(resource_of(row[:-1]) for row in resources if row[-1] is None),
        gone=tuple(key_of(*row[:3]) for row in resources if row[-1] is not None),
        statuses=tuple(status_of(row[:-1]) for row in sources if row[-1] is None),
        gone_sources=tuple(SourceName(plain(row[0])) for row in sources if row[-1] is not None),
        vitals=tuple(vitals_of(row) for row in _after(connection, "vitals", schema.VITALS, after)),
        overlays=_overlays(connection) if overlays_changed else (),
        overlays_changed=overlays_changed,
        findings=tuple(finding_of(row[:-1]) for row in findings if row[-1] is None),
        gone_findings=tuple((row[0], key_of(*row[1:4]).packed()) for row in findings if row[-1] is not None),
        totals=_totals_after(connection, after),
        actions=_actions(connection, after),
        hand_overs=_hand_overs(connection, after),
        acknowledgements=_acknowledgements(connection, after),
        channels=_channels(connection, after),
    )


_ALIVE = "WHERE gone_at IS NULL"
_RANKS = " ".join(f"WHEN '{phase.value}' THEN {attention_rank(phase)}" for phase in Phase)
_NEED = f"CASE phase {_RANKS} END"
_RESOURCES = select(schema.RESOURCE, "resources", _ALIVE)
_FIRST = select(schema.RESOURCE, "resources", f"{_ALIVE} ORDER BY {_NEED}, rate_micro DESC, agent, rid LIMIT ?")
_RECENT = select(("max(day)",), "totals")
_TOTALS = select(schema.TOTAL, "totals", f"WHERE day > ({_RECENT}) - {TOTAL_DAYS}")


def _statuses(connection: sqlite3.Connection) -> tuple[SourceStatus, ...]:
    return _all(connection, select(schema.STATUS, "sources", "WHERE gone_at IS NULL"), status_of)


def _overlays(connection: sqlite3.Connection) -> tuple[Overlay, ...]:
    return _all(connection, select(schema.OVERLAY, "overlays"), overlay_of)


def _any_overlay(connection: sqlite3.Connection, after: int) -> bool:
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM overlays WHERE revision > ?)", (after,)).fetchone()[0])


def _totals_after(connection: sqlite3.Connection, after: int) -> tuple[DayTotal, ...]:
    return tuple(total_of(row) for row in _after(connection, "totals", schema.TOTAL, after))


def _actions(connection: sqlite3.Connection, after: int) -> tuple[ActionRecord, ...]:
    return tuple(action_of(row) for row in _after(connection, "actions", schema.ACTION, after))


def _hand_overs(connection: sqlite3.Connection, after: int) -> tuple[HandOver, ...]:
    return tuple(hand_over_of(row) for row in _after(connection, "hand_overs", schema.HAND_OVER, after))


def _acknowledgements(connection: sqlite3.Connection, after: int) -> tuple[Acknowledgement, ...]:
    rows = _after(connection, "acknowledgements", schema.ACKNOWLEDGEMENT, after)
    return tuple(acknowledgement_of(row) for row in rows)


def _channels(connection: sqlite3.Connection, after: int) -> tuple[ChannelStatus, ...]:
    return tuple(channel_of(row) for row in _after(connection, "channels", schema.CHANNEL, after))


def _after(connection: sqlite3.Connection, table: str, names: tuple[str, ...], after: int) -> list[Any]:
    return connection.execute(select(names, table, "WHERE revision > ? ORDER BY revision"), (after,)).fetchall()


def _all(connection: sqlite3.Connection, query: str, of: Callable[[Any], T]) -> tuple[T, ...]:
    return tuple(of(row) for row in connection.execute(query).fetchall())


def _chunks(connection: sqlite3.Connection, query: str, of: Callable[[Any], T], chunk: int) -> Iterator[tuple[T, ...]]:
    cursor = connection.execute(query)
    try:
        while rows := cursor.fetchmany(chunk):
            yield tuple(of(row) for row in rows)
    finally:
        cursor.close()
