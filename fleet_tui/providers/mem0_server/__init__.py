"""Mem0, a server somebody runs: another API than the platform's. Imports nothing heavy."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.mem0_server.settings import Mem0ServerSettings

PROVIDER = Provider(
    name="mem0-server",
    layer=Layer.MEMORY,
    kinds=frozenset({Kind.MEMORY_SCOPE, Kind.API_KEY}),
    settings=Mem0ServerSettings,
    adapter="fleet_tui.providers.mem0_server.adapter:Mem0ServerAdapter",
    secrets=("api_key",),
    automatic=False,
    cadence_s=60.0,
    calls_per_s=5.0,
)
