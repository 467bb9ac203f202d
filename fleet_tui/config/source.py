"""What every `[[source]]` of fleet.toml may say, whatever its provider, and how a credential is referred to."""

import msgspec


class SecretRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a credential is: exactly one of these is set. Never the credential itself."""

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None
    keyring: str | None = None


class RuleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One mapping rule: `match` is a regular expression searched in `field` (`name`, `id`, `label.KEY`)."""

    field: str = "name"
    match: str
    agent: str


class SourceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys that all providers share; each provider's settings extend this."""

    name: str
    provider: str
    base_url: str | None = None
    label: str = "fleet.agent"
    """The label that names the agent."""
    rules: tuple[RuleSettings, ...] = ()
    name_pattern: str | None = None
    write_labels: bool = False
    side: str | None = None
    """Overrides whose money this is: `cost` or `billed`."""
    act: bool = True
    """False: this source is only looked at."""
