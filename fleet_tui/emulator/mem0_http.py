"""What both Mem0 emulators need of HTTP: JSON bodies read with care, and refusals that carry the vendor's own words."""

import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import cast

import msgspec
from aiohttp import web

from fleet_tui.emulator import wire
from fleet_tui.emulator.mem0_book import Memory

_MAX_PAGE = 200
_DEFAULT_PAGE = 100

Rows = Callable[[int, int], list[dict[str, object]]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Mem0RefusedError(Exception):
    """The request is refused with this status and this JSON body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body


def guarded(handler: Handler) -> Handler:
    """The handler, its refusals turned into answers."""

    async def serve(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Mem0RefusedError as refusal:
            return wire.json_answer(refusal.body, status=refusal.status)

    return serve


async def body_object(request: web.Request, *, otherwise: Mem0RefusedError) -> dict[str, object]:
    """The body as a JSON object; raises `otherwise` when it is anything else."""
    try:
        return msgspec.json.decode(await request.read(), type=dict[str, object])
    except (msgspec.DecodeError, msgspec.ValidationError) as broken:
        raise otherwise from broken


def as_object(value: object) -> dict[str, object] | None:
    """The value as an object with text keys; None when it is none."""
    try:
        return msgspec.convert(value, type=dict[str, object])
    except msgspec.ValidationError:
        return None


def as_list(value: object) -> list[object] | None:
    try:
        return msgspec.convert(value, type=list[object])
    except msgspec.ValidationError:
        return None


def as_date(value: object) -> date | None:
    """A YYYY-MM-DD date; None for everything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def positive(query: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of at least 1 from the query; `default` when it is missing or something else."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default


def fields_of(body: Mapping[str, object]) -> frozenset[str] | None:
    """The names a request restricts its rows to; None for all."""
    names = as_list(body.get("fields"))
    return frozenset(str(name) for name in names) if names else None


def page_of(url: str, asked: Mapping[str, str], total: int, rows: Rows) -> dict[str, object]:
    """Django's page envelope of one page of `total` rows; a page past the end is refused with 404."""
    page, size = positive(asked, "page", 1), min(positive(asked, "page_size", _DEFAULT_PAGE), _MAX_PAGE)
    last = max(1, math.ceil(total / size))
    if page > last:
        raise Mem0RefusedError(404, {"detail": "Invalid page."})
    return {
        "count": total,
        "next": f"{url}?page={page + 1}&page_size={size}" if page < last else None,
        "previous": f"{url}?page={page - 1}&page_size={size}" if page > 1 else None,
        "results": rows((page - 1) * size, min(page * size, total)),
    }


def results_in(body: object) -> list[object] | None:
    """The rows of a list answer themselves, not a copy: a bare list, or what stands under `results`."""
    rows = cast("dict[str, object]", body).get("results") if isinstance(body, dict) else body
    return cast("list[object]", rows) if isinstance(rows, list) else None


def relevance(query: str, memory: Memory) -> float:
    """The share of the query's words the memory holds: a stand-in for embeddings, 0 to 1."""
    words = query.lower().split()
    text = memory.text.lower()
    return sum(word in text for word in words) / len(words) if words else 0.0
