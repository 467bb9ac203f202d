"""A message is sent: what whoever got it says back costs neither time nor memory."""

import asyncio

from fleet_tui.config.notify import Shape
from fleet_tui.config.secret import Secret
from fleet_tui.domain.attention import Severity
from fleet_tui.notify.message import Message
from fleet_tui.notify.sending import HttpSender
from tests.support.hostile_server import endless, hostile

SAID = Message(fleet="prod", title="prod: 1 thing", lines=("HIGH ada",), severity=Severity.HIGH, causes=("c",))
ON_ITS_WAY = 40_000_000


async def test_an_answer_without_an_end_is_not_read() -> None:
    async with hostile(endless) as server:
        sender = HttpSender(Secret(f"{server.url}/hook"), Shape.JSON)
        await asyncio.wait_for(asyncio.to_thread(sender.send, SAID), 20)
        assert server.sent_bytes < ON_ITS_WAY
