"""How an adapter speaks HTTP: through the gate, under a deadline, bounded in pages, with failures as fields."""

import asyncio
import json
import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from fleet_tui.config.redact import SHORTEST_KNOWN, redact
from fleet_tui.config.secret import MASK, Secret
from fleet_tui.domain.failure import Failure, FailureClass, clamped_retry_after_s, class_of_status
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.payload import TooMuch, fields_of, text_of
from fleet_tui.ports import AdapterContext, ProviderError

T = TypeVar("T")
Json = object
"""What a JSON body is: checked where it is mapped."""

MAX_PAGES = 2_000
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_PAGES_BYTES = 4 * MAX_BODY_BYTES
"""Of all pages of one list together."""
PACKED = "gzip, deflate"
"""How an answer may be packed: no piece of it grows by more than a thousand times."""
_ENCODINGS = frozenset({"", "identity", *PACKED.split(", ")})
_TEXT_LIMIT = 200


class Paged(Protocol):
    """A page as it came."""

    @property
    def content(self) -> bytes: ...


P = TypeVar("P", bound=Paged)


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A vendor's answer that was good, before anybody read its body: for records that are recognised by their bytes."""

    content: bytes
    headers: Mapping[str, str]
    status: int

    @property
    def server_time(self) -> datetime | None:
        return http_date(self.headers.get("date"))

    def decoded(self) -> "Answer":
        """With its JSON body. Raises ValueError for what is no JSON or too much of it."""
        _bounded(self.content)
        return Answer(decoded(self.content) if self.content.strip() else None, self.headers, self.status)


@dataclass(frozen=True, slots=True)
class Answer:
    """A vendor's answer that was good: its JSON body, its headers and its clock."""

    body: Json
    headers: Mapping[str, str]
    status: int

    @property
    def server_time(self) -> datetime | None:
        return http_date(self.headers.get("date"))


def http_date(text: str | None) -> datetime | None:
    """The time of a `Date` header, None for none or nonsense."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds or a date (RFC 9110, 10.2.3), also under a vendor's suffixed name; clamped, None for nonsense."""
    for name, value in headers.items():
        if not name.lower().startswith("retry-after"):
            continue
        try:
            return clamped_retry_after_s(float(value))
        except (ValueError, OverflowError):
            moment = http_date(value)
            if moment is not None:
                return clamped_retry_after_s((moment - now).total_seconds())
    return None


