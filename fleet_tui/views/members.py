"""Which resources carry which agent id. Most ids are on one, which then stands here without a set around it."""

from collections.abc import Collection

from fleet_tui.domain.identity import AgentId, ResourceKey


class Members:
    """The keys of every agent id that is on some resource."""

    def __init__(self) -> None:
        self._of: dict[AgentId, ResourceKey | set[ResourceKey]] = {}

    def __contains__(self, id_: str) -> bool:
        return id_ in self._of

    def of(self, id_: AgentId) -> Collection[ResourceKey]:
        found = self._of.get(id_, ())
        return (found,) if isinstance(found, ResourceKey) else found

    def add(self, id_: AgentId, key: ResourceKey) -> None:
        found = self._of.setdefault(id_, key)
        if isinstance(found, set):
            found.add(key)
        elif found is not key and found != key:
            self._of[id_] = {found, key}

    def drop(self, id_: AgentId, key: ResourceKey) -> None:
        """It carries the id no more, if it ever did."""
        found = self._of.get(id_)
        if found == key:
            del self._of[id_]
        elif isinstance(found, set):
            found.discard(key)
            if len(found) == 1:
                self._of[id_] = found.pop()
