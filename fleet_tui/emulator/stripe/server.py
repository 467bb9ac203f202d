"""Stripe over HTTP on loopback: keys, versions, request ids, idempotent replays, forms, expansion and error bodies."""

import hashlib
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, cast

import msgspec
from aiohttp import web
from typing_extensions import override

from fleet_tui.emulator import wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer
from fleet_tui.emulator.stripe import catalog, customers, invoices, meters, subscriptions
from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.billing import settle
from fleet_tui.emulator.stripe.errors import StripeRefusedError, error_object, invalid, unknown
from fleet_tui.emulator.stripe.expand import expanded
from fleet_tui.emulator.stripe.forms import parse_form
from fleet_tui.emulator.stripe.operations import Operation
from fleet_tui.emulator.stripe.render import API_VERSION
from fleet_tui.emulator.stripe.world import fill_account
from fleet_tui.emulator.world import SeedAgent

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *meters.OPERATIONS,
    *subscriptions.OPERATIONS,
    *invoices.OPERATIONS,
    *catalog.OPERATIONS,
)
_KEY_KEPT_S = 24 * 3600
_MAX_KEY_CHARS = 255
_EPOCH_KEYS = frozenset(
    {
        "billing_cycle_anchor",
        "cancel_at",
        "canceled_at",
        "created",
        "current_period_end",
        "current_period_start",
        "deactivated_at",
        "end_time",
        "ended_at",
        "finalized_at",
        "paid_at",
        "period_end",
        "period_start",
        "start_date",
        "start_time",
        "timestamp",
        "updated",
        "voided_at",
    }
)
_WORDS: Mapping[int, tuple[str, str, str | None]] = {
    401: ("Invalid API Key provided: sk_test_****************tor", "invalid_request_error", None),
    403: (
        "The provided key 'rk_test_****tor' does not have the required permissions for this endpoint.",
        "invalid_request_error",
        None,
    ),
    404: ("Unrecognized request URL. Please see https://docs.stripe.com.", "invalid_request_error", None),
    429: (
        "Request rate limit exceeded. You can learn more about rate limits here https://docs.stripe.com/rate-limits.",
        "invalid_request_error",
        "rate_limit",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """What was answered to a request that carried an idempotency key."""

    fingerprint: str
    body: bytes
    request_id: str
    at: int


class StripeEmulator(Emulator):
    """api.stripe.com. `account` is its state; `plain_customers` is how many of no agent's `fill` makes."""

    name: ClassVar[str] = "stripe"
    default_key: ClassVar[str] = "sk_test_fleet_emulator"
    epoch_keys: ClassVar[frozenset[str]] = _EPOCH_KEYS

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.account = Account(self.die("ids"))
        self.plain_customers = 600
        self._request_die = self.die("requests")
        self._answered: dict[str, _Answered] = {}
        self._looped: dict[str, dict[str, object]] = {}

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        routes = [web.route(row.method, row.path, self._handler(row)) for row in OPERATIONS]
        return [*routes, web.route("*", "/{tail:.*}", self._unrecognized)]

    @override
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        """Stripe names no time to wait with a 429; it names what limited the request."""
        del retry_after_s
        message, kind, code = _WORDS.get(status, ("An unknown error occurred.", "api_error", None))
        headers = {"Request-Id": self._request_id()}
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            headers["Stripe-Rate-Limited-Reason"] = "global-rate"
        return ErrorAnswer(body=error_object(message=message, kind=kind, code=code), headers=headers)

    @override
    def key_of(self, request: web.Request) -> str | None:
        """A bearer token, or the user of basic authentication."""
        authorization = request.headers.get("Authorization", "")
        if authorization.lower().startswith("basic "):
            try:
                return b64decode(authorization[6:]).decode().partition(":")[0]
            except ValueError:
                return None
        return super().key_of(request)

    @override
    def rows_of(self, body: object) -> list[object] | None:
        rows = cast("dict[str, object]", body).get("data") if isinstance(body, dict) else None
        return cast("list[object]", rows) if isinstance(rows, list) else None

    @override
    def loop_cursor(self, request: web.Request, answer: web.Response) -> web.Response:
        """The first page seen of a path, for ever, with more to come."""
        body = wire.decoded(answer)
        if isinstance(body, dict) and "has_more" in body:
            page = cast("dict[str, object]", body)
            self._looped.setdefault(request.path, {**page, "has_more": True})
        looped = self._looped.get(request.path)
        return answer if looped is None else wire.rewritten(answer, looped)

    @override
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        fill_account(
            self.account,
            agents,
            plain_customers=self.plain_customers,
            now=self.clock(),
            die=self.die("world"),
        )

    @override
    def advance(self, now: datetime) -> None:
        settle(self.account, int(now.timestamp()))

    def _handler(self, operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            request_id = self._request_id()
            try:
                answer = await self._serve(request, operation, request_id)
            except StripeRefusedError as refused:
                answer = wire.json_answer(refused.body, status=refused.status)
            answer.headers.setdefault("Request-Id", request_id)
            answer.headers["Stripe-Version"] = request.headers.get("Stripe-Version", API_VERSION)
            return answer

        return serve

    async def _serve(self, request: web.Request, operation: Operation, request_id: str) -> web.Response:
        _check_version(request.headers.get("Stripe-Version", API_VERSION))
        text = await request.text() if operation.method == "POST" else request.query_string
        key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
        now = int(self.clock().timestamp())
        fingerprint = hashlib.sha256(f"{request.method} {request.path}\n{text}".encode()).hexdigest()
        if key is not None and (before := self._replay(key, fingerprint, now)) is not None:
            return before
        params = parse_form(text)
        strange = params.names() - operation.accepts - {"expand"}
        if strange:
            raise unknown(strange)
        call = Call(
            params=params,
            ids=request.match_info,
            path=request.path,
            now=now,
            request_id=request_id,
            idempotency_key=key,
        )
        body = msgspec.json.encode(expanded(self.account, operation.run(self.account, call), params.texts("expand")))
        answer = web.Response(body=body, content_type="application/json", headers={"Request-Id": request_id})
        if key is not None:
            answer.headers["Idempotency-Key"] = key
            self._answered[key] = _Answered(fingerprint=fingerprint, body=body, request_id=request_id, at=now)
        return answer

    def _replay(self, key: str, fingerprint: str, now: int) -> web.Response | None:
        """The answer this key was given within 24 hours; refused when it came with another request."""
        if len(key) > _MAX_KEY_CHARS:
            raise invalid(f"Idempotency keys can have up to {_MAX_KEY_CHARS} characters.")
        before = self._answered.get(key)
        if before is None or now - before.at >= _KEY_KEPT_S:
            return None
        if before.fingerprint != fingerprint:
            words = (
                "Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request."
            )
            raise StripeRefusedError(400, message=words, kind="idempotency_error")
        headers = {
            "Idempotency-Key": key,
            "Idempotent-Replayed": "true",
            "Original-Request": before.request_id,
            "Request-Id": self._request_id(),
        }
        return web.Response(body=before.body, content_type="application/json", headers=headers)

    async def _unrecognized(self, request: web.Request) -> web.Response:
        words = f"Unrecognized request URL ({request.method}: {request.path}). Please see https://docs.stripe.com."
        headers = {"Request-Id": self._request_id()}
        return wire.json_answer(error_object(message=words), status=404, headers=headers)

    def _request_id(self) -> str:
        return f"req_{self._request_die.getrandbits(72):018x}"


def _check_version(version: str) -> None:
    """A day and a release name; previews too."""
    day, _, release = version.partition(".")
    try:
        datetime.fromisoformat(day)
    except ValueError as broken:
        raise invalid(f"Invalid Stripe API version: {version}") from broken
    if release and not release.isalnum():
        raise invalid(f"Invalid Stripe API version: {version}")
