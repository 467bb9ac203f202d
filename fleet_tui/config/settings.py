"""The keys of fleet.toml that belong to no provider, and what a loaded configuration is."""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

import msgspec

from fleet_tui.config.notify import LoadedChannel
from fleet_tui.config.provider import LoadedSource, Provider
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.agent import Join
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.rates import RateCard


class Access(StrEnum):
    """What may be done with this fleet at all."""

    GUARDED = "guarded"
    READ_ONLY = "read-only"


class FleetSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `[fleet]` table."""

    name: str = "fleet"
    access: Access = Access.GUARDED
    """`read-only` refuses every act, for everybody."""
    production: bool = False
    """True: a verb asks for the fleet's name where it would ask for a key or a word."""
    join: Join = Join.TEAM
    """How far a shared agent id reaches: within one `team`, or `anywhere`."""


class ConsoleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `[console]` table: how the console looks, nothing of what it may do."""

    theme: str | None = None
    """A theme of ours, or of `themes/` beside fleet.toml. None: what fits the terminal."""
    mouse: bool = True
    """False: the terminal keeps the mouse, to select text with."""
    header: bool = True
    """False: the two lines on top are hidden."""
    ascii: bool | None = None
    """True: only ASCII is drawn. None: what the locale and the terminal say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSource:
    """A source that cannot be used now, with the sentence that says why; the others are not stopped by it."""

    provider: Provider
    settings: SourceSettings
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A usual variable that is set although no source uses it. Its value is not kept."""

    provider: Provider
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration. `path` is None where there is no file and the sources come from what was found."""

    path: Path | None
    fleet: FleetSettings
    console: ConsoleSettings = field(default_factory=ConsoleSettings)
    sources: tuple[LoadedSource, ...]
    refused: tuple[RefusedSource, ...]
    found: tuple[FoundKey, ...]
    rates: RateCard
    notify: tuple[LoadedChannel, ...] = ()

    @property
    def settings(self) -> Mapping[SourceName, SourceSettings]:
        """All sources by name, refused ones too, in the order of the file."""
        loaded = {SourceName(s.settings.name): s.settings for s in self.sources}
        return loaded | {SourceName(r.settings.name): r.settings for r in self.refused}

    @property
    def acting(self) -> frozenset[SourceName]:
        """Sources that a verb may reach. That `access` refuses every act is judged apart: a plan may still be shown."""
        return frozenset(name for name, settings in self.settings.items() if settings.act)

    def kinds_of(self) -> Mapping[SourceName, Provider]:
        """The provider of each source."""
        loaded = {SourceName(s.settings.name): s.provider for s in self.sources}
        return loaded | {SourceName(r.settings.name): r.provider for r in self.refused}
