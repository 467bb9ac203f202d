"""Writes what readings saw: resources with their journal, vitals, findings, statuses, watches, events, failures."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from fleet_tui.domain.failure import Failure
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Event, Resource, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.watch import Watch
from fleet_tui.store import schema
from fleet_tui.store.codecs import Row, failure_row, key_row, moment, resource_of, resource_row, text, us
from fleet_tui.store.codecs_reading import event_row, finding_row, status_of, status_row, vitals_row
from fleet_tui.store.sql import insert, insert_from, select, upsert

_RESOURCE = upsert("resources", schema.KEY, (*schema.RESOURCE_VALUES, "changed_at", "revision"), also="gone_at = NULL")
_STATUS = upsert("sources", ("name",), (*schema.STATUS_VALUES, "revision"), also="gone_at = NULL")
_FINDING = upsert("findings", ("rule", *schema.KEY), (*schema.FINDING_VALUES, "revision"), also="gone_at = NULL")
# A measurement that saw no work says nothing against the signal seen before it.
_VITALS = (
    insert("vitals", (*schema.VITALS, "revision")) + " ON CONFLICT (source, kind, rid) DO UPDATE SET "
    "at = excluded.at, cpu_percent = excluded.cpu_percent, memory_bytes = excluded.memory_bytes, "
    "revision = excluded.revision, signal_kind = CASE WHEN excluded.signal_at >= coalesce(signal_at, "
    "excluded.signal_at) THEN excluded.signal_kind ELSE signal_kind END, signal_at = CASE WHEN excluded.signal_at >= "
    "coalesce(signal_at, excluded.signal_at) THEN excluded.signal_at ELSE signal_at END"
)
_OF_R = [f"r.{name}" for name in schema.RESOURCE_VALUES]
_WAS = select(
    ["?", "?", "r.id IS NOT NULL AND r.gone_at IS NULL", "k.source", "k.kind", "k.rid", *_OF_R],
    "(SELECT ? AS source, ? AS kind, ? AS rid) k",
    "LEFT JOIN resources r ON r.source = k.source AND r.kind = k.kind AND r.rid = k.rid",
)
_JOURNAL = insert_from("journal", ("at", "revision", "present", *schema.RESOURCE), _WAS)
_BURY = "UPDATE resources SET gone_at = ?, revision = ? WHERE source = ? AND kind = ? AND rid = ? AND gone_at IS NULL"
_BURY_FINDING = (
    "UPDATE findings SET gone_at = ?, revision = ? "
    "WHERE rule = ? AND source = ? AND kind = ? AND rid = ? AND gone_at IS NULL"
)
# Emptied and stamped, not deleted: a reader that missed the end and the new beginning of a key must lose the old ones.
_EMPTY_VITALS = (
    "UPDATE vitals SET cpu_percent = NULL, memory_bytes = NULL, signal_at = NULL, signal_kind = NULL, revision = ? "
    "WHERE source = ? AND kind = ? AND rid = ?"
)
_EVENT = insert("events", schema.EVENT, otherwise="IGNORE")
_FAILURE = insert("failures", schema.FAILURE)
_SAMPLES = insert("samples", (*schema.KEY, "start_at", "end_at", "samples", "packed"))
_RESOURCES_OF = select(schema.RESOURCE, "resources", "WHERE source = ? AND gone_at IS NULL")
_KEYS_OF = select(schema.KEY, "resources", "WHERE source = ? AND gone_at IS NULL LIMIT ?")
_STATUS_OF = select(schema.STATUS, "sources", "WHERE name = ? AND gone_at IS NULL")


def put_resources(connection: sqlite3.Connection, revision: int, resources: Sequence[Resource], at: datetime) -> None:
    """Write changed rows, keeping what they were in the journal.

    Rows are encoded one by one between SQLite's steps, each of which lets other threads run: encoded all at once they
    would hold up the event loop ten times as long.
    """
    at_us = us(at)
    connection.executemany(_JOURNAL, ((at_us, revision, *key_row(r.key)) for r in resources))
    connection.executemany(_RESOURCE, ((*resource_row(r), at_us, revision) for r in resources))


def bury_resources(connection: sqlite3.Connection, revision: int, keys: Iterable[ResourceKey], at: datetime) -> None:
    """Leave tombstones; what was measured of them goes at once."""
    _bury(connection, revision, [key_row(key) for key in keys], us(at))


def _bury(connection: sqlite3.Connection, revision: int, rows: Sequence[tuple[str, str, str]], at_us: int) -> None:
    stamped = [(at_us, revision, *row) for row in rows]
    connection.executemany(_JOURNAL, stamped)
    connection.executemany(_BURY, stamped)
    connection.executemany(_EMPTY_VITALS, [(revision, *row) for row in rows])


def put_vitals(connection: sqlite3.Connection, revision: int, vitals: Sequence[Vitals]) -> None:
    connection.executemany(_VITALS, ((*vitals_row(v), revision) for v in vitals))


def put_findings(connection: sqlite3.Connection, revision: int, findings: Sequence[Finding]) -> None:
    connection.executemany(_FINDING, ((*finding_row(f), revision) for f in findings))


def bury_findings(
    connection: sqlite3.Connection, revision: int, gone: Sequence[tuple[RuleName, ResourceKey]], at: datetime
) -> None:
    connection.executemany(
        _BURY_FINDING,
        [(us(at), revision, rule.value, *key_row(key)) for rule, key in gone],
    )


def put_status(connection: sqlite3.Connection, revision: int, status: SourceStatus) -> None:
    """Write it unless it stands there already."""
    row = status_row(status)
    if connection.execute(_STATUS_OF, (row[0],)).fetchone() != row:
        connection.execute(_STATUS, (*row, revision))


def put_watch(connection: sqlite3.Connection, source: SourceName, watch: Watch) -> None:
    """The newest span. What is told of times behind its start was watched before the clock was set back: it goes."""
    name, start_us = text(source), us(watch.start)
    connection.execute("DELETE FROM watches WHERE source = ? AND start_at > ?", (name, start_us))
    connection.execute(
        "UPDATE watches SET end_at = ? WHERE source = ? AND start_at < ? AND end_at > ?",
        (start_us, name, start_us, start_us),
    )
    connection.execute(
        "INSERT INTO watches (source, start_at, end_at) VALUES (?, ?, ?) "
        "ON CONFLICT (source, start_at) DO UPDATE SET end_at = excluded.end_at",
        (text(source), us(watch.start), us(watch.end)),
    )


def put_events(connection: sqlite3.Connection, _: int, events: Sequence[Event]) -> None:
    """Told once: an event id that its source told before adds nothing."""
    connection.executemany(_EVENT, (event_row(event) for event in events))


def put_failures(connection: sqlite3.Connection, _: int, failures: Sequence[Failure]) -> None:
    connection.executemany(_FAILURE, (failure_row(failure) for failure in failures))


def forget_source(connection: sqlite3.Connection, revision: int, source: str, at: datetime, limit: int) -> bool:
    """Bury up to `limit` rows of a source that is not configured any more; True when nothing is left to bury."""
    keys = connection.execute(_KEYS_OF, (source, limit)).fetchall()
    _bury(connection, revision, keys, us(at))
    if len(keys) == limit:
        return False
    stamp = (us(at), revision, source)
    connection.execute("UPDATE findings SET gone_at = ?, revision = ? WHERE source = ? AND gone_at IS NULL", stamp)
    connection.execute("UPDATE sources SET gone_at = ?, revision = ? WHERE name = ? AND gone_at IS NULL", stamp)
    connection.execute("DELETE FROM watches WHERE source = ?", (source,))
    return True


def unknown_sources(connection: sqlite3.Connection, keep: Collection[SourceName]) -> list[str]:
    """Stored names of sources that are not in `keep` and not buried yet."""
    kept = {text(name) for name in keep}
    rows = connection.execute(
        "SELECT name FROM sources WHERE gone_at IS NULL "
        "UNION SELECT DISTINCT source FROM resources WHERE gone_at IS NULL"
    ).fetchall()
    return sorted({str(row[0]) for row in rows} - kept)


def known(connection: sqlite3.Connection, source: SourceName) -> tuple[Resource, ...]:
    rows = connection.execute(_RESOURCES_OF, (text(source),)).fetchall()
    return tuple(resource_of(row) for row in rows)


def status(connection: sqlite3.Connection, source: SourceName) -> SourceStatus | None:
    row = connection.execute(_STATUS_OF, (text(source),)).fetchone()
    return None if row is None else status_of(row)


def watches(connection: sqlite3.Connection, source: SourceName) -> tuple[Watch, ...]:
    rows = connection.execute(
        "SELECT start_at, end_at FROM watches WHERE source = ? ORDER BY start_at", (text(source),)
    ).fetchall()
    return tuple(Watch(moment(start), moment(end)) for start, end in rows)


def put_samples(connection: sqlite3.Connection, _: int, rows: Sequence[Row]) -> None:
    """Rows as `samples.SampleBuffer` packs them."""
    connection.executemany(_SAMPLES, rows)
