"""Drives the durable workflows in a process of their own; prints one JSON line with what was seen."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fleet_tui.domain.action import ActionId
from fleet_tui.engine.durable import DbosDurable
from tests.support.wait import eventually_async


async def until(holds: Callable[[], bool]) -> None:
    async def look() -> bool:
        return holds()

    await eventually_async(look, timeout_s=20)


async def scene(folder: Path, what: str) -> dict[str, object]:
    ran: list[str] = []

    async def body(action_id: ActionId) -> None:
        ran.append(action_id)
        if action_id.startswith("bad") and what == "begin":
            raise RuntimeError("a defect")

    durable = DbosDurable(folder)
    loop = asyncio.get_running_loop()
    await durable.launch(body)
    if what == "begin":
        for action_id in ("one.0", "one.0", "bad.0"):
            await durable.start(ActionId(action_id))
        await until(lambda: len(ran) >= 2)
        await durable.start(ActionId("one.0"))
    elif what == "recover":
        await until(lambda: "bad.0" in ran)
    elif what == "again":
        await durable.again([ActionId("one.0"), ActionId("never.0")])
        await until(lambda: len(ran) >= 2)
    elif what == "tidy":
        await durable.tidy(datetime.now(UTC) + timedelta(days=1))
    began = loop.time()
    await durable.close()
    rows = sqlite3.connect(folder / "durable.sqlite").execute("SELECT workflow_uuid, status FROM workflow_status")
    return {"ran": sorted(ran), "held": sorted(rows.fetchall()), "closed_in_s": loop.time() - began}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(scene(Path(sys.argv[1]), sys.argv[2]))))
