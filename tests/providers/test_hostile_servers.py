"""Whoever answers in a vendor's place gets no key for another address and not more memory than we set aside."""

import asyncio
import importlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fleet_tui import transport
from fleet_tui.config.provider import Provider
from fleet_tui.config.secret import Secret
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.engine.assembly import adapter_class
from fleet_tui.ports import ProviderError
from tests.support.adapters import context_for
from tests.support.hostile_server import (
    Answer,
    HostileServer,
    a_million_rows,
    bomb,
    echo,
    elsewhere,
    endless,
    head,
    hostile,
    nothing_there,
    packed_twice,
)

VENDORS = ("e2b", "daytona", "mem0", "mem0_server", "stripe")
KEY = "canary0key0that0nobody0else0may0see"
LITTLE = 1_000_000
ON_ITS_WAY = 40_000_000
"""So much may lie in the buffers between a server and us."""


@asynccontextmanager
async def adapter_at(name: str, url: str, state_dir: Path) -> AsyncIterator[Any]:
    provider: Provider = importlib.import_module(f"fleet_tui.providers.{name}").PROVIDER
    settings = provider.settings(name="src", provider=provider.name, base_url=url)
    made = adapter_class(provider)(settings, {"api_key": Secret(KEY)}, context_for("src", state_dir, timeout_s=10.0))
    try:
        yield made
    finally:
        await made.aclose()


async def failed(name: str, url: str, state_dir: Path) -> Failure:
    async with adapter_at(name, url, state_dir) as adapter:
        with pytest.raises(ProviderError) as caught:
            await adapter.list_resources(datetime.now(UTC))
    return caught.value.failure


@pytest.mark.parametrize("answer", [endless, bomb], ids=["without an end", "a thousand times larger once unpacked"])
@pytest.mark.parametrize("name", VENDORS)
async def test_an_answer_is_read_only_as_far_as_it_may_be_long(
    name: str, answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", LITTLE)
    async with hostile(answer) as server:
        failure = await failed(name, server.url, tmp_path)
        assert failure.failure_class is FailureClass.PROVIDER_DOWN
        assert "not read to the end: it is larger than" in failure.text
        assert server.sent_bytes < ON_ITS_WAY


async def test_a_million_rows_fail_the_reading_at_once(tmp_path: Path) -> None:
    async with hostile(a_million_rows) as server:
        failure = await failed("e2b", server.url, tmp_path)
        assert "it lists 1000000 rows" in failure.text


@pytest.mark.parametrize("name", VENDORS)
async def test_an_answer_that_is_packed_twice_is_not_unpacked(name: str, tmp_path: Path) -> None:
    async with hostile(packed_twice) as server:
        failure = await failed(name, server.url, tmp_path)
        assert failure.failure_class is FailureClass.PROVIDER_DOWN


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
@pytest.mark.parametrize("name", VENDORS)
async def test_an_address_that_a_server_names_gets_no_key(name: str, status: str, tmp_path: Path) -> None:
    async with hostile(nothing_there) as other, hostile(elsewhere(other.url, status)) as server:
        async with adapter_at(name, server.url, tmp_path) as adapter:
            with pytest.raises(ProviderError) as caught:
                await adapter.list_resources(datetime.now(UTC))
        assert any(KEY.encode() in head for head in server.heads)
        assert not any(KEY.encode() in head for head in other.heads)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized", "400 Bad Request", "500 Oh"])
@pytest.mark.parametrize("name", VENDORS)
async def test_a_key_that_is_said_back_is_repeated_nowhere(name: str, status: str, tmp_path: Path) -> None:
    async with hostile(echo(status, "X-Request-Id", "Retry-After")) as server:
        failure = await failed(name, server.url, tmp_path)
        assert any(KEY.encode() in head for head in server.heads)
        assert KEY not in repr(failure)


@pytest.mark.parametrize("name", VENDORS)
async def test_a_server_that_speaks_no_tls_where_it_should_is_told_no_key(name: str, tmp_path: Path) -> None:
    async with hostile(nothing_there) as server:
        failure = await failed(name, server.url.replace("http://", "https://"), tmp_path)
        assert failure.failure_class in {FailureClass.PROVIDER_DOWN, FailureClass.TIMEOUT}
        assert "no connection to the vendor" in failure.text
        assert not any(KEY.encode() in head for head in server.heads)
        assert KEY not in repr(failure)


async def test_a_key_that_stands_in_a_listing_is_masked_before_anybody_reads_it(tmp_path: Path) -> None:
    body = json.dumps([{"sandboxID": "i1", "state": "running", "alias": f"x{KEY}", "metadata": {"k": KEY}}]).encode()

    async def lists(it: HostileServer, writer: asyncio.StreamWriter) -> None:
        await it.write(writer, head(Content_Length=str(len(body))) + body)

    async with hostile(lists) as server, adapter_at("e2b", server.url, tmp_path) as adapter:
        listing = await adapter.list_resources(datetime.now(UTC))
    (row,) = listing.resources
    assert (row.name, dict(row.labels)) == ("x***", {"k": "***"})
