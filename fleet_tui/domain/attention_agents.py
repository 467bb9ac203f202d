"""Agents that need a person, by the thousand if it must be: an item is only made of what is told by itself."""

from collections.abc import Iterable
from datetime import datetime
from math import inf

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.attention import ESTIMATED, Cost, Item, at_once, incident, likeness, spent_since
from fleet_tui.domain.attention_rules import NEEDY, agent_item, hourly_of
from fleet_tui.domain.resource import Resource


def needy_items(agents: Iterable[Agent], now: datetime) -> list[Item]:
    """Of agents in a phase that needs somebody: one item each, one for many that came into it alike and at once."""
    items: list[Item] = []
    for group, members in _alike(agents).items():
        if at_once(lead.phase.since for _, lead in members):
            items.extend(_told_together(group, members, now))
        else:
            items.extend(item for agent, _ in members if (item := _told(agent, now)) is not None)
    return items


_Led = tuple[Agent, Resource]


def _alike(agents: Iterable[Agent]) -> dict[str, list[_Led]]:
    """By the group that `agent_item` would give."""
    same: dict[tuple[str, str, str], list[_Led]] = {}
    for agent in agents:
        lead = agent.lead
        if lead is None:
            continue
        phase = lead.phase
        key = (phase.phase, lead.key.source, phase.evidence or phase.raw)
        if (members := same.get(key)) is not None:
            members.append((agent, lead))
        elif phase.phase in NEEDY:
            same[key] = [(agent, lead)]
    groups: dict[str, list[_Led]] = {}
    for (phase_, source, evidence), members in same.items():
        groups.setdefault(f"{phase_}:{source}:{likeness(evidence)}", []).extend(members)
    return groups


def _told(agent: Agent, now: datetime) -> Item | None:
    return agent_item(agent, name=_name(agent), signal_at=None, now=now)


def _name(agent: Agent) -> str:
    return agent.handle if agent.claimed else agent.name


def _told_together(group: str, members: list[_Led], now: datetime) -> list[Item]:
    # The order of an incident's items: since when, then by cause, in which a colon follows the handle.
    members.sort(key=lambda member: f"{member[0].handle}:")
    members.sort(key=lambda member: inf if (since := member[1].phase.since) is None else since.timestamp())
    agents = [agent for agent, _ in members]
    first = _told(agents[0], now)
    if first is None:
        return []
    together = incident(
        first,
        group,
        subjects=[_name(agent) for agent in agents],
        handles=tuple([agent.handle for agent in agents]),
        cost=None if first.cost is None else _cost(members, now),
        severity=first.severity,
    )
    return [together]


def _cost(members: Iterable[_Led], now: datetime) -> Cost:
    """What `summed` makes of the cost of each."""
    spent: list[int] = []
    hourly: list[int] = []
    at_least = False
    for agent, lead in members:
        only = len(agent.resources) == 1
        per_hour, unpriced = hourly_of(agent.resources if only else agent.running)
        since = lead.phase.since
        at_least |= unpriced or since is None
        if per_hour is not None:
            hourly.append(per_hour)
            if since is not None:
                spent.append(spent_since(per_hour, since, now))
    return Cost(
        spent_micro=sum(spent) if spent else None,
        per_hour_micro=sum(hourly) if hourly else None,
        bases=ESTIMATED if hourly else frozenset(),
        at_least=at_least,
    )
