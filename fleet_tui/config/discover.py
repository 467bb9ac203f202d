"""Finds providers by their entry points: names at once, a module only when its name is asked for."""

from collections.abc import Iterator, Mapping
from typing import Final

from typing_extensions import override

from fleet_tui.config.entry_points import Point, points_of
from fleet_tui.config.errors import ConfigError
from fleet_tui.config.provider import Provider

GROUP: Final = "fleet_tui.providers"
OURS: Final = "fleet-tui"


class Providers(Mapping[str, Provider]):
    """Providers by name. A third party's code is imported only when the configuration names it."""

    def __init__(self, points: Mapping[str, Point], ours: frozenset[str]) -> None:
        self._points = points
        self._loaded: dict[str, Provider] = {}
        self.ours: frozenset[str] = ours
        """Those of this package: only they become sources without being named."""

    @override
    def __getitem__(self, name: str) -> Provider:
        if name not in self._loaded:
            self._loaded[name] = _load(self._points[name])
        return self._loaded[name]

    @override
    def __contains__(self, name: object) -> bool:
        return name in self._points

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    @override
    def __len__(self) -> int:
        return len(self._points)


def installed_providers() -> Providers:
    """All that is installed, by name; ours wins over a third party's of the same name."""
    points: dict[str, Point] = {}
    ours: set[str] = set()
    for point in points_of(GROUP):
        own = point.package == OURS
        if own or point.name not in points:
            points[point.name] = point
        if own:
            ours.add(point.name)
    return Providers(points, frozenset(ours))


def _load(point: Point) -> Provider:
    try:
        provider = point.load()
    except Exception as error:
        reason = f"{type(error).__name__} while {point.value} was imported"
        raise ConfigError(f"the provider `{point.name}` cannot be used: {reason}") from error
    if not isinstance(provider, Provider):
        raise ConfigError(f"the provider `{point.name}` cannot be used: {point.value} is not a Provider")
    return provider
