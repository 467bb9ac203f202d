"""Agents on this machine: those a runner of ours holds, and agent CLIs that somebody else started."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.local.settings import LocalSettings

PROVIDER = Provider(
    name="local",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.PROCESS}),
    settings=LocalSettings,
    adapter="fleet_tui.providers.local.adapter:LocalAdapter",
    cadence_s=5.0,
    calls_per_s=1000.0,
    restart_replaces=True,
)
