"""How a provider, ours or a third party's, makes itself known without importing anything heavy."""

from collections.abc import Mapping
from dataclasses import field

from fleet_tui.config.secret import Secret
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import Kind, Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Registered under the entry point group `fleet_tui.providers`; the entry point names one of these.

    `adapter` is `module:Class`, imported by the collector only when a source uses it and called as
    `Class(settings, secrets, context)`.
    """

    name: str
    layer: Layer
    kinds: frozenset[Kind]
    settings: type[SourceSettings]
    adapter: str
    secrets: tuple[str, ...] = ()
    """Fields of the settings that are a `SecretRef`."""
    usual_env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings field -> the environment variable its vendor's users usually have."""
    automatic: bool = True
    """With no fleet.toml, becomes a source to look at when `usual_env` is set. Money and admin keys are False."""
    cadence_s: float = 15.0
    calls_per_s: float = 10.0
    """Half the vendor's limit at most, shared by the sources of one account."""
    restart_replaces: bool = False
    """An ordered restart makes a new incarnation, so that a generation which moved by itself was not moved by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSource:
    """One checked `[[source]]`: its provider, its settings and its revealed-by-nobody secrets by field name."""

    provider: Provider
    settings: SourceSettings
    secrets: Mapping[str, Secret]
