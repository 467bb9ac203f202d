"""The fleet as one console knows it, kept up to date delta by delta at a cost in proportion to what changed."""

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.acknowledgement import Acknowledgement
from fleet_tui.domain.action import ActionId
from fleet_tui.domain.agent import Agent, Join, agent_of, agents_of_id
from fleet_tui.domain.assignment import Overlay, overlaid
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import AgentId, Layer, ResourceKey, SourceName, unpacked
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord, HandOver
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.sprawl import Finding, RuleName
from fleet_tui.domain.text import SafeText
from fleet_tui.views.ledger import Ledger
from fleet_tui.views.members import Members
from fleet_tui.views.names import ShownNames, suffixed
from fleet_tui.views.needs import Needs
from fleet_tui.views.tally import Tally

ENDED_STAYS: Final = timedelta(minutes=15)
"""How long an ended row stays in FLEET."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one delta did to the rows of FLEET, by handle, and which other facts moved."""

    changed: frozenset[str] = frozenset()
    """Rows that are new or look different."""
    gone: frozenset[str] = frozenset()
    whole: bool = False
    """Everything was read again: rows that are not in the model any more are gone without being named.

    Of a load in pieces the first one says so, and the `last` one, when all rows are here.
    """
    last: bool = True
    sources: bool = False
    findings: bool = False
    money: bool = False
    actions: tuple[ActionRecord, ...] = ()
    told: bool = False
    """Somebody deals with something, a hand-over moved, or a channel fares otherwise."""

    def __bool__(self) -> bool:
        facts = self.sources or self.findings or self.money or self.actions or self.told
        return bool(self.changed or self.gone or self.whole or facts)


@dataclass(slots=True)
class _Touched:
    """What a delta touches before agents are put together again."""

    ids: set[AgentId] = field(default_factory=set[AgentId])
    loners: set[ResourceKey] = field(default_factory=set[ResourceKey])
    redraw: set[str] = field(default_factory=set[str])


