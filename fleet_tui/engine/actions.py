"""An accepted action's life: read the provider again, commit the attempt, act, and record exactly one outcome.

It may run again after a crash at any line. What was committed before then says how it goes on: an attempt on record
and a target that is gone or replaced means that we did it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from fleet_tui.domain.action import VERBS, ActionId, Order, Verb
from fleet_tui.domain.dirt import ENDS_WORK
from fleet_tui.domain.failure import RULES, Failure, FailureClass, RetryRule, clamped_retry_after_s
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.plan import wrong_kind_text
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.calls import Act, act_of
from fleet_tui.engine.deeds import forget_attempt, remember_attempt, remember_end
from fleet_tui.engine.gate import AT_ONCE, URGENT_AT_ONCE, TooLate, unless, urgent
from fleet_tui.engine.guard import READ_DEADLINE_S, ask
from fleet_tui.engine.rescue import rescued, with_note
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.engine.terms import Terms
from fleet_tui.engine.verify import GONE_IS_DONE, Go, Seen, counts_twice, judge_target
from fleet_tui.ports import CollectorStore, Getter, Lister, ProviderError, StoreUnwritable

T = TypeVar("T")

SENDS: Final = 3
"""So often one action is sent at most, when answers get lost."""
RETRY_FIRST_S: Final = 2.0
RETRY_CEILING_S: Final = 60.0
_UNWRITABLE_WAIT_S: Final = 5.0
_CALLS_AT_ONCE: Final = AT_ONCE + URGENT_AT_ONCE
"""So many calls for actions are under way at a source at least: a deadline is the vendor's, and not a queue's."""
_GRACE_ROOM_S: Final = 30.0

_log = logging.getLogger(__name__)


class Actions:
    """Carries out actions by id. Nothing here raises for what a provider does: that ends in `Failed`."""

    def __init__(self, around: Surroundings, terms: Terms) -> None:
        self._around = around
        self._terms = terms
        self._rooms: WeakValueDictionary[tuple[SourceName, bool], asyncio.Semaphore] = WeakValueDictionary()
        self._turns: WeakValueDictionary[tuple[ResourceKey, int], asyncio.Lock] = WeakValueDictionary()

    async def carry_out(self, action_id: ActionId) -> None:
        """From accepted to settled. Running it again, at once or after a crash, changes nothing that is settled."""
        record = await self._kept(lambda store: store.action(action_id))
        if record is None or record.state is ActionState.SETTLED:
            return
        await self._kept(lambda store: store.start(action_id, self._around.clock.now()))
        async with self._turn(record):
            with urgent():
                outcome = await self._outcome(record)
            if isinstance(outcome, Done) and record.verb in GONE_IS_DONE:
                await self._kept(partial(remember_end, around=self._around, target=record.target))
            await self._kept(lambda store: store.settle(action_id, outcome, self._around.clock.now()))
        self._terms.end(action_id)
        self._around.nudge([record.target.key.source])

    @asynccontextmanager
    async def _turn(self, record: ActionRecord) -> AsyncGenerator[None]:
        """One action at a time on a target, in their order, and none while one of an earlier line is under way."""
        key, line = record.target.key, _line(record)
        *ahead, own = [self._turns.setdefault((key, each), asyncio.Lock()) for each in range(line + 1)]
        async with own:
            for other in ahead:
                async with other:
                    pass
            yield

    async def _outcome(self, record: ActionRecord) -> Outcome:
        try:
            return await self._carried(record)
        except StoreUnwritable:
            raise
        except ProviderError as error:
            return Failed(error.failure.failure_class, error.failure.text)

    async def _carried(self, record: ActionRecord) -> Outcome:
        tried = await self._kept(lambda store: store.attempted(record.action_id, record.target))
        source, act = self._means(record)
        rescues = record.params.rescue and record.verb in ENDS_WORK and not tried
        if source is None or isinstance(act, Refused) or not rescues:
            return await self._until_told(record, tried_before_restart=tried)
        rescue = asyncio.create_task(rescued(record, source, self._around))
        if not record.params.now:
            await rescue
        outcome = await self._until_told(record, tried_before_restart=tried)
        return with_note(outcome, await rescue)

    def _means(self, record: ActionRecord) -> tuple[Source | None, Act | Refused]:
        """The source as it is configured now, and its method for the verb, or which rule of ours forbids it."""
        source = self._around.sources.get(record.target.key.source)
        if source is None:
            return None, Refused(RefusalReason.UNKNOWN_SOURCE, "its source is no longer in fleet.toml")
        return source, self._act(record, source)

    def _act(self, record: ActionRecord, source: Source) -> Act | Refused:
        verb, kind = record.verb, record.target.key.kind
        if self._around.read_only:
            return Refused(RefusalReason.READ_ONLY, 'fleet.toml says access = "read-only"')
        if not source.act:
            return Refused(RefusalReason.READ_ONLY, f"fleet.toml lets {source.name} only be looked at")
        if kind not in VERBS[verb].kinds:
            return Refused(RefusalReason.WRONG_KIND, wrong_kind_text(verb, kind))
        if verb is Verb.REASSIGN and not source.write_labels:
            return Refused(
                RefusalReason.NOT_SUPPORTED, f"{source.name} has no write_labels: it stands in our store only"
            )
        act = act_of(source.adapter, verb)
        if act is None:
            return Refused(RefusalReason.NOT_SUPPORTED, f"{source.provider.name} cannot {verb}")
        return act

    def _forbidden(self, record: ActionRecord, act: Act | Refused, last: Failure | None) -> Refused | None:
        """Why nothing may be sent now; None where it may."""
        if isinstance(act, Refused):
            return act
        return Refused(RefusalReason.EXPIRED, _expired_text(record, last)) if self._terms.over(record) else None

    async def _until_told(self, record: ActionRecord, *, tried_before_restart: bool) -> Outcome:
        """Read, compare, attempt, send; again while the answer is lost, time is left and the configuration lets us."""
        tried, sends, waits, last = tried_before_restart, 0, 0, None
        while True:
            source, act = self._means(record)
            forbidden = self._forbidden(record, act, last)
            if forbidden is not None and not tried:
                return forbidden
            if source is None:
                return _given_up(last, sends, forbidden)
            try:
                async with self._room(record, source):
                    resource = await self._read(source, record.target.key)
            except ProviderError as error:
                last = error.failure
                if (failed := _unread(last, tried=tried, over=forbidden is not None)) is not None:
                    return failed
                waits += 1
                await self._wait(last, waits)
                continue
            seen = Seen(
                tried=tried,
                after_restart=tried_before_restart and sends == 0,
                restart_replaces=source.provider.restart_replaces,
            )
            verdict = judge_target(record, resource, seen)
            if not isinstance(verdict, Go):
                return verdict
            if forbidden is not None or isinstance(act, Refused) or sends >= SENDS:
                return _given_up(last, sends, forbidden)
            sends += 1
            repeated, tried = tried, True
            async with self._room(record, source):
                outcome, last = await self._send(record, source, act, last)
            if outcome is not None and not (repeated and isinstance(outcome, Refused)):
                twice = tried_before_restart and counts_twice(record)
                return _doubted(outcome, twice=twice) if repeated else outcome
            # Lost, or refused on a repeat: what the earlier one did shows when it is read again.
            waits += 1
            await self._wait(last, waits)

    def _room(self, record: ActionRecord, source: Source) -> asyncio.Semaphore:
        """Where a call waits for its turn; kills stand in a line of their own."""
        name = source.name, record.verb is Verb.KILL
        at_once = max(_CALLS_AT_ONCE, round(source.provider.calls_per_s))
        return self._rooms.setdefault(name, asyncio.Semaphore(at_once))

    async def _read(self, source: Source, key: ResourceKey) -> Resource | None:
        """The target as the provider sees it this moment. Raises ProviderError."""
        adapter, now = source.adapter, self._around.clock.now()
        asked = partial(
            ask,
            source=source.name,
            deadline_s=READ_DEADLINE_S,
            clock=self._around.clock,
            key=key,
            operation="read again",
        )
        if isinstance(adapter, Getter):
            return await asked(adapter.get_resource(key, now))
        if isinstance(adapter, Lister):
            listing = await asked(adapter.list_resources(now))
            found = next((row for row in listing.resources if row.key == key), None)
            if found is None and not listing.would_name(key):
                raise ProviderError(_partial(source, key, self._around))
            return found
        raise ProviderError(_partial(source, key, self._around))

    async def _send(
        self, record: ActionRecord, source: Source, act: Act, last: Failure | None
    ) -> tuple[Outcome | None, Failure | None]:
        """Commit the attempt, then act. No outcome, but a failure, where nobody can tell what the call did."""
        await self._kept(lambda store: store.attempt(record.action_id, record.target, self._around.clock.now()))
        if (forbidden := self._forbidden(record, self._means(record)[1], last)) is not None:
            # Reading or a full disk took too long. An attempt is on record, and nothing was sent under it.
            return forbidden, last
        if record.verb not in GONE_IS_DONE:
            return await self._ordered(record, source, act, last)
        target = record.target
        before = await self._kept(partial(remember_attempt, around=self._around, target=target))
        outcome, failure = await self._ordered(record, source, act, last)
        refused = isinstance(outcome, Refused) or (isinstance(outcome, Failed) and failure is not None)
        if refused:
            # By a rule of ours or by the vendor: if it ends now, something else ended it.
            await self._kept(partial(forget_attempt, around=self._around, target=target, before=before))
        return outcome, failure

    async def _ordered(
        self, record: ActionRecord, source: Source, act: Act, last: Failure | None
    ) -> tuple[Outcome | None, Failure | None]:
        """Make the call, unless the term ended while it waited for its turn."""
        order = Order(
            action_id=record.action_id,
            verb=record.verb,
            target=record.target,
            params=record.params,
            deadline_s=_deadline_s(record),
        )
        try:
            with unless(partial(self._terms.over, record)):
                outcome = await ask(
                    act(order),
                    source=source.name,
                    operation=record.verb.value,
                    deadline_s=order.deadline_s,
                    clock=self._around.clock,
                    key=record.target.key,
                )
        except TooLate:
            return Refused(RefusalReason.EXPIRED, _expired_text(record, last)), last
        except ProviderError as error:
            if _worth_waiting(error.failure, sent=True):
                return None, error.failure
            return Failed(error.failure.failure_class, error.failure.text), error.failure
        return outcome, None

    async def _wait(self, failure: Failure | None, waits: int) -> None:
        asked = clamped_retry_after_s(failure.retry_after_s) if failure else None
        await self._around.clock.sleep(asked or min(RETRY_FIRST_S * 2.0 ** (waits - 1), RETRY_CEILING_S))

    async def _kept(self, work: Callable[[CollectorStore], T]) -> T:
        """A write of an action waits for the disk: an outcome that is not on record did not happen."""
        while True:
            try:
                return await self._around.stored(work)
            except StoreUnwritable as error:
                _log.error("an action waits: %s", error)
                await self._around.clock.sleep(_UNWRITABLE_WAIT_S)


def _line(record: ActionRecord) -> int:
    """A kill now (0) waits for no grace of another kill (1), and no kill for the other verbs (2)."""
    if record.verb is Verb.KILL:
        return 0 if record.params.now else 1
    return 2


def _doubted(outcome: Outcome, *, twice: bool) -> Outcome:
    """A failure of a repeat says nothing about what was sent before; nor does a success where `twice` counts."""
    match outcome:
        case Failed():
            return replace(outcome, uncertain=True)
        case Done() if twice:
            return replace(outcome, uncertain=True)
        case _:
            return outcome


def _worth_waiting(failure: Failure, *, sent: bool) -> bool:
    """The provider may answer the same question otherwise in a while, or nobody knows what it did with the last one."""
    rule = RULES[failure.failure_class].retry
    if rule in {RetryRule.AFTER_WAIT, RetryRule.HOLD} or failure.failure_class is FailureClass.TIMEOUT:
        return True
    # Without a status it is no answer of the vendor's; with one, a repeat of what has an effect gets the same again.
    return rule is RetryRule.BACK_OFF and (failure.status is None or not sent)


def _deadline_s(record: ActionRecord) -> float:
    """A kill that leaves a grace takes as long as the grace, and then some."""
    grace_s = 0.0 if record.params.now or record.verb is not Verb.KILL else record.params.grace_s
    return grace_s + _GRACE_ROOM_S


def _expired_text(record: ActionRecord, last: Failure | None) -> str:
    term_min = max(round((record.not_after - record.submitted_at) / timedelta(minutes=1)), 1)
    why = f": {last.text}" if last else ""
    return f"its {term_min} min were over before it could be sent{why}; it was not sent, ask again if it still holds"


def _unread(failure: Failure, *, tried: bool, over: bool) -> Failed | None:
    """The outcome where the target cannot be read and waiting is of no use."""
    if not _worth_waiting(failure, sent=False):
        return Failed(failure.failure_class, f"it could not be read: {failure.text}", uncertain=tried)
    if over:
        return Failed(failure.failure_class, f"sent, but nobody can tell: {failure.text}", uncertain=True)
    return None


def _given_up(last: Failure | None, sends: int, forbidden: Refused | None) -> Failed:
    times = f"sent {sends} times" if sends > 1 else "sent once"
    failure_class = last.failure_class if last else FailureClass.TIMEOUT
    if forbidden is not None and forbidden.reason is not RefusalReason.EXPIRED:
        return Failed(failure_class, f"{times}, and it is not sent again: {forbidden.detail}", uncertain=True)
    return Failed(
        failure_class, f"{times}, and it still stands as it was{': ' + last.text if last else ''}", uncertain=True
    )


def _partial(source: Source, key: ResourceKey, around: Surroundings) -> Failure:
    return Failure(
        failure_class=FailureClass.PROVIDER_DOWN,
        source=source.name,
        operation="read again",
        text="the provider did not list everything, so nobody can tell whether it is still there",
        at=around.clock.now(),
        key=key,
    )
