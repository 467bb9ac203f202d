"""The keys of a `[[source]]` with `provider = "mem0-server"`; `base_url` is needed."""

from fleet_tui.config.source import SecretRef, SourceSettings


class Mem0ServerSettings(SourceSettings, frozen=True, kw_only=True):
    """`list_keys = false` leaves the server's API keys out."""

    api_key: SecretRef | None = None
    list_keys: bool = True
