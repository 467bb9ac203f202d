"""One configured source at work: its provider, its adapter, and what the configuration lets us do with it."""

from dataclasses import dataclass

from fleet_tui.config.provider import LoadedSource, Provider
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`adapter` is whatever the provider registered; what it can do is asked by `isinstance` of the ports."""

    name: SourceName
    provider: Provider
    adapter: object
    act: bool = True
    write_labels: bool = False
    loaded: LoadedSource | None = None
    """None in tests. Two sources with equal ones need no new adapter when the configuration is read again."""

    def unread(self) -> SourceStatus:
        """Its status before anything was read."""
        return SourceStatus(name=self.name, provider=self.provider.name, cadence_s=self.provider.cadence_s)
