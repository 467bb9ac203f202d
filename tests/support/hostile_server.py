"""A server on loopback that speaks HTTP as badly as a test wants, and remembers what it was sent."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

_HELLO = b"\x16"
"""How TLS begins."""
_TURNS_TO_CONNECT = 10
Answer = Callable[["HostileServer", asyncio.StreamWriter], Coroutine[Any, Any, None]]


class HostileServer:
    """Reads one request's head, lets its answer write, and closes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.heads: list[bytes] = []
        self.sent_bytes = 0
        self.url = ""
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def write(self, writer: asyncio.StreamWriter, content: bytes) -> None:
        writer.write(content)
        await writer.drain()
        self.sent_bytes += len(content)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (task := asyncio.current_task()) is not None:
            self._serving[task] = writer
            task.add_done_callback(self._serving.pop)
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                first = await reader.readexactly(1)
                if first == _HELLO:
                    await self.write(writer, head("400 No TLS here"))
                else:
                    self.heads.append(first + await reader.readuntil(b"\r\n\r\n"))
                    await self._answer(self, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def end(self) -> None:
        """Leave no connection open: a later test would be told of it."""
        while self._serving:
            for writer in self._serving.values():
                writer.transport.abort()
            await asyncio.wait(self._serving)


@asynccontextmanager
async def hostile(answer: Answer) -> AsyncIterator[HostileServer]:
    it = HostileServer(answer)
    server = await asyncio.start_server(it.serve, "127.0.0.1", 0)
    it.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield it
    finally:
        # asyncio forgets, open, what it accepts while its server closes: accept nobody, then close.
        asyncio.get_running_loop().remove_reader(server.sockets[0].fileno())
        for _ in range(_TURNS_TO_CONNECT):
            await asyncio.sleep(0)
        await it.end()
        server.close()


def head(status: str = "200 OK", **headers: str) -> bytes:
    named = {"Content-Type": "application/json", "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return "".join([f"HTTP/1.1 {status}\r\n", *(f"{k}: {v}\r\n" for k, v in named.items()), "\r\n"]).encode()


async def endless(it: HostileServer, writer: asyncio.StreamWriter) -> None:
    """An array that never ends, as fast as anybody reads it."""
    await it.write(writer, head() + b"[")
    while True:
        await it.write(writer, b'"' + b"x" * 65_000 + b'",')


async def bomb(it: HostileServer, writer: asyncio.StreamWriter) -> None:
    """A small body that unpacks to a thousand times its size."""
    body = gzip.compress(b"[" + b" " * 32_000_000 + b"]")
    await it.write(writer, head(Content_Encoding="gzip", Content_Length=str(len(body))) + body)


async def packed_twice(it: HostileServer, writer: asyncio.StreamWriter) -> None:
    """A bomb within a bomb."""
    body = gzip.compress(gzip.compress(b"[]"))
    await it.write(writer, head(Content_Encoding="gzip, gzip", Content_Length=str(len(body))) + body)


def elsewhere(url: str, status: str) -> Answer:
    """Sends whoever asks to another address."""

    async def answer(it: HostileServer, writer: asyncio.StreamWriter) -> None:
        await it.write(writer, head(status, Location=f"{url}/elsewhere", Content_Length="0"))

    return answer


async def nothing_there(it: HostileServer, writer: asyncio.StreamWriter) -> None:
    """An empty list, for whoever comes."""
    await it.write(writer, head(Content_Length="2") + b"[]")


def echo(status: str, *headers: str) -> Answer:
    """Says back all that it was told, also under the names of headers, as a gateway does that is being debugged."""

    async def answer(it: HostileServer, writer: asyncio.StreamWriter) -> None:
        said = it.heads[-1].decode("latin-1")
        body = json.dumps({"message": f"you said {said}", "detail": said, "error": {"message": said}}).encode()
        named = dict.fromkeys(headers, " ".join(said.split()))
        await it.write(writer, head(status, **named, Content_Length=str(len(body))) + body)

    return answer


async def a_million_rows(it: HostileServer, writer: asyncio.StreamWriter) -> None:
    """More sandboxes than anybody has, in an answer that is not too large."""
    body = b"[" + b",".join(b'{"sandboxID":"%d","state":"running"}' % number for number in range(1_000_000)) + b"]"
    await it.write(writer, head(Content_Length=str(len(body))) + body)
