"""ATTENTION as the model knows it: every item judged, looked for again only when something moved or time passed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from typing import Final

from fleet_tui.domain.acknowledgement import FILTER, Acknowledgement, Dealt, Judged, Standing, judged, next_return
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.attention import Item, order
from fleet_tui.domain.attention_agents import needy_items
from fleet_tui.domain.attention_place import NOWHERE, Place, channel_item, place_items, source_item, unread_item
from fleet_tui.domain.attention_rules import (
    action_items,
    agent_item,
    earlier_item,
    finding_items,
    hand_over_item,
)
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Field, Filter, FilterError, matches, parse_to_look, split
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reading import SourceState, SourceStatus, state_at
from fleet_tui.views import row
from fleet_tui.views.facts import AgentFacts
from fleet_tui.views.model import FleetModel
from fleet_tui.views.needs import Needs

LOOK: Final = timedelta(seconds=10)
"""Longer than this nothing is looked for again by the clock alone."""
COUNTED: Final = timedelta(minutes=1)
CROWD: Final = 2000
"""Where more agents than this need somebody, they are looked through once in a while and not at each change."""
CROWD_STANDS: Final = timedelta(seconds=2)
_UNREAD_SOURCES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Everything that needs somebody, the worst first, what is dealt with last."""

    items: tuple[Judged, ...] = ()

    @property
    def new(self) -> tuple[Judged, ...]:
        """What nobody has taken, snoozed or silenced."""
        return tuple(one for one in self.items if one.open)

    @property
    def open(self) -> int:
        """What is not put off: new ones and taken ones."""
        return sum(1 for one in self.items if one.standing in {Standing.OPEN, Standing.TAKEN})

    def of(self, handles: Iterable[str]) -> tuple[Judged, ...]:
        """What is about any of these agents."""
        wanted = frozenset(handles)
        return tuple(one for one in self.items if not wanted.isdisjoint(one.item.handles))


