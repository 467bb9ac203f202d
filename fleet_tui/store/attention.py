"""Acknowledgements, which any console writes, and notices, which the collector writes; each in one transaction."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Word, acknowledged
from fleet_tui.domain.attention import Item
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.store import audit, schema
from fleet_tui.store.codecs import text
from fleet_tui.store.codecs_attention import (
    acknowledgement_of,
    acknowledgement_row,
    channel_of,
    channel_row,
    notice_of,
    notice_row,
)
from fleet_tui.store.sql import select, upsert

AGAIN: Final = "opened again"
"""What the audit calls a word that holds for no time: what was said before it holds no more."""
_ACKNOWLEDGE = upsert("acknowledgements", ("cause",), (*schema.ACKNOWLEDGEMENT[1:], "revision"))
_ACKNOWLEDGED = select(schema.ACKNOWLEDGEMENT, "acknowledgements", "WHERE cause = ?")
_CHANNEL = upsert("channels", ("name",), (*schema.CHANNEL[1:], "revision"))
_CHANNELS = select(schema.CHANNEL, "channels", "ORDER BY name")
_NOTICE = upsert("notices", ("channel", "cause"), schema.NOTICE[2:])
_NOTICES = select(schema.NOTICE, "notices")


def acknowledge(
    connection: sqlite3.Connection, revision: int, items: Sequence[Item], dealt: Dealt, word: Word
) -> tuple[Acknowledgement, ...]:
    """Judge each item against the word that stands, and keep the new one with its line in the audit."""
    kept: list[Acknowledgement] = []
    for item in items:
        row = connection.execute(_ACKNOWLEDGED, (text(item.cause),)).fetchone()
        before = None if row is None else acknowledgement_of(row)
        ack = acknowledged(item, dealt, before, by=word.actor, now=word.now, until=word.until, why=word.why)
        keep(connection, revision, ack, f"{item.subject} {item.text}", host=word.host, via=word.via)
        kept.append(ack)
    return tuple(kept)


def keep(
    connection: sqlite3.Connection, revision: int, ack: Acknowledgement, about: str, *, host: str, via: str
) -> None:
    """Keep one word about a cause, and that it was said."""
    connection.execute(_ACKNOWLEDGE, (*acknowledgement_row(ack), revision))
    ends = ack.until is not None and ack.until <= ack.at
    until = f", until {ack.until:%Y-%m-%d %H:%M}Z" if ack.until is not None and not ends else ""
    audit.append(
        connection,
        audit.Entry(
            at=ack.at,
            actor=ack.by,
            host=host,
            via=via,
            what=AGAIN if ends else ack.dealt.value,
            target=ack.cause.replace("\x1f", "/"),
            reason=f"{about}{until}",
            why=ack.why,
        ),
    )


def notices(connection: sqlite3.Connection) -> tuple[Notice, ...]:
    return tuple(notice_of(row) for row in connection.execute(_NOTICES).fetchall())


def channels(connection: sqlite3.Connection) -> tuple[ChannelStatus, ...]:
    return tuple(channel_of(row) for row in connection.execute(_CHANNELS).fetchall())


def keep_told(connection: sqlite3.Connection, revision: int, status: ChannelStatus, told: Sequence[Notice]) -> None:
    """How a channel fares, and what it was told."""
    connection.execute(_CHANNEL, (*channel_row(status), revision))
    connection.executemany(_NOTICE, [notice_row(notice) for notice in told])
