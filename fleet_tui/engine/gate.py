"""One gate per account: its polls and its actions share a rate and a number of calls at once.

An adapter goes through it once for each request; nobody else does, so that no call is counted twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from aiolimiter import AsyncLimiter
from typing_extensions import override

from fleet_tui.config.provider import LoadedSource
from fleet_tui.config.secret import Secret
from fleet_tui.ports import Gate

AT_ONCE: Final = 8
URGENT_AT_ONCE: Final = 4
"""Further calls that only actions may use: a long listing never holds a kill up."""

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)
_first: ContextVar["_First | None"] = ContextVar("first", default=None)


class TooLate(Exception):
    """The call was not made: it would have begun an effect whose term ended while it waited for its turn."""


@dataclass(slots=True)
class _First:
    over: Callable[[], bool]
    made: bool = False


@contextmanager
def unless(over: Callable[[], bool]) -> Generator[None]:
    """Calls up to the first that has an effect raise `TooLate` where it is `over` by their turn; then all go on."""
    token = _first.set(_First(over))
    try:
        yield
    finally:
        _first.reset(token)


@contextmanager
def urgent() -> Generator[None]:
    """Calls made within belong to an action of an operator."""
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


class AccountGate(Gate):
    """Lets `calls_per_s` start a second, at most `AT_ONCE` at a time."""

    def __init__(self, *, calls_per_s: float, at_once: int = AT_ONCE, urgent_at_once: int = URGENT_AT_ONCE) -> None:
        # A limiter holds at least one call: slower accounts get one every 1 / calls_per_s seconds.
        rate = max(calls_per_s, 1.0)
        self._limiter = AsyncLimiter(rate, rate / calls_per_s)
        self._slots = asyncio.Semaphore(at_once)
        self._urgent_slots = asyncio.Semaphore(urgent_at_once)

    @override
    @asynccontextmanager
    async def through(self, *, weight: int = 1, reads: bool = False) -> AsyncGenerator[None]:
        hurried = _urgent.get() and self._slots.locked()
        async with self._urgent_slots if hurried else self._slots:
            await self._limiter.acquire(min(float(weight), self._limiter.max_rate))
            _begin(reads=reads)
            yield


def _begin(*, reads: bool) -> None:
    first = _first.get()
    if first is None or first.made:
        return
    if first.over():
        raise TooLate
    first.made = not reads


@dataclass(frozen=True, slots=True)
class Account:
    """Whose limit is used up: a provider, a credential, an address."""

    provider: str
    base_url: str | None
    secrets: frozenset[tuple[str, Secret]]


def account_of(loaded: LoadedSource) -> Account:
    return Account(loaded.provider.name, loaded.settings.base_url, frozenset(loaded.secrets.items()))


class Gates:
    """The gates by account; sources of one account get the same one."""

    def __init__(self) -> None:
        self._gates: dict[Account, AccountGate] = {}

    def of(self, loaded: LoadedSource) -> AccountGate:
        account = account_of(loaded)
        if account not in self._gates:
            self._gates[account] = AccountGate(calls_per_s=loaded.provider.calls_per_s)
        return self._gates[account]

    @property
    def open(self) -> Mapping[Account, AccountGate]:
        return self._gates
