"""A real HTTP server on loopback that plays ntfy, Slack and a plain hook, and keeps what it was told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override


@dataclass
class Hooks:
    """`status` is what it answers; while `hangs` is set it answers nobody."""

    port: int = 0
    status: int = 200
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: int = 0
    hangs: threading.Event | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def hooks() -> Iterator[Hooks]:
    held = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            held.asked += 1
            if held.hangs is not None:
                held.hangs.wait(30)
            if held.status < 300:
                held.told.append((self.path, body))
            self.send_response(held.status)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        if held.hangs is not None:
            held.hangs.set()
        server.shutdown()
        server.server_close()
