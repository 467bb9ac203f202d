"""A vendor that outlives every process: one file per sandbox, and an effect that is one atomic rename."""

import asyncio
import json
import random
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from fleet_tui.domain.action import Order
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName, Target
from fleet_tui.domain.outcome import Done, Outcome
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import Getter, Killer, Lister, Pauser

SOURCE = SourceName("folder")
BORN = datetime(2026, 1, 1, tzinfo=UTC)


class Folder:
    """`boxes/SLOT` holds the incarnation; `ended/INCARNATION` says in its name who ended it."""

    def __init__(self, root: Path) -> None:
        self.boxes = root / "boxes"
        self.ended = root / "ended"
        self.paused = root / "paused"
        self.pauses = root / "pauses"
        self.made = root / "made"
        for folder in (self.boxes, self.ended, self.paused, self.pauses, self.made):
            folder.mkdir(parents=True, exist_ok=True)

    def start(self, slot: str, incarnation: str) -> Target:
        """Atomic too: nobody sees a sandbox of no incarnation."""
        made = self.made / slot
        made.write_text(incarnation, encoding="ascii")
        made.rename(self.boxes / slot)
        return Target(ResourceKey(SOURCE, Kind.SANDBOX, slot), Incarnation(incarnation))

    def end(self, slot: str, by: str, *, only: str = "") -> bool:
        """Atomic: it was there and is now ended by `by`, or it, or the incarnation `only`, was not there."""
        path = self.boxes / slot
        try:
            incarnation = path.read_text(encoding="ascii")
            if only not in {"", incarnation}:
                return False
            path.rename(self.ended / json.dumps([incarnation, by]).replace("/", "_"))
        except FileNotFoundError:
            return False
        return True

    def pause(self, slot: str, by: str) -> None:
        """Each call that paused it leaves a file; a pause has no incarnation or generation to compare with."""
        if not (self.paused / slot).exists():
            (self.paused / slot).touch()
            (self.pauses / f"{by}-{len(list(self.pauses.iterdir()))}").touch()

    def resume(self, slot: str) -> None:
        (self.paused / slot).unlink()

    def enders(self) -> dict[str, str]:
        """Incarnation -> who ended it."""
        return dict(json.loads(path.name) for path in self.ended.iterdir())


class FolderAdapter(Lister, Getter, Killer, Pauser):
    """Slow enough that a kill -9 falls between any two of its steps; compares the incarnation in the call itself."""

    def __init__(self, folder: Folder, *, step_s: float = 0.02) -> None:
        self._folder = folder
        self._step_s = step_s
        self._chance = random.Random()

    @override
    async def list_resources(self, now: datetime) -> Listing:
        rows = (self._row(path) for path in sorted(self._folder.boxes.iterdir()))
        return Listing(resources=tuple(row for row in rows if row is not None), kinds=frozenset({Kind.SANDBOX}))

    @override
    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        await self._step()
        return self._row(self._folder.boxes / key.id)

    @override
    async def kill(self, order: Order) -> Outcome:
        await self._step()
        done = self._folder.end(order.target.key.id, by=order.action_id, only=order.target.incarnation)
        await self._step()
        return Done("ended" if done else "it was gone already")

    @override
    async def pause(self, order: Order) -> Outcome:
        await self._step()
        self._folder.pause(order.target.key.id, by=order.action_id)
        await self._step()
        return Done("paused")

    def _row(self, path: Path) -> Resource | None:
        """None: it is gone, perhaps since a moment ago."""
        try:
            incarnation = Incarnation(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        phase = Phase.PAUSED if (self._folder.paused / path.name).exists() else Phase.RUNNING
        return Resource(
            key=ResourceKey(SOURCE, Kind.SANDBOX, path.name),
            provider="folder",
            incarnation=incarnation,
            name=path.name,
            phase=PhaseFact(phase=phase, since=BORN, evidence="a file", raw="there"),
            created_at=BORN,
            capabilities=frozenset({Capability.KILL, Capability.PAUSE}),
        )

    async def _step(self) -> None:
        await asyncio.sleep(self._chance.random() * self._step_s)
