"""How a fault looks on the wire: resets, drips, cut and wrong bodies, shifted times. Knows HTTP, knows no vendor."""

import asyncio
import copy
import random
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import cast

import msgspec
from aiohttp import web

from fleet_tui.emulator.chance import happens

GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body>\x1b[2J<center>cloudflare</center></body></html>"
)
_LINGER_RESET = struct.pack("ii", 1, 0)
_JSON = "application/json"
_DAY = "2026-01-01T"


def json_answer(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer the handlers give; encoding is the only cost of a big page, hence msgspec."""
    return web.Response(body=msgspec.json.encode(body), status=status, headers=headers, content_type=_JSON)


def gateway_page() -> web.Response:
    return web.Response(body=GATEWAY_PAGE, status=502, content_type="text/html")


def reset(request: web.Request) -> web.Response:
    """Send RST to the client; the returned answer goes nowhere."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
        transport.abort()
    return web.Response()


async def drip(
    request: web.Request, answer: web.Response, *, chunk_bytes: int, interval_s: float
) -> web.StreamResponse:
    """The same answer, a few bytes at a time."""
    body = body_of(answer)
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    stream.content_length = len(body)
    await stream.prepare(request)
    for start in range(0, len(body), chunk_bytes):
        await stream.write(body[start : start + chunk_bytes])
        await asyncio.sleep(interval_s)
    await stream.write_eof()
    return stream


def truncated(answer: web.Response) -> web.Response:
    """The first half of the body under its own, consistent length."""
    body = body_of(answer)
    return _again(answer, body[: len(body) // 2] or b"{")


def wrong_shape(answer: web.Response) -> web.Response:
    """Valid JSON of another shape."""
    body = decoded(answer)
    other: object = {"items": None, "detail": "ok"} if isinstance(body, list) else [{"detail": "ok"}, None, 0]
    return _again(answer, msgspec.json.encode(other))


def with_rows(
    answer: web.Response, rows_of: Callable[[object], list[object] | None], change: Callable[[list[object]], None]
) -> web.Response:
    """The same list answer after `change` worked on its rows in place; untouched when it is no list."""
    body = decoded(answer)
    rows = rows_of(body)
    if rows is None:
        return answer
    change(rows)
    return _again(answer, msgspec.json.encode(body))


def duplicate_rows(rows: list[object]) -> None:
    """Every third row comes twice, once beside itself and so under one id."""
    for index in range(len(rows) - 1, -1, -3):
        rows.insert(index, copy.deepcopy(rows[index]))


def vanish_rows(rows: list[object], die: random.Random) -> None:
    """About half of the rows, at least one, are missing."""
    if rows:
        gone = die.randrange(len(rows))
        rows[:] = [row for index, row in enumerate(rows) if index != gone and happens(die, 0.5)]


def rewritten(answer: web.Response, body: object) -> web.Response:
    return _again(answer, msgspec.json.encode(body))


def skewed(answer: web.Response, skew_s: float, *, now: datetime, epoch_keys: frozenset[str]) -> web.Response:
    """The same answer by a clock that is off by `skew_s`; numbers are shifted under `epoch_keys` only."""
    moved = answer
    if answer.content_type == _JSON and answer.body:
        moved = _again(answer, msgspec.json.encode(_shifted(decoded(answer), skew_s, epoch_keys, "")))
    moved.headers["Date"] = format_datetime(now.astimezone(UTC) + timedelta(seconds=skew_s), usegmt=True)
    return moved


def _shifted(value: object, skew_s: float, epoch_keys: frozenset[str], key: str) -> object:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {name: _shifted(inner, skew_s, epoch_keys, name) for name, inner in fields.items()}
    if isinstance(value, list):
        return [_shifted(inner, skew_s, epoch_keys, key) for inner in cast("list[object]", value)]
    match value:
        case str() if len(value) > len(_DAY) and value[4] == "-" and value[10] == "T":
            return _shifted_time(value, skew_s)
        case int() | float() if key in epoch_keys:
            return type(value)(value + skew_s)
        case _:
            return value


def _shifted_time(text: str, skew_s: float) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return rfc3339(moment + timedelta(seconds=skew_s))


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and a Z, as most vendors print times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def decoded(answer: web.Response) -> object:
    return msgspec.json.decode(body_of(answer)) if answer.body else None


def body_of(answer: web.Response) -> bytes:
    body = answer.body
    return bytes(body) if isinstance(body, bytes | bytearray | memoryview) else b""


def _again(answer: web.Response, body: bytes) -> web.Response:
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return web.Response(body=body, status=answer.status, headers=kept)
