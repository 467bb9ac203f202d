"""Domain values to SQLite's and back, without loss: text of any kind, times in microseconds, never NaN."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

from fleet_tui.domain.assignment import UNASSIGNED, Assignment
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Pairs, Resource
from fleet_tui.store.schema import RESOURCE

Cell = str | int | float | bytes | None
Row = tuple[Cell, ...]
"""What is written."""

Cells = tuple[Any, ...]
"""What SQLite gave back: the types are those that the matching `..._row` wrote."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT64 = 2**63 - 1

# SQLite holds UTF-8, which has no lone surrogates, and vendors send them. Each becomes the noncharacter U+FDD0 and
# its four hex digits; U+FDD0 itself is spelled the same way, so that every text comes back as it was.
_ESCAPE = "\ufdd0"
_ODD = re.compile("[\ufdd0\ud800-\udfff]")
_SPELLED = re.compile("\ufdd0([0-9a-f]{4})")
_RECORD, _UNIT = "\x1e", "\x1f"
_ODD_MEMBER = re.compile("[\x1e\x1f\ufdd0\ud800-\udfff]")

_PACKED = frozenset({RESOURCE.index("labels"), RESOURCE.index("detail")})
_KINDS = {kind.value: kind for kind in Kind}
_PHASES = {phase.value: phase for phase in Phase}
_BASES = {basis.value: basis for basis in Basis}
_WORDS: Mapping[str, str] = {member: member.value for members in (Kind, Phase, Basis) for member in members}
"""Looking a word up is four times as fast as asking a member for its value."""


def text(value: str) -> str:
    """Any text as SQLite can hold it."""
    if value.isascii():
        return value
    return _ODD.sub(_spelled, value)


def _spelled(found: re.Match[str]) -> str:
    return f"{_ESCAPE}{ord(found.group()):04x}"


def opt_text(value: str | None) -> str | None:
    return None if value is None else text(value)


def plain(value: str) -> str:
    """Undo `text`."""
    if _ESCAPE not in value:
        return value
    return _SPELLED.sub(lambda found: chr(int(found.group(1), 16)), value)


def opt_plain(value: str | None) -> str | None:
    return None if value is None else plain(value)


def us(moment: datetime) -> int:
    """Microseconds since 1970 in UTC; exact for every aware datetime."""
    return (moment - EPOCH) // _MICROSECOND


