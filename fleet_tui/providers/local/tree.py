"""What belongs to an agent, found again until nothing new appears, and how all of it is paused, resumed and killed."""

import signal
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from fleet_tui.providers.local.facts import DEAD, RUNNER_COMM, STOPPED, ProcessFact, ProcessRef, Table
from fleet_tui.providers.local.processes import send

PAUSE_DEADLINE_S: Final = 5.0
KILL_DEADLINE_S: Final = 5.0
"""How long after SIGKILL something may still be there before we say so: it sleeps in the kernel then."""
_CALM_LOOKS: Final = 2
_STEP_S: Final = 0.03
_GRACE_STEP_S: Final = 0.2


class Ticker(Protocol):
    """The part of the clock that waiting needs."""

    def monotonic_s(self) -> float: ...

    async def sleep(self, delay_s: float) -> None: ...


Look = Callable[[], Awaitable[Table]]
"""Gives the processes as they were read after the call began."""


class Scope(Protocol):
    """Which processes an agent is made of."""

    def within(self, table: Table) -> dict[int, ProcessFact]:
        """The living ones, parents before children."""
        ...


def children_of(table: Table) -> dict[int, list[ProcessFact]]:
    children: dict[int, list[ProcessFact]] = {}
    for fact in table.values():
        children.setdefault(fact.parent, []).append(fact)
    return children


def descendants(children: Mapping[int, list[ProcessFact]], root: int) -> dict[int, ProcessFact]:
    """All below `root`, not itself, parents first. Other runners and what is below them are somebody else's."""
    found: dict[int, ProcessFact] = {}
    queue = [root]
    for pid in queue:
        for fact in children.get(pid, ()):
            if fact.comm != RUNNER_COMM and fact.pid not in found:
                found[fact.pid] = fact
                queue.append(fact.pid)
    return found


def ancestors(table: Table, pid: int) -> frozenset[int]:
    """Every pid above `pid`, not itself."""
    above: set[int] = set()
    while (fact := table.get(pid)) is not None and fact.parent and fact.parent not in above:
        pid = fact.parent
        above.add(pid)
    return frozenset(above)


def in_the_way(found: Collection[int], table: Table, protected: Iterable[int]) -> frozenset[int]:
    """Which of `protected` are among `found` or below them: what acts on an agent must not be part of it."""
    members = frozenset(found)
    return frozenset(pid for pid in protected if pid in members or ancestors(table, pid) & members)


def _living(found: Mapping[int, ProcessFact]) -> dict[int, ProcessFact]:
    return {pid: fact for pid, fact in found.items() if fact.state not in DEAD}


@dataclass(frozen=True, slots=True)
class RunnerScope:
    """Everything below a runner. As the reaper of all below, it is an ancestor of even those that forked twice."""

    runner: ProcessRef

    def within(self, table: Table) -> dict[int, ProcessFact]:
        fact = table.get(self.runner.pid)
        if fact is None or fact.start_ticks != self.runner.start_ticks:
            return {}
        return _living(descendants(children_of(table), self.runner.pid))


@dataclass(slots=True)
class ProcessScope:
    """A process that no runner of ours holds, and its descendants.

    Remembers whom it has seen, so that a child whose parent ends on the way stays in it with its own children.
    """

    root: ProcessRef
    seen: set[ProcessRef] = field(default_factory=set[ProcessRef])

    def within(self, table: Table) -> dict[int, ProcessFact]:
        self.seen.add(self.root)
        children = children_of(table)
        found: dict[int, ProcessFact] = {}
        for known in sorted(self.seen, key=lambda ref: ref.start_ticks):
            fact = table.get(known.pid)
            if fact is not None and fact.start_ticks == known.start_ticks:
                found |= {fact.pid: fact} | descendants(children, fact.pid)
        self.seen.update(fact.ref for fact in found.values())
        return _living(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """How many processes an act reached, and those on which it had no effect in time."""

    count: int
    left: tuple[ProcessFact, ...] = ()
    foreign: frozenset[int] = frozenset()
    """Pids of another user, which we may not signal."""

    @property
    def complete(self) -> bool:
        return not self.left


@dataclass(slots=True)
class _Signals:
    """Sends and remembers whom it reached and who is not ours."""

    reached: set[ProcessRef] = field(default_factory=set[ProcessRef])
    foreign: set[int] = field(default_factory=set[int])

    def send(self, facts: Iterable[ProcessFact], *signals: signal.Signals) -> None:
        for fact in facts:
            try:
                if send(fact.ref, *signals):
                    self.reached.add(fact.ref)
            except PermissionError:
                self.foreign.add(fact.pid)

    def touched(self, left: Iterable[ProcessFact] = ()) -> Touched:
        return Touched(count=len(self.reached), left=tuple(left), foreign=frozenset(self.foreign))


async def _until_calm(
    scope: Scope, look: Look, ticker: Ticker, what: signal.Signals, undone: Callable[[ProcessFact], bool]
) -> Touched:
    """Signal all that is `undone` until two looks in a row find nothing new and nothing undone.

    One look is not enough: what forks while /proc is read and is stopped before its turn hides its child.
    """
    signals = _Signals()
    deadline = ticker.monotonic_s() + PAUSE_DEADLINE_S
    before: set[ProcessRef] = set()
    calm = 0
    while True:
        found = scope.within(await look())
        todo = [fact for fact in found.values() if undone(fact)]
        now_there = {fact.ref for fact in found.values()}
        calm = 0 if todo or not now_there <= before else calm + 1
        before |= now_there
        if calm >= _CALM_LOOKS or ticker.monotonic_s() > deadline:
            return signals.touched(todo)
        signals.send(todo, what)
        await ticker.sleep(_STEP_S if todo else 0.0)


async def pause(scope: Scope, look: Look, ticker: Ticker) -> Touched:
    """SIGSTOP everything, parents first, until all of it stands still."""
    return await _until_calm(scope, look, ticker, signal.SIGSTOP, lambda fact: fact.state not in STOPPED)


async def resume(scope: Scope, look: Look, ticker: Ticker) -> Touched:
    """SIGCONT everything that stands still."""
    return await _until_calm(scope, look, ticker, signal.SIGCONT, lambda fact: fact.state in STOPPED)


async def kill(scope: Scope, look: Look, ticker: Ticker, *, grace_s: float) -> Touched:
    """SIGTERM, then SIGCONT so that what is paused can end too; after the grace SIGKILL. 0 s of grace: SIGKILL now."""
    signals = _Signals()
    grace_until = ticker.monotonic_s() + grace_s
    give_up_at = grace_until + KILL_DEADLINE_S
    empty = 0
    while True:
        found = scope.within(await look())
        now_s = ticker.monotonic_s()
        empty = 0 if found else empty + 1
        if empty >= _CALM_LOOKS or now_s > give_up_at:
            return signals.touched(found.values())
        if not found:
            continue
        if grace_s > 0 and now_s < grace_until:
            fresh = [fact for fact in found.values() if fact.ref not in signals.reached]
            signals.send(fresh, signal.SIGTERM, signal.SIGCONT)
            await ticker.sleep(min(_GRACE_STEP_S, grace_until - now_s))
        else:
            # Stopped first, so that nothing can start something new between two looks.
            signals.send(found.values(), signal.SIGSTOP)
            signals.send(found.values(), signal.SIGKILL)
            await ticker.sleep(_STEP_S)
