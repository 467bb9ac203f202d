"""Where an assignment is written: to the provider where the source allows it, else into our store over it. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.views.ages import fine, fine_age
from fleet_tui.views.cells import Cell
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import said

Assign = tuple[tuple[AssignmentField, str | None], ...]


@dataclass(frozen=True, slots=True)
class Reassignment:
    """What the provider is told, and what we lay over the rest."""

    written: tuple[Resource, ...]
    kept_here: tuple[Resource, ...]
    overlays: tuple[Overlay, ...]


def reassignment(
    model: FleetModel, targets: Iterable[Resource], assign: Assign, *, writing: Collection[SourceName], actor: str
) -> Reassignment:
    """Split the targets of a confirmed plan. `writing` are the sources with `write_labels = true`.

    An agent whose resources all stay here gets one word for all of them, as has one that an operator's word lies over
    already; else each resource gets its own.
    """
    listed = tuple(targets)
    written = tuple(r for r in listed if r.key.source in writing and Capability.RELABEL in r.capabilities)
    kept_here = tuple(r for r in listed if r not in written)
    mixed = {r.agent for r in written}
    subjects: dict[str, None] = {}
    for resource in kept_here:
        shared = resource.agent is not None and resource.agent not in mixed and _one_agent(model, resource)
        subjects[resource.agent if shared and resource.agent else resource.key.packed()] = None
    for resource in written:
        handle = model.handle_of(resource.key)
        agent = model.agents.get(handle) if handle is not None else None
        if agent is not None and {field.value for field, _ in assign} & model.overlaid_fields(agent):
            subjects[resource.key.packed()] = None
    overlays = tuple(
        Overlay(subject=subject, field=field, value=value, set_by=actor)
        for subject in subjects
        for field, value in assign
    )
    return Reassignment(written=written, kept_here=kept_here, overlays=overlays)


def _one_agent(model: FleetModel, resource: Resource) -> bool:
    """Its agent id means one agent: where two teams share an id, a word for the id would reach both."""
    return model.handle_of(resource.key) == resource.agent


@dataclass(frozen=True, slots=True)
class Moving:
    """Whose task goes to whom, by the agent ids that a word of ours is laid over."""

    giver: str
    taker: str
    task: str


def moving(model: FleetModel, giver: Agent, taker: str) -> Moving | str:
    """The hand-over of a task to whoever is called `taker`, or the sentence that says why there can be none."""
    task = giver.assignment.task
    if not giver.claimed:
        return f"{giver.name} carries no agent id: nothing can be laid over its task"
    if task is None:
        return f"{giver.name} has no task to hand over"
    takers = [a for a in model.agents.values() if a.claimed and taker in {a.handle, a.name}]
    if not takers:
        return f"{taker} names no agent that could take the task {task}"
    ids = {id_ for agent in (giver, *takers) for id_ in _ids(agent)}
    if shared := sorted(id_ for id_ in ids if sum(id_ in _ids(a) for a in model.agents.values()) > 1):
        return f"more than one agent carries the id {shared[0]}: a hand-over would reach all of them"
    if giver.handle == takers[0].handle:
        return f"{giver.name} cannot hand its task to itself"
    return Moving(giver=_id_of(giver), taker=_id_of(takers[0]), task=task)


def _ids(agent: Agent) -> set[str]:
    return {resource.agent for resource in agent.resources if resource.agent is not None}


def _id_of(agent: Agent) -> str:
    return min(_ids(agent), default=agent.name)


def still_waits(model: FleetModel, waiting: HandOver) -> str:
    """Why a hand-over that waits would move what is not there any more; empty where it may be confirmed."""
    held = {a.assignment.task for a in model.agents.values() if a.claimed and waiting.from_agent in _ids(a)}
    if waiting.task in held:
        return ""
    now = next((task for task in sorted(filter(None, held))), None)
    return f"{waiting.from_agent} has the task {waiting.task} no more" + (f": it has {now}" if now else "")


def waiting_of(model: FleetModel, agent: Agent, now: datetime) -> HandOver | None:
    """The hand-over from or to an agent that waits for a word, the oldest first."""
    names = {agent.handle, agent.name}
    waiting = [
        one
        for one in model.hand_overs.values()
        if one.state == "waiting" and one.not_after >= now and names & {one.from_agent, one.to_agent}
    ]
    return min(waiting, key=lambda one: (one.asked_at, one.hand_over_id), default=None)


def hand_over_words(waiting: HandOver, now: datetime) -> Cell:
    """What waits, since when, and how long it still may."""
    left = fine(int((waiting.not_after - now).total_seconds()))
    return said(
        f"the task {waiting.task} waits to move from {waiting.from_agent} to {waiting.to_agent}: asked by "
        f"{waiting.asked_by} {fine_age(waiting.asked_at, now)} ago, {left} left"
    )