def decoded(raw: bytes) -> Json:
    """JSON without its traps. Raises ValueError for what is not JSON, NaN, too deep nesting and endless digits."""

    def refuse(word: str) -> float:
        raise ValueError(f"{word} is not JSON")

    def number(text: str) -> float:
        value = float(text)
        if math.isinf(value):
            raise ValueError("a number out of range")
        return value

    try:
        return json.loads(raw, parse_constant=refuse, parse_float=number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


async def _read(chunks: AsyncIterable[bytes], encoding: str | None) -> bytes:
    if (encoding or "").strip().lower() not in _ENCODINGS:
        raise TooMuch("it is packed in a way that nobody asked for")
    taken = bytearray()
    async for chunk in chunks:
        taken += chunk
        if len(taken) > MAX_BODY_BYTES:
            raise TooMuch(f"it is larger than {MAX_BODY_BYTES // 1024 // 1024} MB")
    return bytes(taken)


def is_loopback(url: str) -> bool:
    return (urlsplit(url).hostname or "") in {"127.0.0.1", "::1", "localhost"}


class Calls:
    """Turns whatever a call does into a value or a `ProviderError`; every adapter has one.

    What it was given as `secrets` stands in no answer that it reads, whoever put it there.
    """

    def __init__(self, context: AdapterContext, secrets: Iterable[Secret] = ()) -> None:
        self._context = context
        self._known = tuple(secret.reveal().encode() for secret in secrets if len(secret.reveal()) >= SHORTEST_KNOWN)

    async def body_of(self, chunks: AsyncIterable[bytes], encoding: str | None = None) -> bytes:
        """A body while it comes, held only up to `MAX_BODY_BYTES`. Raises TooMuch for more, and for an odd encoding."""
        content = await _read(chunks, encoding)
        for known in self._known:
            content = content.replace(known, MASK.encode())
        return content

    def _masked(self, text: str | None) -> str | None:
        return MASK if text is not None and any(known in text.encode() for known in self._known) else text

    async def raw_of(self, response: httpx.Response) -> RawAnswer:
        """A streamed answer, read within bounds."""
        content = await self.body_of(response.aiter_bytes(), response.headers.get("content-encoding"))
        return RawAnswer(content, response.headers, response.status_code)

    def failure(
        self,
        failure_class: FailureClass,
        operation: str,
        text: str,
        *,
        key: ResourceKey | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ProviderError:
        """The error to raise, with its text freed of secrets and cut."""
        now = self._context.clock.now()
        return ProviderError(
            Failure(
                failure_class=failure_class,
                source=self._context.source,
                operation=operation,
                text=redact(text)[:_TEXT_LIMIT],
                at=now,
                key=key,
                status=status,
                request_id=self._masked(_request_id(headers or {})),
                retry_after_s=retry_after_s(headers or {}, now),
            )
        )

    def of_status(
        self,
        operation: str,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        text: str = "",
        key: ResourceKey | None = None,
    ) -> ProviderError:
        """The error for an HTTP status; `text` is the vendor's own short message, if it has one."""
        said = f": {text}" if text else ""
        return self.failure(
            class_of_status(status),
            operation,
            f"the vendor answered {status}{said}",
            key=key,
            status=status,
            headers=headers,
        )

    def good(
        self, operation: str, raw: RawAnswer, *, allow: Collection[int] = (), key: ResourceKey | None = None
    ) -> RawAnswer:
        """The answer, where its status is one of 2xx or in `allow`; else the error to it is raised."""
        if raw.status // 100 == 2 or raw.status in allow:  # noqa: PLR2004 - RFC 9110: a success
            return raw
        text = vendor_message(raw.content)
        raise self.of_status(operation, raw.status, headers=raw.headers, text=text, key=key)

    @contextmanager
    def translated(self, operation: str, *, key: ResourceKey | None = None) -> Generator[None]:
        """Translate what any HTTP client or SDK raises when the wire fails."""
        try:
            yield
        except ProviderError:
            raise
        except (TimeoutError, httpx.TimeoutException) as error:
            text = f"no answer within {self._context.timeout_s:g} s"
            raise self.failure(FailureClass.TIMEOUT, operation, text, key=key) from error
        except (OSError, httpx.TransportError) as error:
            text = no_connection(type(error).__name__)
            raise self.failure(FailureClass.PROVIDER_DOWN, operation, text, key=key) from None
        except (ValueError, RecursionError) as error:
            raise self.failure(FailureClass.PROVIDER_DOWN, operation, _unreadable(error), key=key) from None

    async def through(
        self, operation: str, call: Callable[[], Awaitable[T]], *, key: ResourceKey | None = None, reads: bool = False
    ) -> T:
        """Make one call through the gate and under the deadline."""
        with self.translated(operation, key=key):
            async with self._context.gate.through(reads=reads), asyncio.timeout(self._context.timeout_s):
                return await call()


def no_connection(why: str) -> str:
    """For a person: nothing answered at all."""
    return f"no connection to the vendor ({why}): nothing answers at its address; check base_url and the network"


def not_its_api(raw: str | bytes | None, why: str) -> str:
    """For a person: something answered, and it was not the vendor's API."""
    start = raw.decode("ascii", "replace") if isinstance(raw, bytes) else raw or ""
    what = "with a web page (HTML)" if start.lstrip()[:1] == "<" else f"with what is not its API's ({why})"
    return f"it answered {what}: check base_url, and any proxy or login page in between"


def _unreadable(error: Exception) -> str:
    if isinstance(error, TooMuch):
        return f"its answer was not read to the end: {error}"
    return not_its_api(getattr(error, "doc", None), type(error).__name__)


def _request_id(headers: Mapping[str, str]) -> str | None:
    lowered = {name.lower(): value for name, value in headers.items()}
    return next((lowered[name] for name in ("request-id", "x-request-id", "cf-ray") if name in lowered), None)


def _bounded(raw: bytes) -> None:
    if len(raw) > MAX_BODY_BYTES:
        raise TooMuch("the answer is too large")


def records_of(raw: bytes) -> list[bytes] | None:
    """The records of a JSON array, each as it came; None for what is no array. Raises ValueError for what is no JSON.

    A record's bytes say whether it changed: for `domain.recall`, which decodes only those that did.
    """
    _bounded(raw)
    try:
        return list(map(bytes, msgspec.json.decode(raw, type=list[msgspec.Raw])))
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, RecursionError) as error:
        start = raw[:64].decode("ascii", "replace")
        raise json.JSONDecodeError("the answer is no JSON", start, 0) from error


def records_under(raw: bytes, name: str) -> tuple[list[bytes] | None, Mapping[str, Json]]:
    """The records of the array that an object holds under `name`, each as it came, and its other fields, decoded.

    None and nothing for what is no such object. Raises ValueError for what is no JSON.
    """
    _bounded(raw)
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        return None, {}
    except (msgspec.DecodeError, RecursionError) as error:
        start = raw[:64].decode("ascii", "replace")
        raise json.JSONDecodeError("the answer is no JSON", start, 0) from error
    found = fields.pop(name, None)
    return (None if found is None else records_of(bytes(found))), {key: decoded(bytes(v)) for key, v in fields.items()}


class JsonApi:
    """A vendor's JSON API over httpx. Never follows a redirect: the key goes to the configured address only."""

    def __init__(
        self, context: AdapterContext, base_url: str, headers: Mapping[str, str], secrets: Iterable[Secret] = ()
    ) -> None:
        self.calls = Calls(context, secrets)
        self._client = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            headers={"accept": "application/json", "accept-encoding": PACKED, **headers},
            verify=context.tls,
            timeout=context.timeout_s,
            follow_redirects=False,
            trust_env=not is_loopback(base_url),
        )

    async def request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        key: ResourceKey | None = None,
        allow: frozenset[int] = frozenset(),
    ) -> Answer:
        """One request. Statuses of 2xx and those in `allow` are answers, all others a `ProviderError`."""
        raw = await self.raw(operation, method, path, params=params, body=body, headers=headers, key=key, allow=allow)
        with self.calls.translated(operation, key=key):
            return raw.decoded()

    async def raw(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
        key: ResourceKey | None = None,
        allow: frozenset[int] = frozenset(),
    ) -> RawAnswer:
        """The same, with the body as it came."""

        async def read() -> RawAnswer:
            asked = self._client.stream(method, path, params=params, json=body, headers=headers)
            async with asked as response:
                return await self.calls.raw_of(response)

        raw = await self.calls.through(operation, read, key=key, reads=method == "GET")
        return self.calls.good(operation, raw, allow=allow, key=key)

    async def aclose(self) -> None:
        await self._client.aclose()