class FleetModel:
    """Resources, grouped into agents. `fleet` holds the rows of FLEET; `agents` also those that ended a while ago."""

    def __init__(self, *, join: Join = Join.TEAM) -> None:
        self._join = join
        self._loading = False
        """Pieces of something larger are still to come."""
        self._loading_whole = False
        self.past = False
        """It stands for a past moment, of which no vitals and no money of the day are kept."""
        self.store_id = ""
        self.revision = -1
        self.found_moved = 0
        """The same for findings, of which there may be many."""
        self.moved = 0
        """Grows with every change; what is derived from the model is as old as the number it was made at."""
        self._forget()

    def _forget(self) -> None:
        self.found_moved += 1
        self.resources: dict[ResourceKey, Resource] = {}
        self.statuses: dict[SourceName, SourceStatus] = {}
        self.vitals: dict[ResourceKey, Vitals] = {}
        self.findings: dict[ResourceKey, dict[RuleName, Finding]] = {}
        self.found: Counter[RuleName] = Counter()
        self.actions: dict[ActionId, ActionRecord] = {}
        self.hand_overs: dict[str, HandOver] = {}
        self.acknowledgements: dict[str, Acknowledgement] = {}
        self.channels: dict[str, ChannelStatus] = {}
        self.needs = Needs()
        self.agents: dict[str, Agent] = {}
        self.fleet: dict[str, Agent] = {}
        self.loose: set[ResourceKey] = set()
        """Neither compute nor claimed: one counted line under the table."""
        self.ledger = Ledger()
        self.tally = Tally()
        self.names = ShownNames()
        self._overlays: dict[str, tuple[Overlay, ...]] = {}
        self._members = Members()
        self._handles: dict[AgentId, tuple[str, ...]] = {}
        """Of the ids that are not the one handle themselves, which few are."""
        self._owners: dict[str, AgentId] = {}
        self._apart: dict[ResourceKey, str] = {}
        """Which of several rows of one agent id a resource belongs to."""
        self._acting_on: dict[ResourceKey, ActionId] = {}
        self._expiries: list[tuple[datetime, str]] = []

    @property
    def loading(self) -> bool:
        """Pieces of something larger are still to come."""
        return self._loading

    @property
    def loading_whole(self) -> bool:
        """More rows of a whole load are still to come: nothing can be counted yet."""
        return self._loading_whole

    def handle_of(self, key: ResourceKey) -> str | None:
        """Which row a resource belongs to."""
        resource = self.resources.get(key)
        if resource is None:
            return None
        if resource.agent is None:
            handle = key.packed()
            return handle if handle in self.agents else None
        handles = self._handles_of(resource.agent)
        return handles[0] if len(handles) == 1 else self._apart.get(key)

    def _handles_of(self, id_: AgentId) -> tuple[str, ...]:
        """The rows of an agent id. One without an `@` in it can only be its own handle."""
        held = self._handles.get(id_)
        if held is not None:
            return held
        return (id_,) if id_ in self.agents and "@" not in id_ else ()

    def called(self, key: ResourceKey, name: str) -> str:
        """A resource by the name of its agent where it has one, else by its own name or id."""
        agent = self.agents.get(self.handle_of(key) or "")
        return agent.name if agent is not None and agent.claimed else name or key.id

    def pending(self, agent: Agent) -> tuple[ActionRecord, ...]:
        """Accepted actions on an agent's resources that have no outcome yet."""
        ids = (self._acting_on.get(r.key) for r in agent.resources) if self._acting_on else ()
        return tuple(self.actions[id_] for id_ in ids if id_ is not None)

    def effective(self, resource: Resource) -> Resource:
        """A resource with the operators' words laid over its own assignment."""
        if not self._overlays:
            return resource
        over = self._overlays.get(resource.key.packed(), ())
        if resource.agent is not None:
            over = (*self._overlays.get(resource.agent, ()), *over)
        return replace(resource, assignment=overlaid(resource.assignment, over)) if over else resource

    def overlaid_fields(self, agent: Agent) -> frozenset[str]:
        """Which fields of an agent's assignment are an operator's word of ours and not the provider's."""
        subjects = {*(r.agent for r in agent.resources if r.agent), *(r.key.packed() for r in agent.resources)}
        return frozenset(o.field.value for subject in subjects for o in self._overlays.get(subject, ()))

    def apply(self, delta: FleetDelta, now: datetime) -> Change:
        """Take one delta in; say which rows changed."""
        whole = delta.whole and not self._loading
        if whole:
            self._forget()
        self._loading = not delta.last
        self._loading_whole |= delta.whole
        loaded = self._loading_whole and delta.last
        self._loading_whole &= not delta.last
        self.store_id = delta.store_id
        if delta.last:
            self.revision = delta.revision
        touched = _Touched()
        if delta.overlays_changed:
            self._lay(delta.overlays, touched)
        self._take_resources(delta, touched)
        self._take_vitals(delta.vitals, touched)
        self._take_findings(delta, touched)
        for agent in self.ledger.take(delta.totals):
            touched.redraw.update(self._handles_of(AgentId(agent)))
        self._take_actions(delta.actions, touched)
        self.hand_overs.update((one.hand_over_id, one) for one in delta.hand_overs)
        self.acknowledgements.update((one.cause, one) for one in delta.acknowledgements)
        self.channels.update((one.name, one) for one in delta.channels)
        for name in delta.gone_sources:
            self.statuses.pop(name, None)
        self.statuses.update((status.name, status) for status in delta.statuses)
        changed, gone = self._regroup(touched, now)
        changed |= {handle for handle in touched.redraw if handle in self.fleet}
        self.moved += 1
        return Change(
            changed=frozenset(changed),
            gone=frozenset(gone),
            whole=delta.whole or loaded,
            last=delta.last,
            sources=bool(delta.statuses or delta.gone_sources),
            findings=bool(delta.findings or delta.gone_findings),
            money=bool(delta.totals),
            actions=delta.actions,
            told=bool(delta.acknowledgements or delta.hand_overs or delta.channels),
        )

    def expire(self, now: datetime) -> frozenset[str]:
        """Let ended rows leave FLEET when their time is over; give their handles."""
        gone: set[str] = set()
        while self._expiries and self._expiries[0][0] <= now:
            agent = self.fleet.get(handle := heapq.heappop(self._expiries)[1])
            if agent is not None and _leaves_at(agent) is not None and not _in_fleet(agent, now):
                self._hide(handle, agent)
                gone.add(handle)
        self.moved += bool(gone)
        return frozenset(gone)

    @property
    def next_expiry(self) -> datetime | None:
        return self._expiries[0][0] if self._expiries else None

    def _lay(self, overlays: Iterable[Overlay], touched: _Touched) -> None:
        before = self._overlays
        after: dict[str, tuple[Overlay, ...]] = {}
        for overlay in overlays:
            after[overlay.subject] = (*after.get(overlay.subject, ()), overlay)
        self._overlays = after
        subjects = {s for s in {*before, *after} if before.get(s) != after.get(s)}
        if not subjects:
            return
        touched.ids.update(AgentId(s) for s in subjects if s in self._members)
        for resource in filter(None, map(self._packed, subjects)):
            self._touch(resource, touched)

    def _packed(self, subject: str) -> Resource | None:
        try:
            return self.resources.get(unpacked(subject))
        except ValueError:
            return None

    def _take_resources(self, delta: FleetDelta, touched: _Touched) -> None:
        for key in delta.gone:
            self.vitals.pop(key, None)
            if (before := self.resources.pop(key, None)) is not None:
                self._drop_member(before, touched)
        for resource in delta.resources:
            key, agent = resource.key, resource.agent
            before = self.resources.get(key)
            if before is not None and before.agent != agent:
                self._drop_member(before, touched)
            self.resources[key] = resource
            if agent is not None:
                self._members.add(agent, key)
                touched.ids.add(agent)
            elif resource.layer is Layer.COMPUTE:
                touched.loners.add(key)
            else:
                self.loose.add(key)

    def _touch(self, resource: Resource, touched: _Touched) -> None:
        if resource.agent is not None:
            touched.ids.add(resource.agent)
        elif resource.layer is Layer.COMPUTE:
            touched.loners.add(resource.key)

    def _drop_member(self, resource: Resource, touched: _Touched) -> None:
        self.loose.discard(resource.key)
        if resource.agent is not None:
            self._members.drop(resource.agent, resource.key)
        self._touch(resource, touched)
        self._apart.pop(resource.key, None)

    def _take_vitals(self, vitals: Iterable[Vitals], touched: _Touched) -> None:
        for one in vitals:
            self.vitals[one.key] = one
            if (handle := self.handle_of(one.key)) is not None:
                touched.redraw.add(handle)

    def _take_findings(self, delta: FleetDelta, touched: _Touched) -> None:
        self.found_moved += bool(delta.findings or delta.gone_findings)
        for rule, subject in delta.gone_findings:
            key = unpacked(subject)
            if key not in self.findings or self.findings[key].pop(RuleName(rule), None) is None:
                continue
            self.found[RuleName(rule)] -= 1
            if not self.findings[key]:
                del self.findings[key]
            touched.redraw.add(self.handle_of(key) or "")
        for finding in delta.findings:
            of_subject = self.findings.setdefault(finding.subject, {})
            if finding.rule not in of_subject:
                self.found[finding.rule] += 1
            of_subject[finding.rule] = finding
            touched.redraw.add(self.handle_of(finding.subject) or "")

    def _take_actions(self, actions: Iterable[ActionRecord], touched: _Touched) -> None:
        for action in actions:
            self.actions[action.action_id] = action
            self.needs.settled(action)
            key = action.target.key
            if action.outcome is None:
                self._acting_on[key] = action.action_id
            elif self._acting_on.get(key) == action.action_id:
                del self._acting_on[key]
            touched.redraw.add(self.handle_of(key) or "")

    def _regroup(self, touched: _Touched, now: datetime) -> tuple[set[str], set[str]]:
        changed: set[str] = set()
        gone: set[str] = set()
        for id_ in touched.ids:
            self._regroup_id(id_, now, changed, gone)
        for key in touched.loners:
            handle = key.packed()
            resource = self.resources.get(key)
            if resource is None or resource.agent is not None:
                self._remove(handle, gone)
                continue
            name = resource.name or resource.key.id
            self._place(agent_of(handle, name, (self.effective(resource),), claimed=False), now, changed, gone)
        return changed, gone

    def _regroup_id(self, id_: AgentId, now: datetime, changed: set[str], gone: set[str]) -> None:
        keys = self._members.of(id_)
        agents = agents_of_id(id_, [self.effective(self.resources[key]) for key in keys], self._join)
        before = self._handles_of(id_)
        if "@" in id_ or len(agents) > 1 or len(before) > 1:
            agents = self._parted(agents, id_)
        after = [agent.handle for agent in agents] if before else ()
        for handle in before:
            if handle not in after:
                self._remove(handle, gone)
                if not after and self._owners.get(handle) == id_:
                    del self._owners[handle]
        for agent in agents:
            self._place(agent, now, changed, gone)

    def _parted(self, agents: tuple[Agent, ...], id_: AgentId) -> tuple[Agent, ...]:
        """Several rows of one id, or one row whose handle may be another's: remember which is which."""
        self._handles.pop(id_, None)
        if len(agents) > 1 or (agents and "@" in id_):
            agents = tuple(self._owned(agent, id_) for agent in agents)
            self._handles[id_] = tuple(agent.handle for agent in agents)
        for agent in agents:
            for resource in agent.resources:
                if len(agents) > 1:
                    self._apart[resource.key] = agent.handle
                else:
                    self._apart.pop(resource.key, None)
        return agents

    def _owned(self, agent: Agent, id_: AgentId) -> Agent:
        """The id `bot@ci` and the id `bot` of team ci would answer to one handle: whoever comes second gets another."""
        owner = self._owners.setdefault(agent.handle, id_)
        return agent if owner == id_ else replace(agent, handle=suffixed(SafeText(agent.handle), f"{id_}\x1f"))

    def _place(self, agent: Agent, now: datetime, changed: set[str], gone: set[str]) -> None:
        handle = agent.handle
        self.agents[handle] = agent
        self.needs.placed(agent)
        shown_before = self.fleet.get(handle)
        leaves = _leaves_at(agent)
        if leaves is None or leaves > now:
            if shown_before is not None:
                self.tally.remove(shown_before)
            self.tally.add(agent)
            self.fleet[handle] = agent
            changed.add(handle)
            if renamed := self.names.put(handle, handle if agent.claimed else agent.name):
                changed |= renamed
            if leaves is not None:
                heapq.heappush(self._expiries, (leaves, handle))
        elif shown_before is not None:
            self._hide(handle, shown_before)
            gone.add(handle)

    def _hide(self, handle: str, shown: Agent) -> None:
        self.tally.remove(shown)
        del self.fleet[handle]
        self.names.drop(handle)

    def _remove(self, handle: str, gone: set[str]) -> None:
        self.agents.pop(handle, None)
        self.needs.removed(handle)
        if (shown := self.fleet.get(handle)) is not None:
            self._hide(handle, shown)
            gone.add(handle)


def _leaves_at(agent: Agent) -> datetime | None:
    lead = agent.lead
    if lead is None or lead.phase.phase not in ENDED or lead.phase.since is None:
        return None
    return lead.phase.since + ENDED_STAYS


def _in_fleet(agent: Agent, now: datetime) -> bool:
    leaves = _leaves_at(agent)
    return leaves is None or leaves > now
