"""What every part of the engine works with: clock, store on its thread, sources and what is known of them."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from fleet_tui.config.secret import Secret
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.identity import SourceName
from fleet_tui.engine.offload import Offload
from fleet_tui.engine.picture import Picture
from fleet_tui.engine.source import Source
from fleet_tui.engine.spending import RateChange
from fleet_tui.ports import Clock, CollectorStore

T = TypeVar("T")


class MachineClock(Clock, Protocol):
    """A clock that also counts what the machine sleeps, and that nobody can set."""

    def uptime_s(self) -> float: ...


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """Shared by polls, verdicts and actions of one collector."""

    clock: MachineClock
    store: CollectorStore
    offload: Offload
    chance: random.Random
    boot: str = ""
    """Names the time since the machine started, within which its uptime means something."""
    read_only: bool = False
    """`access = "read-only"`: no action is sent, whoever asked."""
    state_dir: Path | None = None
    """Where a rescue goes; None: nowhere."""
    secrets: Collection[Secret] = ()
    """What must not stand in any file of ours."""
    sources: dict[SourceName, Source] = field(default_factory=dict[SourceName, Source])
    unusable: frozenset[SourceName] = frozenset()
    """Configured, and not even to be asked: what is there is as it was, and nobody sees it."""
    pictures: dict[SourceName, Picture] = field(default_factory=dict[SourceName, Picture])
    rate_changes: dict[SourceName, list[RateChange]] = field(default_factory=dict[SourceName, list[RateChange]])
    """What went over to another rate since money was last counted."""
    overlays: Callable[[], Iterable[Overlay]] = tuple
    """The operators' assignments. Blocks: called on the store's thread."""
    nudges: dict[SourceName, asyncio.Event] = field(default_factory=dict[SourceName, asyncio.Event])

    async def stored(self, work: Callable[[CollectorStore], T]) -> T:
        """Do something with the store on its thread."""
        return await self.offload.run(lambda: work(self.store))

    def nudge(self, names: Iterable[SourceName]) -> None:
        """Poll these sources now instead of when they are due."""
        for name in names:
            if name in self.nudges:
                self.nudges[name].set()

    def named(self, subject: str) -> Sequence[SourceName]:
        """The source that a wanted row names; all for an empty subject."""
        if not subject:
            return tuple(self.sources)
        name = SourceName(subject)
        return (name,) if name in self.sources else ()
