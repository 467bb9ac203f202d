"""What one console stands on: the store's two sides, who sits before it, and what it may do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fleet_tui import clock
from fleet_tui.bell import Bell, PlainBell
from fleet_tui.config.history import History
from fleet_tui.config.notify import LoadedChannel
from fleet_tui.config.settings import ConsoleSettings
from fleet_tui.domain.agent import Join
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.dirt import Dirt, DirtReader
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import FleetReader, IntentStore, StoreError
from fleet_tui.views.first_run import FirstRun
from fleet_tui.views.header import Standing

WINDOW: Final = timedelta(minutes=10)
"""How long `W` lets a console act."""
_EVEN_S: Final = 1.0
"""The two clocks are not read at one moment."""


def _nothing_to_start() -> str | None:
    return None


def _nothing_to_read() -> str:
    return "this console has no configuration to read again"


def _nobody_can_look(_resources: Sequence[Resource]) -> Mapping[ResourceKey, Dirt]:
    return {}


def _disk_unknown() -> int | None:
    return None


def _no_runbook(_: str) -> tuple[str, ...]:
    return ()


@dataclass(kw_only=True)
class Session:
    """Made by the root, handed to the app. `window_until` is this console's own and dies with it."""

    reader: FleetReader
    intents: IntentStore
    actor: str
    host: str
    fleet: str = "fleet"
    production: bool = False
    read_only: bool = False
    acting: frozenset[SourceName] | None = None
    """Sources that a verb may reach; None: all."""
    writing: frozenset[SourceName] = frozenset()
    """Sources that may be told labels."""
    join: Join = Join.TEAM
    now: Callable[[], datetime] = clock.now
    uptime_s: Callable[[], float] = clock.uptime_s
    bell: Callable[[], Bell] = PlainBell
    """What rings when the store may have been written."""
    start_collector: Callable[[], str | None] = _nothing_to_start
    """Starts one where none is alive; gives a sentence where that was not possible."""
    look_for_dirt: DirtReader = _nobody_can_look
    """Looks into the directories of agents of this machine. Blocks."""
    hears: tuple[LoadedChannel, ...] = ()
    """How this console's own terminal is told; empty: not at all."""
    low_disk_bytes: Callable[[], int | None] = _disk_unknown
    """What is left where the store is, in whole megabytes, where that is little; else None."""
    runbook: Callable[[str], tuple[str, ...]] = _no_runbook
    """The lines of a runbook of the operator's own, empty where there is none."""
    window_until: datetime | None = None
    window_ends_s: float = float("inf")
    """The same on the machine's uptime: a clock that is set back keeps no window open."""
    beside: Path | None = None
    """Where fleet.toml is, or would be: themes, keys, columns and plugins stand beside it."""
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    reread: Callable[[], "Callable[[Session], None] | str"] = _nothing_to_read
    """Reads the configuration again and tells the collector; gives what takes it in, or a sentence."""
    first_run: FirstRun | None = None
    """Nothing is configured and nothing was ever seen: what to say where there is no row."""
    greeting: str = ""
    """What whoever opened this console has to say first, in the line of outcomes."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of whoever opened the console; plugins get a harmless part of it."""
    state_dir: Path | None = None
    """Where saved views and plans go."""
    history: History = field(default_factory=History)
    """What was typed into its lines."""

    @property
    def window_ends(self) -> datetime | None:
        """When the window shuts, by the clock as it goes now; None where it is shut."""
        until, left_s = self.window_until, self.window_ends_s - self.uptime_s()
        if until is None or left_s <= 0:
            return None
        return (
            until if left_s >= WINDOW.total_seconds() else min(until, self.now() + timedelta(seconds=left_s + _EVEN_S))
        )

    @property
    def standing(self) -> Standing:
        return Standing(
            fleet=self.fleet,
            production=self.production,
            read_only=self.read_only,
            window_until=self.window_ends,
        )

    def may_act(self) -> bool:
        return self.standing.may_act(self.now())

    def why_not(self) -> str:
        """Why a plan may only be looked at; empty where it may be carried out."""
        if self.read_only:
            return 'fleet.toml says access = "read-only": this is a plan only'
        return (
            "" if self.may_act() else "this console only looks: press W to open it for 10 minutes; this is a plan only"
        )

    def open_window(self) -> None:
        """Open the write window; it is in the audit first. Raises StoreError, and then it stays shut."""
        if self.read_only:
            raise StoreError('fleet.toml says access = "read-only"')
        now, ends_s = self.now(), self.uptime_s() + WINDOW.total_seconds()
        until = now + WINDOW
        self.intents.note(
            "window opened", actor=self.actor, host=self.host, via="console", why=f"until {until:%H:%M:%S}Z", now=now
        )
        self.window_until, self.window_ends_s = until, ends_s

    def close_window(self) -> None:
        """Shut it at once; that the audit could not be written keeps nothing open. Raises StoreError."""
        self.window_until = None
        self.intents.note("window closed", actor=self.actor, host=self.host, via="console", why="", now=self.now())
