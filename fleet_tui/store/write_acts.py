"""Intents become actions, actions are started, attempted and settled; each step once."""

import sqlite3
from datetime import datetime

from fleet_tui.domain.action import ActionId, IntentId, Verb, action_id
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import Outcome, doubt
from fleet_tui.domain.record import ActionRecord, ActionState, HandOver, Wanted
from fleet_tui.ports import StoreError
from fleet_tui.store import audit, schema
from fleet_tui.store.codecs import moment, plain, text, us
from fleet_tui.store.codecs_acts import (
    action_of,
    action_row,
    hand_over_of,
    outcome_row,
    params_of,
    target_row,
    targets_of,
    wanted_of,
)
from fleet_tui.store.sql import insert, select

_ACTION = insert("actions", (*schema.ACTION, "revision"), otherwise="IGNORE")
_ACTIONS = select(schema.ACTION, "actions")
_ATTEMPT = insert("attempts", ("action_id", *schema.TARGET, "at"), otherwise="IGNORE")
_NEW_INTENTS = select(schema.INTENT, "intents", "WHERE accepted_at IS NULL ORDER BY id")
_WANTED = select(("id", *schema.WANTED), "wanted", "WHERE expires_at > ? ORDER BY id")
_LATE = select(schema.HAND_OVER, "hand_overs", "WHERE state = 'waiting' AND not_after < ?")


def new_intents(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM intents WHERE accepted_at IS NULL LIMIT 1").fetchone() is not None


def accept(connection: sqlite3.Connection, revision: int, now: datetime) -> tuple[ActionRecord, ...]:
    """One action per target of every new intent, in the order in which they were submitted."""
    rows = connection.execute(_NEW_INTENTS).fetchall()
    records = tuple(record for row in rows for record in _records(row))
    connection.executemany(_ACTION, [(*action_row(record), revision) for record in records])
    connection.executemany(
        "UPDATE intents SET accepted_at = ? WHERE intent_id = ?", [(us(now), row[0]) for row in rows]
    )
    return records


def _records(row: tuple[str, str, str, str, str, str, str, int, int, str]) -> tuple[ActionRecord, ...]:
    intent, verb, params, targets, actor, host, why, submitted_at, not_after, via = row
    intent_id = IntentId(plain(intent))
    return tuple(
        ActionRecord(
            action_id=action_id(intent_id, index),
            intent_id=intent_id,
            verb=Verb(verb),
            params=params_of(params),
            target=target,
            name=name,
            actor=plain(actor),
            host=plain(host),
            via=plain(via),
            why=plain(why),
            submitted_at=moment(submitted_at),
            not_after=moment(not_after),
        )
        for index, (target, name) in enumerate(targets_of(targets))
    )


def unsettled(connection: sqlite3.Connection) -> tuple[ActionRecord, ...]:
    rows = connection.execute(
        f"{_ACTIONS} WHERE state IN ('{ActionState.ACCEPTED}', '{ActionState.STARTED}') ORDER BY id"
    ).fetchall()
    return tuple(action_of(row) for row in rows)


def action(connection: sqlite3.Connection, wanted: ActionId) -> ActionRecord | None:
    row = connection.execute(f"{_ACTIONS} WHERE action_id = ?", (text(wanted),)).fetchone()
    return None if row is None else action_of(row)


def start(connection: sqlite3.Connection, revision: int, started: ActionId) -> None:
    connection.execute(
        "UPDATE actions SET state = ?, revision = ? WHERE action_id = ? AND state = ?",
        (ActionState.STARTED.value, revision, text(started), ActionState.ACCEPTED.value),
    )


def attempt(connection: sqlite3.Connection, tried: ActionId, target: Target, now: datetime) -> None:
    connection.execute(_ATTEMPT, (text(tried), *target_row(target), us(now)))


def attempted(connection: sqlite3.Connection, tried: ActionId, target: Target) -> bool:
    """Whether an effect of this action on this incarnation was about to be tried; the generation is not compared."""
    row = connection.execute(
        "SELECT 1 FROM attempts WHERE action_id = ? AND source = ? AND kind = ? AND rid = ? AND incarnation = ?",
        (text(tried), *target_row(target)[:4]),
    ).fetchone()
    return row is not None


def settle(connection: sqlite3.Connection, revision: int, settled: ActionId, outcome: Outcome, now: datetime) -> bool:
    """Outcome and audit together, once. False when it was settled before. Raises `StoreError` for an unknown action."""
    record = action(connection, settled)
    if record is None:
        raise StoreError(f"no action {settled} is known; nothing was recorded")
    if record.state is ActionState.SETTLED:
        return False
    row = outcome_row(outcome)
    connection.execute(
        "UPDATE actions SET state = ?, outcome = ?, reason = ?, detail = ?, flag = ?, settled_at = ?, revision = ? "
        "WHERE action_id = ?",
        (ActionState.SETTLED.value, *row, us(now), revision, text(settled)),
    )
    kind, reason, detail, _ = row
    audit.append(
        connection,
        audit.Entry(
            at=now,
            actor=record.actor,
            host=record.host,
            via=record.via,
            what=record.verb.value,
            target=str(record.target.key),
            incarnation=record.target.incarnation,
            outcome=kind or "",
            reason="; ".join(
                part for part in (": ".join(filter(None, (reason, plain(detail or "")))), doubt(outcome)) if part
            ),
            why=record.why,
            intent_id=record.intent_id,
            action_id=record.action_id,
        ),
    )
    return True


def wanted(connection: sqlite3.Connection, now: datetime) -> tuple[Wanted, ...]:
    rows = connection.execute(_WANTED, (us(now),)).fetchall()
    return tuple(wanted_of(row) for row in rows)


def waiting_hand_overs(connection: sqlite3.Connection, now: datetime) -> list[HandOver]:
    """Those whose term is over and that nobody confirmed."""
    rows = connection.execute(_LATE, (us(now),)).fetchall()
    return [hand_over_of(row) for row in rows]


def expire_hand_overs(connection: sqlite3.Connection, revision: int, now: datetime) -> None:
    for late in waiting_hand_overs(connection, now):
        connection.execute(
            "UPDATE hand_overs SET state = 'expired', revision = ? WHERE hand_over_id = ?",
            (revision, text(late.hand_over_id)),
        )
        audit.append(
            connection,
            audit.Entry(
                at=now,
                actor=late.asked_by,
                host="",
                via="collector",
                what="hand-over expired",
                target=f"{late.from_agent} -> {late.to_agent}",
                reason=f"nobody confirmed the task {late.task} in time",
            ),
        )