def vendor_message(raw: bytes) -> str:
    """The short message in a vendor's JSON error body; empty for HTML and for what cannot be read."""
    try:
        body = decoded(raw[:65_536])
    except ValueError:
        return ""
    for name in ("message", "detail", "error", "name"):
        value = fields_of(body).get(name)
        if text := text_of(value) or text_of(fields_of(value).get("message")):
            return text
    return ""


async def paged(
    calls: Calls,
    operation: str,
    page: Callable[[str | None], Awaitable[tuple[P, str | None]]],
) -> AsyncIterator[P]:
    """Walk cursor pages. A cursor seen before, or too many pages, is a failed reading, not an endless loop."""
    seen: set[str] = set()
    cursor: str | None = None
    taken = 0
    for _ in range(MAX_PAGES):
        content, cursor = await page(cursor)
        taken += len(content.content)
        if taken > MAX_PAGES_BYTES:
            text = f"its pages hold more than {MAX_PAGES_BYTES // 1024 // 1024} MB together"
            raise calls.failure(FailureClass.PROVIDER_DOWN, operation, text)
        yield content
        if not cursor:
            return
        if cursor in seen:
            raise calls.failure(FailureClass.PROVIDER_DOWN, operation, "the vendor gave the same page cursor twice")
        seen.add(cursor)
    raise calls.failure(FailureClass.PROVIDER_DOWN, operation, f"more than {MAX_PAGES} pages")
