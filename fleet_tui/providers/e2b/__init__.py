"""E2B: cloud sandboxes. Imports neither its SDK nor its adapter."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.e2b.settings import E2BSettings

PROVIDER = Provider(
    name="e2b",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.SANDBOX}),
    settings=E2BSettings,
    adapter="fleet_tui.providers.e2b.adapter:E2BAdapter",
    secrets=("api_key",),
    usual_env={"api_key": "E2B_API_KEY"},
    cadence_s=5.0,
    calls_per_s=100.0,
)
