"""A key's way over a real ssh hop with 50 ms of round trip, beside Textual's DataTable through the same hop.

python -m tests.bench.bench_far
"""

import asyncio
import contextlib
import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from tests.acceptance.harness import place_in
from tests.acceptance.ssh import SSHD, ssh_hop
from tests.bench.far_app import READY
from tests.bench.report import figure, heading

SIZE = (160, 45)
EACH_WAY_S = 0.025
TIMES = 15
_ANSWER_S = 3.0
_QUIET_S = 0.25
_OPEN_S = 60.0
_WRITE = 65536
ACTS = (("cursor down", b"\x1b[B"), ("one cell", b"x"), ("page down", b"\x1b[6~"))


class Delay:
    """A TCP proxy on loopback that holds every byte back for a while, in order."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop).result(
            10
        )
        self.port: int = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far_writer))
                group.create_task(self._carry(far_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(_WRITE):
            self._loop.call_later(EACH_WAY_S, writer.write, some)
        self._loop.call_later(EACH_WAY_S, writer.close)

    async def _end(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.wait(rest)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Desk:
    """The near end: a terminal of this size with ssh in it."""

    def __init__(self, words: Sequence[str]) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": tempfile.gettempdir()}
        self.process = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env)
        os.close(theirs)

    def read_until(self, text: str) -> None:
        seen = b""
        deadline = time.monotonic() + _OPEN_S
        while text.encode() not in seen:
            assert time.monotonic() < deadline, seen[-500:]
            if select.select([self._ours], [], [], 0.1)[0]:
                seen += os.read(self._ours, _WRITE)
        self.settle()

    def settle(self, first_s: float = _QUIET_S) -> tuple[float, int]:
        """Read until nothing comes any more; when the last byte came, and how many came."""
        last, count, patience_s = time.monotonic(), 0, first_s
        while select.select([self._ours], [], [], patience_s)[0]:
            count += len(os.read(self._ours, _WRITE))
            last, patience_s = time.monotonic(), _QUIET_S
        return last, count

    def press(self, key: bytes) -> tuple[float, int]:
        """Milliseconds from a key to the end of its frame less the round trip, and bytes."""
        began = time.monotonic()
        os.write(self._ours, key)
        ended, count = self.settle(_ANSWER_S)
        return (ended - began - 2 * EACH_WAY_S) * 1000, count

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


@contextlib.contextmanager
def desks() -> Iterator[dict[str, Desk]]:
    """Both programs, each in a terminal of its own behind the same hop."""
    with place_in(Path(tempfile.mkdtemp(prefix="bench-far-"))) as place, ssh_hop(place) as hop:
        port = hop[hop.index("-p") + 1]
        delay = Delay(int(port))
        near = [str(delay.port) if word == port else word for word in hop]
        alias = ["-o", f"HostKeyAlias=[127.0.0.1]:{port}"]
        both: dict[str, Desk] = {}
        try:
            for what in ("ours", "theirs"):
                program = ["sh", "-c", f"'cd {Path.cwd()} && {sys.executable} -m tests.bench.far_app {what}'"]
                both[what] = Desk([near[0], *alias, *near[1:], "COLORTERM=truecolor", *program])
                both[what].read_until(READY)
            yield both
        finally:
            for desk in both.values():
                desk.close()
            delay.close()
            shutil.rmtree(place.root, ignore_errors=True)


def main() -> int:
    if SSHD is None or shutil.which("ssh") is None:
        print("  sshd or ssh is not installed: nothing to measure")
        return 1
    heading(
        f"from key to frame over {2000 * EACH_WAY_S:.0f} ms of round trip, less that; 10,000 rows, 160x45, through sshd"
    )
    with desks() as both:
        for what, key in ACTS:
            times: dict[str, list[float]] = {"ours": [], "theirs": []}
            sent: dict[str, list[int]] = {"ours": [], "theirs": []}
            for _ in range(TIMES):
                for name, desk in both.items():
                    ms, count = desk.press(key)
                    times[name].append(ms)
                    sent[name].append(count)
            ours, theirs = median(times["ours"]), median(times["theirs"])
            beside = f"({median(sent['ours']):,.0f} B)"
            figure(f"{what}", ours, "ms", at_most=10.0, beside=beside)
            limit = None if what == "cursor down" else 0.3
            figure(
                f"{what} / DataTable's",
                ours / theirs,
                "x",
                at_most=limit,
                beside=f"({theirs:.1f} ms, {median(sent['theirs']):,.0f} B)",
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
