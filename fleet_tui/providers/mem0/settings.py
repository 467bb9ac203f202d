"""The keys of a `[[source]]` with `provider = "mem0"`."""

from fleet_tui.config.source import SecretRef, SourceSettings


class Mem0Settings(SourceSettings, frozen=True, kw_only=True):
    """`count_memories = false` saves the one list call that each scope costs from time to time."""

    api_key: SecretRef | None = None
    count_memories: bool = True