NOTHING: Final = Attention()
Beside = Callable[[Callable[[], Callable[[], None]]], None]
"""Runs what it is given in a thread, and then, where the model is read, what that gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    """What agents in need were found to need: of which model, at which of its moves, and when."""

    needs: Needs
    moved: int
    at: datetime
    items: Sequence[Item]


class AttentionBook:
    """Holds the last look at a model. Crowds are looked through `beside` what draws, where there is such a place."""

    def __init__(self, model: FleetModel, beside: Beside | None = None) -> None:
        self._model = model
        self._beside = beside
        self._looks_beside = False
        self._seen: tuple[int, Place] | None = None
        self._at: datetime | None = None
        self._last = NOTHING
        self._found: tuple[int, datetime, list[Item]] | None = None
        self._crowd: _Crowd | None = None
        self._crowd_due: datetime | None = None
        """When what moved in a crowd is looked at; None: nothing of it is left out."""
        self._unread: dict[SourceName, tuple[tuple[datetime | None, int], tuple[int, int]]] = {}

    def look(self, now: datetime, place: Place = NOWHERE) -> Attention:
        """What needs somebody now. Costs nothing where nothing moved within ten seconds."""
        seen = (self._model.moved, place)
        held_back = self._crowd_due is not None and now >= self._crowd_due
        fresh = self._at is not None and self._at <= now < self._at + LOOK and not held_back
        if self._model.loading or (fresh and seen == self._seen):
            return self._last
        self._seen, self._at = seen, now
        self._last = self._looked(now, place)
        return self._last

    def due(self, now: datetime) -> datetime | None:
        """When something will look otherwise by the clock alone: a return, or an end that comes near."""
        times = [next_return(self._last.items, now), self._model.needs.next_end(now), self._crowd_due]
        return min((at for at in times if at is not None and at > now), default=None)

    def _looked(self, now: datetime, place: Place) -> Attention:
        model = self._model
        silences = [
            ack
            for cause, ack in model.acknowledgements.items()
            if cause.startswith(FILTER) and ack.dealt is Dealt.SILENCED and ack.until is not None and now < ack.until
        ]
        every = [
            judged(
                item,
                model.acknowledgements,
                now,
                silenced=next((ack for ack in silences if covers(model, _filter_of(ack), item, now)), None),
            )
            for item in (*place_items(place), *self._items(now))
        ]
        every.sort(key=lambda one: (one.standing is not Standing.OPEN, *order(one.item)))
        return Attention(items=tuple(every))

    def _items(self, now: datetime) -> Iterator[Item]:
        model = self._model
        yield from self._agents(now)
        yield from self._sources(now)
        yield from self._findings(now)
        yield from action_items(model.needs.unsound.values(), now, handle_of=model.handle_of)
        for hand_over in model.hand_overs.values():
            if (item := hand_over_item(hand_over, now)) is not None:
                yield item
        for channel in model.channels.values():
            if (item := channel_item(channel)) is not None:
                yield item

    def _findings(self, now: datetime) -> Sequence[Item]:
        """Counted again when a finding came or went, and once a minute for what they cost."""
        model, held = self._model, self._found
        if held is None or held[0] != model.found_moved or not held[1] <= now < held[1] + COUNTED:
            found = (finding for of_subject in model.findings.values() for finding in of_subject.values())
            items = finding_items(found, now, name_of=self._name_of, handle_of=model.handle_of)
            self._found = held = (model.found_moved, now, items)
        return held[2]

    def _agents(self, now: datetime) -> Iterator[Item]:
        model = self._model
        earlier = [model.agents[handle] for handle in model.needs.needy if handle not in model.fleet]
        if (item := earlier_item(earlier, now)) is not None:
            yield item
        fleet, needy = model.fleet, model.needs.needy
        yield from self._needy(now)
        for handle in model.needs.near_end(now):
            agent = fleet.get(handle)
            if agent is None or handle in needy:
                continue
            beat = row.beat(model, agent)
            name = agent.handle if agent.claimed else agent.name
            item = agent_item(agent, name=name, signal_at=beat.signal_at if beat else None, now=now)
            if item is not None:
                yield item

    def _needy(self, now: datetime) -> Sequence[Item]:
        """Looked through again when something moved, and once a minute for what waiting costs."""
        needs, fleet, held = self._model.needs, self._model.fleet, self._crowd
        moved = self._model.moved
        self._crowd_due = None
        if held is not None and held.needs is not needs:
            held = None
        if held is not None and held.moved == moved and held.at <= now < held.at + COUNTED:
            return held.items
        if held is not None and len(needs.needy) > CROWD and held.at <= now < held.at + CROWD_STANDS:
            self._crowd_due = held.at + CROWD_STANDS
            return held.items
        agents = [fleet[handle] for handle in needs.needy if handle in fleet]
        if self._beside is None or len(agents) <= CROWD:
            self._crowd = _Crowd(needs=needs, moved=moved, at=now, items=needy_items(agents, now))
            return self._crowd.items
        if not self._looks_beside:
            self._looks_beside = True
            self._beside(partial(self._crowd_of, needs, moved, agents, now))
        return held.items if held is not None else ()

    def _crowd_of(self, needs: Needs, moved: int, agents: Sequence[Agent], now: datetime) -> Callable[[], None]:
        crowd = _Crowd(needs=needs, moved=moved, at=now, items=needy_items(agents, now))

        def keep() -> None:
            self._looks_beside = False
            self._seen = None
            if self._model.needs is needs:
                self._crowd = crowd

        return keep

    def _sources(self, now: datetime) -> Iterator[Item]:
        statuses = self._model.statuses.values()
        bad = [s for s in statuses if state_at(s, now) in {SourceState.REFUSED, SourceState.UNREACHABLE}]
        stale = [s for s in statuses if state_at(s, now) is SourceState.STALE]
        held = {status.name: self._held(status) for status in (*bad, *stale)}
        if len(stale) >= _UNREAD_SOURCES:
            rows, rates = zip(*(held[status.name] for status in stale), strict=True)
            yield unread_item(stale, rows=sum(rows), per_hour_micro=sum(rates))
            stale = []
        for status in (*bad, *stale):
            rows_of, rate = held[status.name]
            if (item := source_item(status, now, rows=rows_of, per_hour_micro=rate)) is not None:
                yield item

    def _held(self, status: SourceStatus) -> tuple[int, int]:
        """How many rows of a source are not known to have ended, and their last known rates; counted once a reading."""
        before = self._unread.get(status.name)
        counted_at = (status.last_ok_at, len(self._model.resources))
        if before is not None and before[0] == counted_at:
            return before[1]
        rows, rate = 0, 0
        for resource in self._model.resources.values():
            if resource.key.source == status.name and resource.phase.phase not in ENDED:
                rows += 1
                known = resource.rate is not None and resource.rate.currency == "usd"
                rate += resource.rate.microusd_per_hour if known and resource.rate is not None else 0
        self._unread[status.name] = (counted_at, (rows, rate))
        return rows, rate

    def _name_of(self, key: ResourceKey) -> str:
        resource = self._model.resources.get(key)
        return resource.name if resource is not None and resource.name else key.id


class _ItemFacts:
    """What an item that is about no agent answers to a filter."""

    def __init__(self, item: Item) -> None:
        self._item = item

    def texts(self, field: Field) -> tuple[str, ...]:
        return (self._item.source,) if field is Field.SOURCE and self._item.source else ()

    def label(self, key: str) -> tuple[str, ...]:
        return ()

    def number(self, field: Field) -> Decimal | None:
        return None

    def words(self) -> tuple[str, ...]:
        return (self._item.subject, self._item.text, self._item.severity.value)

    def names(self) -> tuple[str, ...]:
        return (self._item.subject,)


def covers(model: FleetModel, chosen: Filter | None, item: Item, now: datetime) -> bool:
    """Whether a filter lets an item through: every agent it is about, or its source. None lets nothing through."""
    if chosen is None:
        return False
    if not chosen.terms:
        return True
    agents = [model.agents[handle] for handle in item.handles if handle in model.agents]
    if not agents:
        return matches(chosen, _ItemFacts(item))
    return all(matches(chosen, AgentFacts(model, agent, now)) for agent in agents)


def within(model: FleetModel, chosen: Filter, items: Iterable[Judged], now: datetime) -> Sequence[Judged]:
    """The items a filter lets through; a bare word may also stand in what an item says."""
    return [
        one
        for one in items
        if covers(model, chosen, one.item, now) or (chosen.terms and matches(chosen, _ItemFacts(one.item)))
    ]


@lru_cache(maxsize=64)
def _parsed(text: str) -> Filter | None:
    try:
        return parse_to_look(split(text))
    except FilterError:
        return None


def _filter_of(ack: Acknowledgement) -> Filter | None:
    """The filter that a silence stands for; None where this version cannot read it."""
    return _parsed(ack.cause.removeprefix(FILTER))
