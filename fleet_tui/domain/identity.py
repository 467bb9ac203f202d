"""Names a thing so that no other thing, before or after it, answers to the same name."""

from enum import StrEnum
from typing import NewType

from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass

SourceName = NewType("SourceName", str)
"""The name of one `[[source]]` of the configuration: one account at one provider."""

AgentId = NewType("AgentId", str)
"""The name that several resources share because they belong to one agent."""

Incarnation = NewType("Incarnation", str)
"""What the provider never uses again: a sandbox id, or boot id, namespace, pid and start ticks of a process."""


class Layer(StrEnum):
    """What an agent stands on."""

    COMPUTE = "compute"
    IDENTITY = "identity"
    MEMORY = "memory"
    TOOLS = "tools"
    BILLING = "billing"
    ORCHESTRATION = "orchestration"


class Kind(StrEnum):
    """What a resource is; decides which verbs may name it."""

    PROCESS = "process"
    SANDBOX = "sandbox"
    MEMORY_SCOPE = "memory_scope"
    API_KEY = "api_key"
    ACCOUNT = "account"
    CUSTOMER = "customer"
    METER = "meter"
    SUBSCRIPTION = "subscription"


RUNS = frozenset({Kind.PROCESS, Kind.SANDBOX})
"""Kinds that run: the only ones that pause, resume, restart, kill and extend may touch."""

LAYER_OF: dict[Kind, Layer] = {
    Kind.PROCESS: Layer.COMPUTE,
    Kind.SANDBOX: Layer.COMPUTE,
    Kind.MEMORY_SCOPE: Layer.MEMORY,
    Kind.API_KEY: Layer.MEMORY,
    Kind.ACCOUNT: Layer.BILLING,
    Kind.CUSTOMER: Layer.BILLING,
    Kind.METER: Layer.BILLING,
    Kind.SUBSCRIPTION: Layer.BILLING,
}

_SEPARATOR = "\x1f"


def may_name_an_agent(text: str) -> bool:
    """No agent id reads like a packed key: the rows of an agent would stand in the place of another row."""
    return bool(text) and _SEPARATOR not in text


@dataclass(frozen=True, slots=True, order=True)
class ResourceKey:
    """Names one resource within everything that is watched. `id` is the provider's own, never cleaned."""

    source: SourceName
    kind: Kind
    id: str

    @override
    def __str__(self) -> str:
        return f"{self.source}/{self.kind}/{self.id}"

    def packed(self) -> str:
        """One string that `unpacked` takes apart again, whatever the id holds."""
        return _SEPARATOR.join((self.source, self.kind, self.id))


def unpacked(text: str) -> ResourceKey:
    """Undo `ResourceKey.packed`. Raises ValueError for any other string."""
    source, kind, id_ = text.split(_SEPARATOR, 2)
    return ResourceKey(SourceName(source), Kind(kind), id_)


@dataclass(frozen=True, slots=True)
class Target:
    """What an effect was planned against: the thing and the life of it that the operator saw.

    `generation` moves when the same incarnation starts anew; restart and pause compare it, kill does not.
    """

    key: ResourceKey
    incarnation: Incarnation
    generation: str = ""