def opt_us(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    return EPOCH + value * _MICROSECOND


def opt_moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + value * _MICROSECOND


def real(value: float | None) -> float | None:
    """A number that is one: NaN and infinity are unknown."""
    return value if value is not None and isfinite(value) else None


def whole(value: int) -> int:
    """An integer as SQLite can hold it; what is further out stops at the end of 64 bits."""
    return max(-_INT64, min(value, _INT64))


def opt_whole(value: int | None) -> int | None:
    return None if value is None else whole(value)


def packed_pairs(value: Sequence[tuple[str, str]]) -> str:
    """Pairs between record separators, their members between unit separators; three times as fast to read as JSON."""
    plainly = _RECORD.join(map(_UNIT.join, value))
    if plainly.isascii() and plainly.count(_UNIT) == len(value) and plainly.count(_RECORD) == max(len(value) - 1, 0):
        return plainly
    return _RECORD.join(f"{member(name)}{_UNIT}{member(held)}" for name, held in value)


def pairs(value: str) -> Pairs:
    if not value:
        return ()
    if _ESCAPE in value:
        return tuple((plain(name), plain(held)) for name, held in (one.split(_UNIT) for one in value.split(_RECORD)))
    return tuple([(name, held) for name, _, held in [one.partition(_UNIT) for one in value.split(_RECORD)]])


def packed_texts(value: Sequence[str]) -> str:
    return _RECORD.join(map(member, value)) + _RECORD if value else ""


def texts(value: str) -> tuple[str, ...]:
    return tuple(map(plain, value.split(_RECORD)[:-1]))


def member(value: str) -> str:
    """Any text as part of a packed cell."""
    return _ODD_MEMBER.sub(_spelled, value)


def packed(value: object) -> str:
    """Compact JSON, in ASCII."""
    return json.dumps(value, separators=(",", ":"))


def key_row(key: ResourceKey) -> tuple[str, str, str]:
    return text(key.source), key.kind.value, text(key.id)


def opt_key_row(key: ResourceKey | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if key is None else key_row(key)


def key_of(source: str, kind: str, rid: str) -> ResourceKey:
    return ResourceKey(SourceName(shared(source)), _KINDS[kind], plain(rid))


def opt_key_of(source: str | None, kind: str | None, rid: str | None) -> ResourceKey | None:
    return None if source is None or kind is None or rid is None else key_of(source, kind, rid)


def resource_row(resource: Resource) -> Row:
    """In the order of `schema.RESOURCE`."""
    key, phase, assignment, rate = resource.key, resource.phase, resource.assignment, resource.rate
    row = (
        key.source,
        _WORDS[key.kind],
        key.id,
        resource.provider,
        resource.incarnation,
        resource.generation,
        resource.name,
        _WORDS[phase.phase],
        opt_us(phase.since),
        phase.evidence,
        phase.raw,
        int(phase.confirmed),
        resource.agent,
        resource.claimed_by,
        assignment.owner,
        assignment.team,
        assignment.task,
        assignment.parent,
        packed_pairs(resource.labels),
        resource.region,
        opt_us(resource.created_at),
        opt_us(resource.ends_at),
        None if rate is None else whole(rate.microusd_per_hour),
        None if rate is None else _WORDS[rate.basis],
        None if rate is None else rate.currency,
        _capability_words(resource.capabilities),
        int(resource.observes_work),
        packed_pairs(resource.detail),
    )
    # Nearly every row is ASCII throughout, which one look at all of it tells.
    if "".join([cell for cell in row if isinstance(cell, str)]).isascii():
        return row
    return tuple([text(cell) if isinstance(cell, str) and at not in _PACKED else cell for at, cell in enumerate(row)])


@lru_cache(maxsize=1024)
def _capability_words(capabilities: frozenset[Capability]) -> str:
    return " ".join(sorted(capability.value for capability in capabilities))


@lru_cache(maxsize=1024)
def _capabilities(words: str) -> frozenset[Capability]:
    return frozenset(Capability(word) for word in words.split())


@lru_cache(maxsize=4096)
def _assignment(owner: str | None, team: str | None, task: str | None, parent: str | None) -> Assignment:
    if owner is None and team is None and task is None and parent is None:
        return UNASSIGNED
    return Assignment(
        owner=None if owner is None else shared(owner),
        team=None if team is None else shared(team),
        task=opt_plain(task),
        parent=opt_plain(parent),
    )


_MEMO_LIMIT = 1024
_rates: dict[tuple[int, str, str], Rate] = {}
_labels: dict[str, tuple[str, str]] = {}
"""Both are emptied when full: where nearly all differ, a miss must cost next to nothing."""


def _rate(micro: int | None, basis: str | None, currency: str | None) -> Rate | None:
    if micro is None or basis is None or currency is None:
        return None
    rate = _rates.get((micro, basis, currency))
    if rate is None:
        if len(_rates) >= _MEMO_LIMIT:
            _rates.clear()
        rate = Rate(microusd_per_hour=micro, basis=_BASES[basis], currency=shared(currency))
        # Not under the texts of this row: they would be kept with it.
        _rates[micro, rate.basis, rate.currency] = rate
    return rate


@lru_cache(maxsize=4096)
def shared(value: str) -> str:
    """One object for equal texts that many rows hold."""
    return plain(value)


@lru_cache(maxsize=4096)
def _shared_pairs(value: str) -> Pairs:
    return pairs(value)


def _labels_of(value: str, agent: str | None) -> Pairs:
    """Of a row's labels most are those of many rows, and one is nearly always its agent's id."""
    return tuple([_labels.get(one) or _label(one, agent) for one in value.split(_RECORD)]) if value else ()


def _label(packed_pair: str, agent: str | None) -> tuple[str, str]:
    name, _, held = packed_pair.partition(_UNIT)
    value = plain(held)
    if agent is not None and value == agent:
        return shared(name), agent
    if len(_labels) >= _MEMO_LIMIT:
        _labels.clear()
    pair = _labels[packed_pair] = (shared(name), value)
    return pair


def resource_of(row: Cells) -> Resource:
    """From the columns of `schema.RESOURCE`, in that order."""
    (
        source,
        kind,
        rid,
        provider,
        incarnation,
        generation,
        name,
        phase,
        since,
        evidence,
        raw,
        confirmed,
        agent,
        claimed_by,
        owner,
        team,
        task,
        parent,
        labels,
        region,
        created_at,
        ends_at,
        rate_micro,
        rate_basis,
        rate_currency,
        capabilities,
        observes_work,
        detail,
    ) = row
    id_, began, agent_id = plain(rid), opt_moment(since), opt_plain(agent)
    return Resource(
        key=ResourceKey(SourceName(shared(source)), _KINDS[kind], id_),
        provider=shared(provider),
        incarnation=Incarnation(id_ if incarnation == rid else plain(incarnation)),
        generation=plain(generation),
        name=plain(name),
        phase=PhaseFact(
            phase=_PHASES[phase],
            since=began,
            evidence=shared(evidence),
            raw=shared(raw),
            confirmed=confirmed != 0,
        ),
        agent=None if agent_id is None else AgentId(agent_id),
        claimed_by=shared(claimed_by),
        assignment=_assignment(owner, team, task, parent),
        labels=_labels_of(labels, agent_id),
        region=None if region is None else shared(region),
        created_at=began if created_at == since else opt_moment(created_at),
        ends_at=opt_moment(ends_at),
        rate=_rate(rate_micro, rate_basis, rate_currency),
        capabilities=_capabilities(capabilities),
        observes_work=observes_work != 0,
        detail=_shared_pairs(detail),
    )


def failure_row(failure: Failure) -> Row:
    """In the order of `schema.FAILURE`."""
    return (
        failure.failure_class.value,
        text(failure.source),
        text(failure.operation),
        text(failure.text),
        us(failure.at),
        *opt_key_row(failure.key),
        opt_whole(failure.status),
        opt_text(failure.request_id),
        real(failure.retry_after_s),
    )


def failure_of(row: Cells) -> Failure:
    """From the columns of `schema.FAILURE`, in that order."""
    failure_class, source, operation, what, at, key_source, kind, rid, status, request_id, retry_after_s = row
    return Failure(
        failure_class=FailureClass(failure_class),
        source=SourceName(plain(source)),
        operation=plain(operation),
        text=plain(what),
        at=moment(at),
        key=opt_key_of(key_source, kind, rid),
        status=status,
        request_id=opt_plain(request_id),
        retry_after_s=retry_after_s,
    )
