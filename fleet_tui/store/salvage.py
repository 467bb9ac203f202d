"""A damaged store is set aside with its -wal and -shm, after what is readable of acts and audit was copied over.

The new file is complete before the old one is moved, so that a crash at any point leaves one whole store to be found.
"""

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from fleet_tui.ports import StoreDamaged
from fleet_tui.store import audit, schema
from fleet_tui.store.codecs import Cells, us
from fleet_tui.store.connection import explained, open_writer
from fleet_tui.store.migrations import migrate
from fleet_tui.store.place import created
from fleet_tui.store.sql import insert, select

QUICK_CHECK_BYTES = 256 * 1024 * 1024
"""A larger store is checked by its first pages only: reading all of it would delay the start by many seconds."""

_KEPT: dict[str, Sequence[str]] = {
    "intents": (*schema.INTENT, "accepted_at"),
    "actions": schema.ACTION,
    "attempts": ("action_id", *schema.TARGET, "at"),
    "overlays": (*schema.OVERLAY, "at"),
    "hand_overs": schema.HAND_OVER,
    "acknowledgements": schema.ACKNOWLEDGEMENT,
    "notices": schema.NOTICE,
}
_STAMPED = frozenset({"actions", "overlays", "hand_overs", "acknowledgements"})
_SIDES = ("", "-wal", "-shm")


def check(path: Path) -> None:
    """Raise `StoreDamaged` where the file cannot be trusted."""
    try:
        with closing(open_writer(path, checkpoints=True)) as connection:
            rows = connection.execute("SELECT revision, token FROM clock WHERE id = 1").fetchall()
            answer = "ok"
            if path.stat().st_size <= QUICK_CHECK_BYTES:
                answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        raise StoreDamaged(f"{path} is damaged: {error}") from error
    if not rows or answer != "ok":
        raise StoreDamaged(f"{path} is damaged: {answer if rows else 'its clock is gone'}")


def finish_interrupted(path: Path, now: datetime) -> None:
    """Bring a setting aside that was cut short to its end. Under the collector lock and the schema lock."""
    fresh = _fresh(path)
    if path.exists():
        _remove(fresh)
        return
    # A -wal without its file would be played into whatever is created under that name.
    _move(path, _aside(path, now), ("-wal", "-shm"))
    if fresh.exists():
        fresh.rename(path)


def set_aside(path: Path, now: datetime) -> Path:
    """Put a new store in the place of a damaged one; give the damaged one's new name."""
    fresh, aside = _fresh(path), _aside(path, now)
    _remove(fresh)
    created(fresh)
    with closing(open_writer(fresh, checkpoints=True)) as new:
        try:
            new.execute("PRAGMA journal_mode = WAL").fetchall()
            migrate(new, store_id=uuid.uuid4().hex, now_us=us(now))
            with closing(_opened(path)) as old:
                _hold(old)
                _copy_all(old, new, aside, now)
                new.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                new.close()
                for side in _SIDES[1:]:
                    _unlink(fresh, side)
                _move(path, aside, _SIDES)
                fresh.rename(path)
        except sqlite3.Error as error:
            raise explained(error, fresh) from error
    return aside


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)


def _hold(old: sqlite3.Connection) -> None:
    """Keep consoles from writing into it while it is copied and moved, where the damage still allows a lock."""
    with suppress(sqlite3.Error):
        old.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        old.execute("BEGIN IMMEDIATE")


def _copy_all(old: sqlite3.Connection, new: sqlite3.Connection, aside: Path, now: datetime) -> None:
    new.execute("BEGIN IMMEDIATE")
    clock = _clock(old)
    revision = clock[0] + 1
    new.execute("UPDATE clock SET revision = ?, horizon = ?, token = ? WHERE id = 1", (revision, revision, clock[1]))
    counts: list[str] = []
    for table, names in _KEPT.items():
        stamped = (*names, "revision") if table in _STAMPED else tuple(names)
        rows = [(*row, revision) if table in _STAMPED else row for row in _readable(old, table, names, "id")]
        new.executemany(insert(table, stamped, otherwise="IGNORE"), rows)
        counts.append(f"{len(rows)} {table.replace('_', '-')}")
    held = sorted(_readable(old, "audit", schema.AUDIT, "seq"))
    new.executemany(insert("audit", schema.AUDIT, otherwise="IGNORE"), held)
    seq, digest = _head(held, clock[2], clock[3])
    new.execute("UPDATE clock SET audit_seq = ?, audit_hash = ? WHERE id = 1", (seq, digest))
    lost = seq - len(held)
    audit.append(
        new,
        audit.Entry(
            at=now,
            actor="collector",
            host="",
            via="collector",
            what="store set aside",
            target=str(aside),
            reason=f"it was damaged; kept {', '.join(counts)}, {len(held)} audit rows; {lost} audit rows lost",
        ),
    )
    new.execute("COMMIT")


def _head(held: Sequence[Cells], seq: int, digest: str) -> tuple[int, str]:
    """Where the chain goes on: its head as the clock knew it, or the last row that could be read."""
    if held and held[-1][0] >= seq:
        return held[-1][0], held[-1][-1]
    return seq, digest


def _readable(old: sqlite3.Connection, table: str, names: Sequence[str], order: str) -> list[Cells]:
    """Rows from both ends, up to where the file cannot be read."""
    rows = {row[0]: row[1:] for way in ("ASC", "DESC") for row in _until_damage(old, table, names, order, way)}
    return list(rows.values())


def _until_damage(old: sqlite3.Connection, table: str, names: Sequence[str], order: str, way: str) -> Iterator[Cells]:
    try:
        yield from old.execute(select((order, *names), table, f"ORDER BY {order} {way}"))
    except sqlite3.Error:
        return


def _clock(old: sqlite3.Connection) -> tuple[int, int, int, str]:
    """Revision, token, and the head of the audit; zeros where they cannot be read."""
    try:
        row = old.execute("SELECT revision, token, audit_seq, audit_hash FROM clock WHERE id = 1").fetchone()
    except sqlite3.Error:
        row = None
    return (int(row[0]), int(row[1]), int(row[2]), str(row[3])) if row else (0, 0, 0, "")


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _aside(path: Path, now: datetime) -> Path:
    stem = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    number = 1
    aside = stem
    while aside.exists() or any(Path(f"{aside}{side}").exists() for side in _SIDES):
        number += 1
        aside = stem.with_name(f"{stem.name}.{number}")
    return aside


def _move(path: Path, aside: Path, sides: Sequence[str]) -> None:
    for side in sides:
        one = Path(f"{path}{side}")
        if one.exists():
            one.rename(f"{aside}{side}")


def _remove(path: Path) -> None:
    for side in _SIDES:
        _unlink(path, side)


def _unlink(path: Path, side: str) -> None:
    Path(f"{path}{side}").unlink(missing_ok=True)
