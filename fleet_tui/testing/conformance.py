"""Checks any adapter, ours or a third party's, against what the engine relies on. Each check gives sentences."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Coroutine, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from fleet_tui.config.provider import Provider
from fleet_tui.domain.action import NO_PARAMS, VERBS, ActionId, Order, Params, Verb
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import RUNS, Incarnation, ResourceKey, SourceName, Target
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.calls import act_of, can
from fleet_tui.ports import Getter, Killer, Lister, LogReader, ProviderError

NOBODY: Final = "fleet-tui-conformance-no-such-thing"
_READ_AGAIN: Final = 3
_FUTURE: Final = timedelta(minutes=10)
_SLACK_S: Final = 3.0


class NotConformingError(AssertionError):
    """Carries every sentence that does not hold."""

    def __init__(self, sentences: Collection[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


async def conform(
    adapter: object,
    provider: Provider,
    *,
    source: SourceName,
    now: datetime,
    secrets: Collection[str] = (),
) -> Listing:
    """List and read again what a healthy vendor has; give the listing. Raises NotConformingError."""
    if not isinstance(adapter, Lister):
        raise NotConformingError([f"{provider.name} does not implement Lister"])
    listing = await adapter.list_resources(now)
    sentences = [
        *listing_problems(listing, provider, source=source, now=now),
        *capability_problems(adapter, listing.resources),
        *secret_problems(listing, secrets),
    ]
    if isinstance(adapter, Getter):
        sentences.extend([s async for s in _reading_problems(adapter, listing.resources, source, provider, now)])
    elif any(can(adapter, verb) for verb in Verb):
        sentences.append("it acts, and has no Getter: every effect lists everything first")
    if isinstance(adapter, Killer):
        sentences.extend(await _kill_of_nothing(adapter, source, provider))
    if sentences:
        raise NotConformingError(sentences)
    return listing


def listing_problems(listing: Listing, provider: Provider, *, source: SourceName, now: datetime) -> Iterator[str]:
    """What a listing must be, whatever is in it."""
    if not listing.kinds <= provider.kinds:
        yield f"it speaks for {sorted(listing.kinds - provider.kinds)}, which its provider does not name"
    if not listing.complete and not listing.notes:
        yield "a partial listing must say in its notes what is missing"
    keys = [row.key for row in listing.resources]
    if len(set(keys)) != len(keys) and listing.complete and not listing.notes:
        yield "a key is listed twice and no note says so"
    for row in listing.resources:
        for sentence in _row_problems(row, provider, source=source, now=now):
            yield f"{row.key}: {sentence}"
        if row.key.kind not in listing.kinds:
            yield f"{row.key}: its kind is not among those that the listing speaks for"


def _row_problems(row: Resource, provider: Provider, *, source: SourceName, now: datetime) -> Iterator[str]:
    if row.key.source != source:
        yield "its source is another"
    if row.provider != provider.name:
        yield f"its provider is {row.provider!r} and not {provider.name!r}"
    if not row.key.id or "\x00" in row.key.id:
        yield "its id is empty or holds a NUL"
    if not row.incarnation:
        yield "it has no incarnation"
    if row.agent is not None and not row.claimed_by:
        yield "it has an agent and nothing says which rule named it"
    yield from _phase_problems(row)
    yield from _time_problems(row, now)


def _phase_problems(row: Resource) -> Iterator[str]:
    if row.phase.phase is Phase.UNKNOWN and not row.phase.raw:
        yield "its phase is unknown and the vendor's own word is not kept"
    if not row.phase.evidence:
        yield "nothing says where its phase comes from"


def _time_problems(row: Resource, now: datetime) -> Iterator[str]:
    for what, moment in (("since", row.phase.since), ("created_at", row.created_at), ("ends_at", row.ends_at)):
        if moment is not None and moment.tzinfo is None:
            yield f"{what} names no time zone"
        elif moment is not None and what != "ends_at" and moment > now + _FUTURE:
            yield f"{what} lies in the future"


def capability_problems(adapter: object, rows: Iterable[Resource]) -> Iterator[str]:
    """What a row says it can do, the adapter must be able to do; and only verbs that fit its kind."""
    verb_of = {spec.capability: spec for spec in VERBS.values()}
    for row in rows:
        for capability in sorted(row.capabilities):
            if capability is Capability.LOGS:
                if not isinstance(adapter, LogReader):
                    yield f"{row.key}: it says it has logs, and the adapter does not implement LogReader"
                continue
            spec = verb_of[capability]
            if not can(adapter, spec.verb):
                yield f"{row.key}: it says it can {spec.verb}, and the adapter cannot"
            if row.key.kind not in spec.kinds:
                yield f"{row.key}: it says it can {spec.verb}, which is not for a {row.key.kind}"


def secret_problems(said: object, secrets: Collection[str]) -> Iterator[str]:
    """No credential may be in anything that is kept or shown."""
    text = repr(said)
    for number, secret in enumerate(secrets, 1):
        if secret and secret in text:
            yield f"secret {number} stands in what the adapter gave"


async def _reading_problems(
    adapter: Getter, rows: Collection[Resource], source: SourceName, provider: Provider, now: datetime
) -> AsyncGenerator[str]:
    for row in tuple(rows)[:_READ_AGAIN]:
        again = await adapter.get_resource(row.key, now)
        if again is None:
            yield f"{row.key}: it is listed, and read again it is not there"
        elif (again.key, again.incarnation) != (row.key, row.incarnation):
            yield f"{row.key}: read again it is another: {again.key}, {again.incarnation}"
        elif row.generation and not again.generation:
            yield f"{row.key}: read again it has lost its generation"
    for kind in sorted(provider.kinds & {row.key.kind for row in rows} or provider.kinds & RUNS):
        try:
            found = await adapter.get_resource(ResourceKey(source, kind, NOBODY), now)
        except ProviderError as error:
            yield f"a {kind} that is not there must read as None, not fail: {error}"
        else:
            if found is not None:
                yield f"a {kind} of a made-up id was found"


async def _kill_of_nothing(adapter: Killer, source: SourceName, provider: Provider) -> list[str]:
    kinds = sorted(provider.kinds & RUNS)
    if not kinds:
        return ["it can kill, and lists nothing that runs"]
    key = ResourceKey(source, kinds[0], NOBODY)
    outcome = await adapter.kill(order_for(Target(key, Incarnation(NOBODY)), Verb.KILL, params=Params(now=True)))
    return [] if isinstance(outcome, Done) else [f"to kill what is not there is success, and it said {outcome}"]


def order_for(target: Target, verb: Verb, *, params: Params = NO_PARAMS) -> Order:
    """An order as the engine gives one."""
    return Order(
        action_id=ActionId("conformance.0"),
        verb=verb,
        target=target,
        params=params,
        deadline_s=20.0,
    )


async def acts(adapter: object, verb: Verb, target: Target) -> object:
    """Carry out a verb as the engine would. Raises NotConformingError where the adapter has no such port."""
    act = act_of(adapter, verb)
    if act is None:
        raise NotConformingError([f"the adapter cannot {verb}"])
    return await act(order_for(target, verb))


async def fails_in_time(
    call: Callable[[], Coroutine[Any, Any, object]],
    *,
    within_s: float,
    classes: Collection[FailureClass] = frozenset(FailureClass),
    secrets: Collection[str] = (),
) -> ProviderError:
    """Make a call that cannot succeed; it must end in a ProviderError, of one of the classes, before its deadline.

    Raises NotConformingError when it hangs, succeeds, raises something else, or names a secret.
    """
    try:
        async with asyncio.timeout(within_s + _SLACK_S):
            answer = await call()
    except ProviderError as error:
        if error.failure.failure_class not in classes:
            raise NotConformingError(
                [f"it failed as {error.failure.failure_class}, not as {sorted(classes)}"]
            ) from error
        if told := list(secret_problems((str(error), error.failure), secrets)):
            raise NotConformingError(told) from None
        return error
    except TimeoutError as error:
        raise NotConformingError([f"it hung for longer than {within_s} s"]) from error
    except Exception as error:
        raise NotConformingError([f"it raised {type(error).__name__} instead of ProviderError"]) from error
    raise NotConformingError([f"it should have failed and gave {answer!r}"])


async def keeps_unknown(lists: Callable[[], Awaitable[Listing]], raw: str) -> Resource:
    """A state that the vendor invented yesterday: the row survives as unknown, with the vendor's word."""
    listing = await lists()
    for row in listing.resources:
        if row.phase.raw == raw:
            if row.phase.phase is Phase.UNKNOWN:
                return row
            raise NotConformingError([f"{raw!r} was taken for {row.phase.phase}"])
    raise NotConformingError([f"no row has the vendor's word {raw!r}"])
