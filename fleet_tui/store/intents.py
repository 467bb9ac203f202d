"""What consoles and commands write: intents, overlays, wanted rows, notes, hand-overs; each durable and short."""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from typing_extensions import override

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt, Word
from fleet_tui.domain.action import Intent
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.attention import Item
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.record import HandOver, WantedKind
from fleet_tui.ports import IntentStore
from fleet_tui.store import attention, audit, schema
from fleet_tui.store.codecs import text, us
from fleet_tui.store.codecs_acts import hand_over_of, hand_over_row, intent_row, overlay_row
from fleet_tui.store.sql import insert, select, upsert
from fleet_tui.store.transaction import Writer

_INTENT = insert("intents", schema.INTENT, otherwise="IGNORE")
_OVERLAY = upsert("overlays", ("subject", "field"), ("value", "set_by", "at", "revision"))
_HAND_OVER = insert("hand_overs", (*schema.HAND_OVER, "revision"), otherwise="IGNORE")
_WANTED = insert("wanted", schema.WANTED, otherwise="REPLACE")
_TASK_OF = "SELECT value FROM overlays WHERE subject = ? AND field = ?"
_TASK_OF_EACH = (
    "UPDATE overlays SET value = ?, at = ?, revision = ? WHERE field = 'task' AND subject IN "
    "(SELECT source || char(31) || kind || char(31) || rid FROM resources WHERE agent = ?)"
)
_OTHERS = select(schema.HAND_OVER, "hand_overs", "WHERE from_agent = ? AND task = ? AND state = 'waiting'")
_HAND_OVERS = select(schema.HAND_OVER, "hand_overs", "WHERE hand_over_id = ?")


class SqliteIntentStore(IntentStore):
    """Opens the store at the first write. Usable from any thread, one call at a time."""

    def __init__(self, opened: Callable[[], Writer]) -> None:
        self._opened = opened
        self._lock = threading.Lock()
        self._held: Writer | None = None

    def close(self) -> None:
        with self._lock:
            if self._held is not None:
                self._held.close()
            self._held = None

    @property
    def _writer(self) -> Writer:
        with self._lock:
            if self._held is None:
                self._held = self._opened()
            return self._held

    @override
    def submit(self, intent: Intent, names: Mapping[ResourceKey, str]) -> None:
        """The same intent submitted again adds nothing."""
        row = intent_row(intent, names)
        self._writer.run(lambda connection, _: connection.execute(_INTENT, row), durable=True)

    @override
    def overlay(self, overlays: Sequence[Overlay], *, now: datetime, host: str, why: str) -> None:
        def lay(connection: sqlite3.Connection, revision: int) -> None:
            for overlay in overlays:
                _lay(connection, revision, overlay, now=now, host=host, why=why)

        if overlays:
            self._writer.run(lay, durable=True)

    @override
    def want(self, kind: WantedKind, subject: str, *, now: datetime, for_s: float) -> None:
        row = (kind.value, text(subject), us(now), us(now + timedelta(seconds=for_s)))
        self._writer.run(
            lambda connection, _: connection.execute(_WANTED, row),
            durable=False,
        )

    @override
    def note(self, what: str, *, actor: str, host: str, via: str, why: str, now: datetime) -> None:
        entry = audit.Entry(at=now, actor=actor, host=host, via=via, what=what, why=why)
        self._writer.run(lambda connection, _: audit.append(connection, entry), durable=True)

    @override
    def acknowledge(self, items: Sequence[Item], dealt: Dealt, word: Word) -> tuple[Acknowledgement, ...]:
        return self._writer.run(
            lambda connection, revision: attention.acknowledge(connection, revision, items, dealt, word), durable=True
        )

    @override
    def silence(self, ack: Acknowledgement, *, host: str, via: str) -> None:
        self._writer.run(
            lambda connection, revision: attention.keep(connection, revision, ack, ack.cause, host=host, via=via),
            durable=True,
        )

    @override
    def hand_over(self, hand_over: HandOver) -> None:
        """Keep one that waits, with its line in the audit; the same one again adds nothing."""

        def keep(connection: sqlite3.Connection, revision: int) -> None:
            kept = connection.execute(_HAND_OVER, (*hand_over_row(hand_over), revision))
            if kept.rowcount:
                entry = _hand_over_entry(hand_over, "asked", actor=hand_over.asked_by, host="", at=hand_over.asked_at)
                audit.append(connection, entry)

        self._writer.run(keep, durable=True)

    @override
    def confirm_hand_over(self, hand_over_id: str, *, actor: str, host: str, now: datetime) -> HandOver | None:
        return self._writer.run(
            lambda connection, revision: _confirm(connection, revision, hand_over_id, actor=actor, host=host, now=now),
            durable=True,
        )


