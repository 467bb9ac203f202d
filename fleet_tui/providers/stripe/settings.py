"""The keys of a `[[source]]` with `provider = "stripe"`."""

from fleet_tui.config.source import SecretRef, SourceSettings


class StripeSettings(SourceSettings, frozen=True, kw_only=True):
    """`meters` names meters (id or event name) whose subscribers are listed though no agent claims them."""

    api_key: SecretRef | None = None
    meters: tuple[str, ...] = ()
