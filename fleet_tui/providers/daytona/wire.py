"""Daytona's generated async client, put under our gate and deadline, read by its raw bodies.

The generated models refuse a whole answer for one missing field, so only their requests are used.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
from daytona_analytics_api_client_async import UsageApi
from daytona_analytics_api_client_async.api_client import ApiClient as AnalyticsClient
from daytona_analytics_api_client_async.configuration import Configuration as AnalyticsConfiguration
from daytona_api_client_async import ApiClient, Configuration, SandboxApi

from fleet_tui.config.secret import Secret
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.ports import AdapterContext
from fleet_tui.transport import PACKED, Answer, Calls, RawAnswer, no_connection

_CHUNK_BYTES = 65_536
Raw = Callable[[], Awaitable[aiohttp.ClientResponse]]


class DaytonaWire:
    """One account's clients. They are typed as anything: what the generator wrote has no usable types."""

    def __init__(self, key: Secret, base_url: str, analytics_url: str | None, context: AdapterContext) -> None:
        self._context = context
        self.calls = Calls(context, (key,))
        bearer = f"Bearer {key.reveal()}"
        client: Any = ApiClient(Configuration(host=base_url))
        client.default_headers |= {"Authorization": bearer, "Accept-Encoding": PACKED}
        self._clients = [client]
        self.sandboxes: Any = SandboxApi(client)
        self.usage: Any = None
        """The analytics API; None where no address is configured."""
        if analytics_url:
            analytics: Any = AnalyticsClient(AnalyticsConfiguration(host=analytics_url))
            analytics.default_headers |= {"Authorization": bearer, "Accept-Encoding": PACKED}
            self._clients.append(analytics)
            self.usage = UsageApi(analytics)

    async def aclose(self) -> None:
        for client in self._clients:
            await client.close()

    async def ask(
        self,
        operation: str,
        call: Raw,
        *,
        key: ResourceKey | None = None,
        allow: frozenset[int] = frozenset(),
        reads: bool = True,
    ) -> Answer:
        """One call by its `*_without_preload_content` twin. Statuses of 2xx and in `allow` are answers."""
        raw = await self.ask_raw(operation, call, key=key, allow=allow, reads=reads)
        with self.calls.translated(operation, key=key):
            return raw.decoded()

    async def ask_raw(
        self,
        operation: str,
        call: Raw,
        *,
        key: ResourceKey | None = None,
        allow: frozenset[int] = frozenset(),
        reads: bool = True,
    ) -> RawAnswer:
        """The same, with the body as it came."""

        async def read() -> tuple[int, Mapping[str, str], bytes]:
            try:
                async with await call() as response:
                    encoding = response.headers.get("content-encoding")
                    content = await self.calls.body_of(response.content.iter_chunked(_CHUNK_BYTES), encoding)
                    return response.status, dict(response.headers), content
            except aiohttp.ClientError as error:
                text = no_connection(type(error).__name__)
                raise self.calls.failure(FailureClass.PROVIDER_DOWN, operation, text, key=key) from None

        status, headers, raw = await self.calls.through(operation, read, key=key, reads=reads)
        lowered = {name.lower(): value for name, value in headers.items()}
        return self.calls.good(operation, RawAnswer(raw, lowered, status), allow=allow, key=key)
