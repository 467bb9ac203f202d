"""Stripe's own client, put under our gate and deadline: plain dicts out, its exceptions in our words."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, cast

import stripe
from typing_extensions import override

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.payload import fields_of, rows_of
from fleet_tui.ports import AdapterContext, ProviderError
from fleet_tui.transport import PACKED, Calls, no_connection, not_its_api

PAGE_SIZE = 100
Row = dict[str, Any]
"""A Stripe object as a dict: what is in it is checked where it is mapped."""

ListCall = Callable[[dict[str, Any]], Awaitable[Any]]


class _Bounded(stripe.HTTPXClient):
    """Its HTTP client, which reads no answer without an end."""

    def __init__(self, calls: Calls, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s)  # pyright: ignore[reportUnknownMemberType]
        self._calls = calls

    @override
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        asked = {**headers, "Accept-Encoding": PACKED}
        chunks, status, answered = await self.request_stream_async(  # pyright: ignore[reportUnknownMemberType]
            method, url, asked, post_data
        )
        async with aclosing(cast("AsyncGenerator[bytes]", chunks)) as body:
            return await self._calls.body_of(body, answered.get("content-encoding")), status, answered


class StripeWire:
    """One account's client."""

    def __init__(self, key: Secret, base_url: str | None, context: AdapterContext) -> None:
        stripe.enable_telemetry = False
        self._context = context
        self.calls = Calls(context, (key,))
        self._http = _Bounded(self.calls, context.timeout_s)
        addresses: Any = {"api": base_url} if base_url else {}
        client = stripe.StripeClient(
            key.reveal(), base_addresses=addresses, http_client=self._http, max_network_retries=0
        )
        self.v1: Any = client.v1
        """The client's services. Typed as anything: its parameters are typed dicts that our plain ones are not."""

    async def aclose(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call] # the SDK has no types here

    async def one(self, operation: str, call: Callable[[], Awaitable[Any]], key: ResourceKey | None = None) -> Row:
        """One object."""
        answer = await self._through(operation, call, key)
        if not isinstance(answer, stripe.StripeObject):
            raise self.calls.failure(FailureClass.PROVIDER_DOWN, operation, "the answer is not an object", key=key)
        return dict(answer.to_dict())

    async def rows(
        self, operation: str, call: ListCall, params: Mapping[str, Any] | None = None, *, most_pages: int
    ) -> AsyncIterator[Row]:
        """All rows of a list, page by page. Raises ProviderError for an endless or too long one."""
        asked: dict[str, Any] = {"limit": PAGE_SIZE, **(params or {})}
        seen: set[str] = set()
        for _ in range(most_pages):
            page = await self.one(operation, lambda: call(dict(asked)))
            data = rows_of(page.get("data"))
            if data is None:
                raise self.calls.failure(FailureClass.PROVIDER_DOWN, operation, "the answer is not a list")
            for row in data:
                yield dict(fields_of(row))
            cursor = page.get("next_page") or (fields_of(data[-1]).get("id") if data else None)
            if not page.get("has_more") or not isinstance(cursor, str):
                return
            if cursor in seen:
                raise self.calls.failure(FailureClass.PROVIDER_DOWN, operation, "the same page came twice")
            seen.add(cursor)
            asked["page" if page.get("next_page") else "starting_after"] = cursor
        raise self.calls.failure(FailureClass.PROVIDER_DOWN, operation, f"more than {most_pages} pages")

    async def _through(self, operation: str, call: Callable[[], Awaitable[Any]], key: ResourceKey | None) -> Any:
        try:
            with self.calls.translated(operation, key=key):
                async with self._context.gate.through(), asyncio.timeout(self._context.timeout_s):
                    return await call()
        except stripe.StripeError as error:
            raise self._failure(operation, error, key) from None

    def _failure(self, operation: str, error: stripe.StripeError, key: ResourceKey | None) -> ProviderError:
        headers: Mapping[str, str] = getattr(error, "headers", None) or {}
        status = getattr(error, "http_status", None)
        said = getattr(error, "user_message", None)
        if isinstance(error, stripe.APIConnectionError) or not isinstance(status, int):
            text = no_connection(type(error).__name__)
            return self.calls.failure(FailureClass.PROVIDER_DOWN, operation, text, key=key)
        if status < 300:  # noqa: PLR2004 - RFC 9110: a success whose body cannot be read
            text = not_its_api(error.http_body, type(error).__name__)
            return self.calls.failure(FailureClass.PROVIDER_DOWN, operation, text, key=key, status=status)
        return self.calls.of_status(operation, status, headers=headers, text=said or "", key=key)


def once(order: Order) -> dict[str, str]:
    """Request options that make a repeat of one action harmless at the vendor."""
    return {"idempotency_key": f"fleet-{order.action_id}-{order.verb}"}
