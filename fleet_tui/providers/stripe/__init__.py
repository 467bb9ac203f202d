"""Stripe: what an agent's work is billed by. Imports neither its SDK nor its adapter."""

from fleet_tui.config.provider import Provider
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.providers.stripe.settings import StripeSettings

PROVIDER = Provider(
    name="stripe",
    layer=Layer.BILLING,
    kinds=frozenset({Kind.ACCOUNT, Kind.CUSTOMER, Kind.METER, Kind.SUBSCRIPTION}),
    settings=StripeSettings,
    adapter="fleet_tui.providers.stripe.adapter:StripeAdapter",
    secrets=("api_key",),
    usual_env={"api_key": "STRIPE_API_KEY"},
    automatic=False,
    cadence_s=300.0,
    calls_per_s=12.0,
)
