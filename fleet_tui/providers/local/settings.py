"""The keys of a `[[source]]` with `provider = "local"`."""

from fleet_tui.config.source import SourceSettings


class LocalSettings(SourceSettings, frozen=True, kw_only=True):
    """`discover` false lists only what `fleet-tui run` started; `agents_file` is agents.toml of the configuration."""

    discover: bool = True
    agents_file: str | None = None
