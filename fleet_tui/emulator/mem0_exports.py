"""Mem0's exports: asked for with a schema, ready some seconds later, fetched by id or by the entity they are about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet_tui.emulator.mem0_book import Memory, Owner
from fleet_tui.emulator.mem0_http import Mem0RefusedError, as_object
from fleet_tui.emulator.mem0_rows import memory_row

_READY_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One asked-for export. `rows` are the memories as they were when it was asked for."""

    id: str
    schema: Mapping[str, object]
    owner: Owner
    rows: Sequence[Memory]
    ready_at: datetime


class ExportDesk:
    """All exports of one account."""

    def __init__(self) -> None:
        self._exports: dict[str, Export] = {}

    def ask(
        self, *, export_id: str, schema: Mapping[str, object], owner: Owner, rows: Sequence[Memory], now: datetime
    ) -> None:
        self._exports[export_id] = Export(
            id=export_id, schema=schema, owner=owner, rows=rows, ready_at=now + _READY_AFTER
        )

    def fetch(self, *, export_id: object, owner: Owner, now: datetime) -> dict[str, object]:
        """The newest ready export of that id or entity, shaped by its schema; refused with 404 when there is none."""
        for export in reversed(self._exports.values()):
            named = export.id == export_id if export_id is not None else dict(export.owner) == dict(owner)
            if named and export.ready_at <= now:
                return _shaped(export)
        raise Mem0RefusedError(404, {"error": "No memory export request found"})


def schema_of(body: Mapping[str, object]) -> dict[str, object]:
    """The schema of the request, an object or its JSON text; refused with 400 otherwise."""
    value = body.get("schema")
    try:
        schema = as_object(json.loads(value) if isinstance(value, str) else value)
    except json.JSONDecodeError:
        schema = None
    if not schema:
        raise Mem0RefusedError(400, {"message": "Schema is required and must be a valid object"})
    return schema


def _shaped(export: Export) -> dict[str, object]:
    """Lists of the schema are filled with memories, texts with their words; everything else stays null."""
    shaped: dict[str, object] = {}
    for name, wanted in (as_object(export.schema.get("properties")) or {}).items():
        field = as_object(wanted) or {}
        match field.get("type"):
            case "array":
                items = as_object(field.get("items")) or {}
                shaped[name] = [_item(items, memory) for memory in export.rows]
            case "string":
                shaped[name] = "\n".join(memory.text for memory in export.rows)
            case _:
                shaped[name] = None
    return shaped


def _item(wanted: Mapping[str, object], memory: Memory) -> object:
    properties = as_object(wanted.get("properties"))
    if properties is None:
        return memory.text
    row = memory_row(memory)
    return {name: row.get(name) for name in properties}
