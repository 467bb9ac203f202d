"""Mem0, the hosted platform: scopes of memories. Imports nothing heavy."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.mem0.settings import Mem0Settings

PROVIDER = Provider(
    name="mem0",
    layer=Layer.MEMORY,
    kinds=frozenset({Kind.MEMORY_SCOPE}),
    settings=Mem0Settings,
    adapter="fleet_tui.providers.mem0.adapter:Mem0Adapter",
    secrets=("api_key",),
    usual_env={"api_key": "MEM0_API_KEY"},
    cadence_s=60.0,
    calls_per_s=2.0,
)
