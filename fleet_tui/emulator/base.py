"""One vendor on 127.0.0.1: the server, the key check, the record of what was asked, and the faults."""

import asyncio
import random
import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Self, cast

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from fleet_tui.emulator import wire
from fleet_tui.emulator.chance import die_for
from fleet_tui.emulator.faults import Fault, FaultKind, Faults
from fleet_tui.emulator.world import SeedAgent

JsonObject = dict[str, object]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CREDENTIAL_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_SEEN_BODY_CHARS = 4096
_MAX_SEEN = 4096
_MAX_BODY_BYTES = 8 * 1024 * 1024
_TURNS_TO_CONNECT = 5
"""So many turns of the loop after it was accepted, a connection can be closed: asyncio needs three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it arrived. `body` is its text, cut after 4096 characters; `headers` hold no credential."""

    method: str
    path: str
    query: Mapping[str, str]
    body: str
    headers: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """How a vendor words an error: its JSON body and the headers it sends with it."""

    body: object
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Refusal(Exception):
    """A handler's way to say no: the answer is the vendor's, as given."""

    def __init__(self, status: int, answer: ErrorAnswer) -> None:
        super().__init__(f"{status}: {answer.body}")
        self.status = status
        self.answer = answer


class Emulator(ABC):
    """One vendor, stateful, on loopback. Subclasses give routes, error bodies and the state; time is handed in."""

    name: ClassVar[str]
    default_key: ClassVar[str] = "emulator-key"
    """The key every new emulator of this vendor accepts."""
    epoch_keys: ClassVar[frozenset[str]] = frozenset()
    """JSON keys whose numbers are Unix seconds, for the clock-skew fault."""

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        self.clock = clock
        self.seed = seed
        self.faults = Faults(seed)
        self.requests: deque[Seen] = deque(maxlen=_MAX_SEEN)
        self.accepted_keys: set[str] = {self.default_key}
        self._runner: web.AppRunner | None = None
        self._listening: socket.socket | None = None
        self._stopping = asyncio.Event()
        self._base_url = ""

    @abstractmethod
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The vendor's paths and their handlers."""

    @abstractmethod
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        """The vendor's own words and headers for this status."""

    def error_to(self, request: web.Request, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        """The same for one request, where the vendor's words or headers depend on what was asked."""
        del request
        return self.error_body(status, retry_after_s=retry_after_s)

    @abstractmethod
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        """Create this vendor's objects for those agents of the seeded world that stand on it."""

    @abstractmethod
    def advance(self, now: datetime) -> None:
        """Time moves to `now`: state changes end, TTLs run out, agents fail. Also called before each request."""

    def key_of(self, request: web.Request) -> str | None:
        """The key the request carries; a bearer token unless the vendor does it otherwise."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token else None

    def is_open(self, request: web.Request) -> bool:
        """Whether this path needs no key."""
        del request
        return False

    def rows_of(self, body: object) -> list[object] | None:
        """The rows inside a decoded list answer, to be changed in place; None when the answer is no list."""
        return cast("list[object]", body) if isinstance(body, list) else None

    def loop_cursor(self, request: web.Request, answer: web.Response) -> web.Response:
        """The same list answer naming its own page as the next one; unchanged where the vendor has no pages."""
        del request
        return answer

    def die(self, *parts: object) -> random.Random:
        """A seeded source of chance for one named purpose, the same in every run."""
        return die_for(self.seed, self.name, *parts)

    def error(self, request: web.Request, status: int, *, retry_after_s: int = 2) -> web.Response:
        """An error answer in the vendor's words."""
        answer = self.error_to(request, status, retry_after_s=retry_after_s)
        return wire.json_answer(answer.body, status=status, headers=dict(answer.headers))

    def refusal(self, request: web.Request, status: int) -> Refusal:
        """To be raised by a handler: the vendor's usual words for this status."""
        return Refusal(status, self.error_to(request, status))

    async def json_body(self, request: web.Request) -> JsonObject:
        """The JSON object a request carries; no body is an empty one, anything else is refused with 400."""
        text = await request.read()
        try:
            return msgspec.json.decode(text, type=JsonObject) if text else {}
        except msgspec.MsgspecError as wrong:
            raise self.refusal(request, 400) from wrong

    def whole_number(self, request: web.Request, name: str, *, default: int, low: int, high: int) -> int:
        """A number from the query; outside its limits, or none at all, is refused with 400."""
        text = request.query.get(name, "")
        try:
            number = int(text) if text else default
        except ValueError as wrong:
            raise self.refusal(request, 400) from wrong
        if not low <= number <= high:
            raise self.refusal(request, 400)
        return number

    def moment(self, request: web.Request, name: str) -> datetime | None:
        """A date-time from the query, None when it is not there; UTC where it names no zone, else refused with 400."""
        text = request.query.get(name, "")
        try:
            found = datetime.fromisoformat(text) if text else None
        except ValueError as wrong:
            raise self.refusal(request, 400) from wrong
        return found if found is None or found.tzinfo is not None else found.replace(tzinfo=UTC)

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`; empty until started."""
        return self._base_url

    async def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1, on a free port unless one is named; returns the base URL."""
        self._stopping = asyncio.Event()
        app = web.Application(middlewares=[self._middleware()], client_max_size=_MAX_BODY_BYTES)
        app.add_routes(self.routes())
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await runner.setup()
        self._listening = socket.create_server(("127.0.0.1", port))
        await web.SockSite(runner, self._listening).start()
        self._runner = runner
        bound_port: int = runner.addresses[0][1]
        self._base_url = f"http://127.0.0.1:{bound_port}"
        return self._base_url

    async def stop(self) -> None:
        """Close every connection, hanging ones too; safe to call twice."""
        self._stopping.set()
        runner, self._runner = self._runner, None
        if runner is None or self._listening is None:
            return
        # asyncio forgets, open, what it accepts while its server closes: accept nobody, then close.
        asyncio.get_running_loop().remove_reader(self._listening)
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)
        await runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *failure: object) -> None:
        del failure
        await self.stop()

    def _middleware(self) -> Middleware:
        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            await self._note(request)
            fault = self.faults.take(request.method, request.path)
            early = None if fault is None else await self._before(request, fault)
            if early is not None:
                return early
            answer = await self._answer(request, handler)
            return answer if fault is None else await self._after(request, answer, fault)

        return serve

    async def _note(self, request: web.Request) -> None:
        body = await request.text() if request.can_read_body else ""
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _CREDENTIAL_HEADERS}
        self.requests.append(
            Seen(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                body=body[:_SEEN_BODY_CHARS],
                headers=headers,
                at=self.clock(),
            )
        )

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self.is_open(request) and self.key_of(request) not in self.accepted_keys:
            return self.error(request, 401)
        self.advance(self.clock())
        try:
            return await handler(request)
        except Refusal as no:
            return wire.json_answer(no.answer.body, status=no.status, headers=dict(no.answer.headers))
        except web.HTTPException as no:
            return self.error(request, no.status)

    async def _before(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        """What a fault does before the effect; None lets the request through to the vendor."""
        match fault.kind:
            case FaultKind.UNAUTHORIZED | FaultKind.FORBIDDEN | FaultKind.RATE_LIMITED | FaultKind.SERVER_ERROR:
                status = fault.status if fault.kind is FaultKind.SERVER_ERROR else int(fault.kind)
                return self.error(request, status, retry_after_s=fault.retry_after_s)
            case FaultKind.GATEWAY_HTML:
                return wire.gateway_page()
            case FaultKind.CANNED:
                return web.Response(body=fault.body, status=fault.status, headers=dict(fault.headers))
            case FaultKind.HANG:
                return await self._hang(request)
            case FaultKind.RESET_BEFORE:
                return wire.reset(request)
            case _:
                return None

    async def _after(self, request: web.Request, answer: web.StreamResponse, fault: Fault) -> web.StreamResponse:
        """What a fault does to an answer whose effect is done."""
        if not isinstance(answer, web.Response):
            return answer
        match fault.kind:
            case FaultKind.HANG_AFTER:
                return await self._hang(request)
            case FaultKind.RESET_AFTER:
                return wire.reset(request)
            case FaultKind.ERROR_AFTER:
                return self.error(request, fault.status)
            case FaultKind.SLOW_DRIP:
                return await wire.drip(request, answer, chunk_bytes=fault.drip_bytes, interval_s=fault.drip_interval_s)
            case _:
                return self._altered(request, answer, fault)

    def _altered(self, request: web.Request, answer: web.Response, fault: Fault) -> web.Response:
        match fault.kind:
            case FaultKind.TRUNCATED_JSON:
                return wire.truncated(answer)
            case FaultKind.WRONG_JSON:
                return wire.wrong_shape(answer)
            case FaultKind.DUPLICATE_IDS:
                return wire.with_rows(answer, self.rows_of, wire.duplicate_rows)
            case FaultKind.VANISHED_ROWS:
                return wire.with_rows(answer, self.rows_of, lambda rows: wire.vanish_rows(rows, self.faults.random))
            case FaultKind.ENDLESS_CURSOR:
                return self.loop_cursor(request, answer)
            case FaultKind.CLOCK_SKEW:
                return wire.skewed(answer, fault.skew_s, now=self.clock(), epoch_keys=self.epoch_keys)
            case _:
                raise AssertionError(f"{fault.kind} has no effect on an answer")

    async def _hang(self, request: web.Request) -> web.Response:
        await self._stopping.wait()
        return wire.reset(request)
