"""Daytona: cloud sandboxes with disks. Imports neither its client nor its adapter."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.daytona.settings import DaytonaSettings

PROVIDER = Provider(
    name="daytona",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.SANDBOX}),
    settings=DaytonaSettings,
    adapter="fleet_tui.providers.daytona.adapter:DaytonaAdapter",
    secrets=("api_key",),
    usual_env={"api_key": "DAYTONA_API_KEY"},
    cadence_s=5.0,
    calls_per_s=50.0,
)
