"""The keys of a `[[source]]` with `provider = "e2b"`."""

from fleet_tui.config.source import SecretRef, SourceSettings


class E2BSettings(SourceSettings, frozen=True, kw_only=True):
    """`base_url` is the management API; `events_url` the lifecycle events, which may live elsewhere."""

    api_key: SecretRef | None = None
    events_url: str | None = None
