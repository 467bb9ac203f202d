"""An emulator that stops leaves nobody hanging."""

import asyncio
import socket

import pytest

from fleet_tui.emulator.e2b import E2BEmulator
from tests.support.clock import MovableClock

CLIENTS = 5


@pytest.mark.parametrize("turns", range(6))
async def test_whoever_connected_just_before_it_stopped_is_let_go(turns: int, clock: MovableClock) -> None:
    emulator = E2BEmulator(clock=clock)
    port = int((await emulator.start()).rpartition(":")[2])
    clients = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(CLIENTS)]
    for _ in range(turns):
        await asyncio.sleep(0)

    await emulator.stop()

    for client in clients:
        with client:
            try:
                assert client.recv(1) == b""
            except ConnectionError:
                # Nobody had accepted it yet.
                continue
