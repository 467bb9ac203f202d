"""What is watched without a configuration: this machine, and to look at only, vendors whose usual variable is set."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from fleet_tui.config.check import wrong_in
from fleet_tui.config.provider import Provider
from fleet_tui.config.settings import FoundKey
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.identity import Layer

LOOKED_AT: Final = frozenset({Layer.COMPUTE, Layer.MEMORY})
"""Layers that become sources unnamed; money and admin keys never do."""


def automatic_sources(
    providers: Mapping[str, Provider], env: Mapping[str, str]
) -> Iterator[tuple[Provider, SourceSettings]]:
    """One source per provider that needs nothing but what is there. Those that need a key are only looked at."""
    for name in sorted(providers):
        provider = providers[name]
        if not provider.automatic or provider.layer not in LOOKED_AT:
            continue
        if not all(env.get(variable) for variable in provider.usual_env.values()):
            continue
        tree: dict[str, Any] = {"name": name, "provider": name, "act": not provider.usual_env}
        for field, variable in provider.usual_env.items():
            tree[field] = {"env": variable} if field in provider.secrets else env[variable]
        try:
            settings = msgspec.convert(tree, provider.settings, strict=True)
        except msgspec.ValidationError:
            continue
        if wrong_in(settings) is None:
            yield provider, settings


def found_keys(providers: Iterable[Provider], used: Collection[str], env: Mapping[str, str]) -> tuple[FoundKey, ...]:
    """Usual variables that are set for providers no source uses."""
    return tuple(
        FoundKey(provider=provider, variable=variable)
        for provider in providers
        if provider.name not in used
        for variable in provider.usual_env.values()
        if env.get(variable)
    )
