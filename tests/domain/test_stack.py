"""What a fleet stands on, and what that makes of a chain."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import Agent, agent_of
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.stack import Chain, chain_of, median_chain, standings, together
from tests.support.facts import resource

PROVIDERS = {SourceName("e2b"): "e2b", SourceName("mem0"): "mem0"}


def agent(name: str, *, memory: bool = False, phase: Phase = Phase.RUNNING, source: str = "e2b") -> Agent:
    held = [resource(f"s-{name}", agent=name, phase=phase, source=source)]
    if memory:
        held.append(resource(f"m-{name}", agent=name, source="mem0", kind=Kind.MEMORY_SCOPE))
    return agent_of(name, name, held)


def test_who_and_what_is_there_is_counted_by_layer_and_provider() -> None:
    loose = resource("m-loose", source="mem0", kind=Kind.MEMORY_SCOPE)
    found = standings([agent("a", memory=True), agent("b"), agent("c", phase=Phase.ENDED_OK)], [loose], PROVIDERS)
    assert [(one.layer, one.provider, one.agents, dict(one.held)) for one in found] == [
        (Layer.COMPUTE, "e2b", 2, {Kind.SANDBOX: 2}),
        (Layer.MEMORY, "mem0", 1, {Kind.MEMORY_SCOPE: 2}),
    ]


def test_a_source_that_lists_nothing_is_still_something_we_stand_on() -> None:
    providers = {**PROVIDERS, SourceName("e2b-eu"): "e2b", SourceName("stripe"): "stripe"}
    found = standings([agent("a")], [], providers)
    assert [(one.layer, one.provider, one.sources, one.things) for one in found] == [
        (Layer.COMPUTE, "e2b", ("e2b", "e2b-eu"), 1),
        (None, "mem0", ("mem0",), 0),
        (None, "stripe", ("stripe",), 0),
    ]


def test_the_median_chain_is_the_most_frequent_of_median_length() -> None:
    agents = [agent("a"), agent("b", memory=True), agent("c", memory=True), agent("d", memory=True, source="daytona")]
    assert median_chain(agents) == Chain(providers=("e2b", "mem0"), agents=2)
    assert median_chain([agent("a", phase=Phase.ENDED_OK)]) is None
    assert chain_of(agent("a", memory=True)) == ("e2b", "mem0")


@given(st.lists(st.none() | st.floats(0, 1), max_size=6))
def test_a_chain_is_no_better_than_its_worst_and_unknown_where_one_is(shares: list[float | None]) -> None:
    both = together(shares)
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or not shares:
        assert both is None
    else:
        assert both is not None
        assert 0 <= both <= min(known)
