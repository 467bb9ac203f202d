"""Thousands of agents told at once say what their items would say put together one by one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import Agent, agent_of
from fleet_tui.domain.attention import at_once, incidents, order
from fleet_tui.domain.attention_agents import needy_items
from fleet_tui.domain.attention_rules import NEEDY, agent_item
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.phase import Phase
from tests.support import facts
from tests.support.facts import NOW

RATES = st.none() | st.builds(
    Rate,
    microusd_per_hour=st.integers(0, 10**7),
    basis=st.sampled_from(Basis),
    currency=st.sampled_from(["usd", "eur"]),
)
SINCE = st.none() | st.integers(-60, 900).map(lambda seconds: NOW - timedelta(seconds=seconds))


@st.composite
def needy(draw: st.DrawFn) -> Agent:
    """One to two resources, in a phase that mostly needs somebody; ids that sort otherwise with a colon behind them."""
    id_ = draw(st.sampled_from(["a", "a1", "a-1", "b", "z~", "c", "d", "e", "f", "g", "h"]))
    resource: Any = facts.resource(
        id_, agent=id_, phase=draw(st.sampled_from([*NEEDY, Phase.RUNNING])), source=draw(st.sampled_from(["e2b", "x"]))
    )
    evidence = draw(st.sampled_from(["", "no output for 11 min", "no output for 12 min", "exit 1"]))
    fact = replace(resource.phase, since=draw(SINCE), evidence=evidence, confirmed=draw(st.booleans()))
    lead = replace(resource, phase=fact, rate=draw(RATES))
    others = draw(st.sampled_from([(), (Kind.SANDBOX,), (Kind.MEMORY_SCOPE,)]))
    more = [replace(facts.resource(f"{id_}+", agent=id_, kind=kind), rate=draw(RATES)) for kind in others]
    return agent_of(id_, f"name of {id_}", (lead, *more), claimed=draw(st.booleans()))


@given(st.lists(needy(), max_size=12, unique_by=lambda agent: agent.handle))
def test_agents_told_together_are_what_their_items_are(agents: list[Agent]) -> None:
    leads = [agent for agent in agents if agent.lead is not None and agent.lead.phase.phase in NEEDY]
    names = [agent.handle if agent.claimed else agent.name for agent in leads]
    one_by_one = [
        agent_item(agent, name=name, signal_at=None, now=NOW) for agent, name in zip(leads, names, strict=True)
    ]

    found = sorted(needy_items(agents, NOW), key=order)

    assert found == sorted(incidents(item for item in one_by_one if item is not None), key=order)


@given(st.lists(st.none() | st.integers(0, 100), max_size=12), st.integers(0, 80))
def test_three_within_five_minutes_are_at_once_wherever_they_stand(minutes: list[int | None], before: int) -> None:
    apart = [NOW - timedelta(days=day + 1) for day in range(before)]
    late = [None if minute is None else NOW + timedelta(minutes=minute) for minute in minutes]
    known = sorted(minute for minute in minutes if minute is not None)
    close = any(third - first <= 5 for first, third in zip(known, known[2:], strict=False))

    assert at_once([*apart, *late]) == close
