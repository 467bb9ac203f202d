"""Durable actions that are imported in a thread while the first polls are already under way: it takes a second."""

import asyncio
import importlib
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Final

from typing_extensions import override

from fleet_tui.domain.action import ActionId
from fleet_tui.engine.durability import Body, Durable

_MODULE: Final = "fleet_tui.engine.durable"


class LateDurable(Durable):
    """The real one from its launch on; before that there is nothing to start, forget or close."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real: Durable | None = None

    @override
    async def launch(self, body: Body) -> None:
        module = await asyncio.to_thread(importlib.import_module, _MODULE)
        real: Durable = module.DbosDurable(self._folder)
        await real.launch(body)
        self._real = real

    @override
    async def start(self, action_id: ActionId) -> None:
        await self._launched().start(action_id)

    @override
    async def again(self, action_ids: Collection[ActionId]) -> None:
        await self._launched().again(action_ids)

    @override
    async def tidy(self, before: datetime) -> None:
        if self._real is not None:
            await self._real.tidy(before)

    @override
    async def close(self) -> None:
        if self._real is not None:
            await self._real.close()

    def _launched(self) -> Durable:
        if self._real is None:
            raise RuntimeError("durable actions were not launched")
        return self._real
