"""The keys of a `[[source]]` with `provider = "daytona"`."""

from fleet_tui.config.source import SecretRef, SourceSettings


class DaytonaSettings(SourceSettings, frozen=True, kw_only=True):
    """`analytics_url` is where the vendor's own usage report is read; none: what each sandbox costs is estimated."""

    api_key: SecretRef | None = None
    analytics_url: str | None = None
