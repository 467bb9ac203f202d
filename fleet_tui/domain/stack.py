"""What a fleet stands on: layers, providers, who and what is there, and what that makes of a whole chain."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import prod
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.resource import Resource

_LAYERS: Final = tuple(Layer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One provider within one layer. `layer` None: it is read, and nothing of it was ever listed."""

    layer: Layer | None
    provider: str
    sources: tuple[SourceName, ...]
    agents: int = 0
    """Agents that have something there that has not ended."""
    held: Mapping[Kind, int]
    """What is there and has not ended, whoever has it."""

    @property
    def things(self) -> int:
        return sum(self.held.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The providers that an agent needs all of, by layer. `agents` stand on exactly these."""

    providers: tuple[str, ...]
    agents: int


def _living(resources: Iterable[Resource]) -> Iterable[Resource]:
    return (r for r in resources if r.phase.phase not in ENDED)


def standings(
    agents: Iterable[Agent], loose: Iterable[Resource], providers: Mapping[SourceName, str]
) -> tuple[Standing, ...]:
    """By layer, then the provider that most agents stand on. `providers` names every source that is read."""
    standing: dict[tuple[Layer, str], set[str]] = {}
    held: dict[tuple[Layer, str], Counter[Kind]] = {}
    sources: dict[tuple[Layer, str], set[SourceName]] = {}

    def put(resource: Resource) -> tuple[Layer, str]:
        place = (resource.layer, resource.provider)
        held.setdefault(place, Counter())[resource.key.kind] += 1
        sources.setdefault(place, set()).add(resource.key.source)
        return place

    for agent in agents:
        for resource in _living(agent.resources):
            standing.setdefault(put(resource), set()).add(agent.handle)
    for resource in _living(loose):
        put(resource)
    found = [
        Standing(
            layer=layer,
            provider=provider,
            sources=tuple(sorted(sources[layer, provider])),
            agents=len(standing.get((layer, provider), ())),
            held=kinds,
        )
        for (layer, provider), kinds in held.items()
    ]
    seen = {source for one in found for source in one.sources}
    silent: dict[str, list[SourceName]] = {}
    for source, provider in providers.items():
        if source not in seen:
            silent.setdefault(provider, []).append(source)
    layers = {one.provider: one for one in sorted(found, key=lambda one: one.things)}
    for provider, unseen in silent.items():
        if (beside := layers.get(provider)) is not None:
            found.remove(beside)
            every = tuple(sorted({*beside.sources, *unseen}))
            found.append(
                Standing(layer=beside.layer, provider=provider, sources=every, agents=beside.agents, held=beside.held)
            )
        else:
            found.append(Standing(layer=None, provider=provider, sources=tuple(sorted(unseen)), held={}))
    return tuple(sorted(found, key=_order))


def _order(one: Standing) -> tuple[int, int, str]:
    return (len(_LAYERS) if one.layer is None else _LAYERS.index(one.layer), -one.agents, one.provider)


def chain_of(agent: Agent) -> tuple[str, ...]:
    """The providers that an agent has something at which has not ended, by layer, each once."""
    places = {(_LAYERS.index(r.layer), r.provider) for r in _living(agent.resources)}
    return tuple(dict.fromkeys(provider for _, provider in sorted(places)))


def median_chain(agents: Iterable[Agent]) -> Chain | None:
    """What the median agent that runs needs: of the chains of median length the most frequent one."""
    chains = Counter(chain for agent in agents if agent.running and (chain := chain_of(agent)))
    if not chains:
        return None
    lengths = sorted(len(chain) for chain in chains.elements())
    median = lengths[len(lengths) // 2]
    frequent = min((chain for chain in chains if len(chain) == median), key=lambda chain: (-chains[chain], chain))
    return Chain(providers=frequent, agents=chains[frequent])


def together(availabilities: Iterable[float | None]) -> float | None:
    """How often all of them are there at once, if each fails for itself; None where one was not measured."""
    known: list[float] = []
    for one in availabilities:
        if one is None:
            return None
        known.append(one)
    return prod(known) if known else None