def _lay(
    connection: sqlite3.Connection, revision: int, overlay: Overlay, *, now: datetime, host: str, why: str
) -> None:
    connection.execute(_OVERLAY, (*overlay_row(overlay), us(now), revision))
    value = "cleared" if overlay.value is None else f"= {overlay.value}"
    audit.append(
        connection,
        audit.Entry(
            at=now,
            actor=overlay.set_by,
            host=host,
            via="overlay",
            what="reassign",
            target=overlay.subject.replace("\x1f", "/"),
            reason=f"{overlay.field} {value}",
            why=why,
        ),
    )


def _hand_over_entry(hand_over: HandOver, word: str, *, actor: str, host: str, at: datetime) -> audit.Entry:
    return audit.Entry(
        at=at,
        actor=actor,
        host=host,
        via="hand-over",
        what=f"hand-over {word}",
        target=f"{hand_over.from_agent} -> {hand_over.to_agent}",
        reason=f"task {hand_over.task}",
    )


def _confirm(
    connection: sqlite3.Connection, revision: int, hand_over_id: str, *, actor: str, host: str, now: datetime
) -> HandOver | None:
    row = connection.execute(
        f"{_HAND_OVERS} AND state = 'waiting' AND not_after >= ?", (text(hand_over_id), us(now))
    ).fetchone()
    if row is None:
        return None
    waiting = hand_over_of(row)
    laid = connection.execute(_TASK_OF, (text(waiting.from_agent), AssignmentField.TASK.value)).fetchone()
    if laid is not None and laid[0] != text(waiting.task):
        # Somebody gave it another task, or none, since this was asked.
        return None
    for agent, task in ((waiting.from_agent, None), (waiting.to_agent, waiting.task)):
        overlay = Overlay(subject=agent, field=AssignmentField.TASK, value=task, set_by=actor)
        _lay(connection, revision, overlay, now=now, host=host, why=f"hand-over {hand_over_id}")
    # A word that lies over one resource lies over that of its agent, and would keep the task where it was.
    moved, stamp = text(waiting.task), (us(now), revision)
    connection.execute(f"{_TASK_OF_EACH} AND value = ?", (None, *stamp, text(waiting.from_agent), moved))
    connection.execute(_TASK_OF_EACH, (moved, *stamp, text(waiting.to_agent)))
    connection.execute(
        "UPDATE hand_overs SET state = 'confirmed', revision = ? WHERE hand_over_id = ?", (revision, row[0])
    )
    audit.append(connection, _hand_over_entry(waiting, "confirmed", actor=actor, host=host, at=now))
    for other in connection.execute(_OTHERS, (text(waiting.from_agent), text(waiting.task))).fetchall():
        connection.execute(
            "UPDATE hand_overs SET state = 'expired', revision = ? WHERE hand_over_id = ?", (revision, other[0])
        )
        audit.append(connection, _hand_over_entry(hand_over_of(other), "overtaken", actor=actor, host=host, at=now))
    return hand_over_of(connection.execute(_HAND_OVERS, (text(hand_over_id),)).fetchone())
