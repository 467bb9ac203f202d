"""Looks what needs somebody and tells each channel what it has not heard, beside the polls and never before them."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeVar

from fleet_tui.config.notify import LoadedChannel
from fleet_tui.config.secret import Secret
from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.notice import ChannelStatus, Notice, due, notices, retry_at
from fleet_tui.notify.message import message
from fleet_tui.notify.sending import NotSentError, Sender, sender
from fleet_tui.ports import Clock, NoticeStore, StoreError, StoreUnwritable

T = TypeVar("T")
SETTLE_S: Final = 30.0
"""After a start sources are read first: that nobody looked for a night is nothing to wake somebody for."""
EVERY_S: Final = 5.0
DEADLINE_S: Final = 30.0
_REFUSED: Final = 3

_log = logging.getLogger(__name__)


class Looker(Protocol):
    """What needs somebody, as the store knows it. Both block and are called in one thread at a time."""

    def look(self, now: datetime) -> Sequence[Judged]: ...

    def within(self, chosen: Filter, items: Sequence[Judged], now: datetime) -> Sequence[Judged]: ...


Stored = Callable[[Callable[[NoticeStore], T]], Awaitable[T]]


@dataclass(slots=True)
class _Channel:
    loaded: LoadedChannel
    sender: Sender
    status: ChannelStatus
    told: dict[str, Notice]
    task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        return self.task is not None and not self.task.done()


class Teller:
    """One collector's channels. `settle_s` and `every_s` are for tests to shorten."""

    def __init__(
        self,
        clock: Clock,
        stored: Stored[None],
        recalled: Callable[[], Awaitable[tuple[Sequence[Notice], Sequence[ChannelStatus]]]],
        looker: Looker,
        *,
        settle_s: float = SETTLE_S,
        every_s: float = EVERY_S,
    ) -> None:
        self._clock: Clock = clock
        self._stored: Stored[None] = stored
        self._recalled: Callable[[], Awaitable[tuple[Sequence[Notice], Sequence[ChannelStatus]]]] = recalled
        self._looker: Looker = looker
        self._settle_s: float = settle_s
        self._every_s: float = every_s
        self._fleet: str = ""
        self._secrets: Collection[Secret] = ()
        self._channels: dict[str, _Channel] = {}
        self._wanted: asyncio.Event = asyncio.Event()

    async def configure(self, fleet: str, channels: Sequence[LoadedChannel], secrets: Collection[Secret]) -> None:
        """Take up channels; what each was told before is known from the store."""
        self._fleet, self._secrets = fleet, secrets
        told, statuses = await self._recalled()
        known = {status.name: status for status in statuses}
        before, self._channels = self._channels, {}
        for one in channels:
            how = sender(one)
            status = known.get(one.name, ChannelStatus(name=one.name))
            if one.refused:
                await self._refused(replace(status, text=one.refused))
            if how is None:
                continue
            held = {notice.cause: notice for notice in told if notice.channel == one.name}
            # A failing channel is tried again at once under a configuration that may have mended it.
            fresh = replace(status, failures=0, failing_since=None, text="", gone=False) if status.gone else status
            self._channels[one.name] = _Channel(one, how, fresh, held)
        for name, gone in known.items():
            if name not in {one.name for one in channels} and not gone.gone:
                await self._keep(replace(gone, gone=True), ())
        for channel in before.values():
            if channel.task is not None:
                channel.task.cancel()
        if self._channels:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def run(self) -> None:
        """Until cancelled. Costs nothing while no channel is configured."""
        await self._wanted.wait()
        await self._clock.sleep(self._settle_s)
        while True:
            await self._wanted.wait()
            try:
                await self.look()
            except StoreUnwritable as error:
                _log.error("what was told could not be kept: %s", error)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - whatever ails a look, the polls go on and the next look comes
                _log.exception("a look at what needs somebody broke; it is tried again")
            await self._clock.sleep(self._every_s)

    async def look(self) -> None:
        """One look; begins to tell whoever is free and has not heard."""
        now = self._clock.now()
        ready = [one for one in self._channels.values() if not one.busy and (retry_at(one.status) or now) <= now]
        if not ready:
            return
        found = await in_thread(lambda: self._heard(ready, now))
        for channel, items in found:
            if items and not channel.busy:
                channel.task = asyncio.create_task(self._tell(channel, items))

    def _heard(self, channels: Sequence[_Channel], now: datetime) -> list[tuple[_Channel, Sequence[Judged]]]:
        items = self._looker.look(now)
        return [(one, self._due(one, items, now)) for one in channels]

    def _due(self, channel: _Channel, items: Sequence[Judged], now: datetime) -> Sequence[Judged]:
        loaded = channel.loaded
        own = f"channel:{loaded.name}"
        others = [one for one in items if one.item.cause != own]
        heard = self._looker.within(loaded.chosen, others, now) if loaded.chosen.terms else others
        return due(heard, channel.told, now, least=loaded.settings.severity, quiet=loaded.quiet)

    async def _tell(self, channel: _Channel, items: Sequence[Judged]) -> None:
        said = message(self._fleet, items, self._secrets)
        trouble = ""
        try:
            async with asyncio.timeout(DEADLINE_S):
                await in_thread(lambda: channel.sender.send(said))
        except NotSentError as error:
            trouble = str(error)
        except TimeoutError:
            trouble = f"it took longer than {DEADLINE_S:.0f} s"
        except Exception as error:  # noqa: BLE001 - apprise and its plugins may raise anything; their texts hold addresses
            trouble = f"it broke with {type(error).__name__}"
        now = self._clock.now()
        status = channel.status
        if trouble:
            _log.warning("channel %s: a notice did not get through: %s", status.name, trouble)
            since = status.failing_since or now
            channel.status = replace(
                status, last_try_at=now, failures=status.failures + 1, failing_since=since, text=trouble
            )
            await self._keep(channel.status, ())
            return
        kept = notices(status.name, items, now)
        channel.told.update({notice.cause: notice for notice in kept})
        channel.status = ChannelStatus(name=status.name, last_try_at=now, last_ok_at=now, told=status.told + len(items))
        await self._keep(channel.status, kept)

    async def _refused(self, status: ChannelStatus) -> None:
        now = self._clock.now()
        since = status.failing_since or now
        await self._keep(replace(status, last_try_at=now, failures=_REFUSED, failing_since=since, gone=False), ())

    async def _keep(self, status: ChannelStatus, told: Sequence[Notice]) -> None:
        try:
            await self._stored(lambda store: store.keep_told(status, told))
        except StoreError as error:
            # One that was fenced out is told so by its polls; here nobody would hear it.
            _log.error("what was told to %s could not be kept: %s", status.name, error)

    def statuses(self) -> Mapping[str, ChannelStatus]:
        """How each channel fares."""
        return {name: channel.status for name, channel in self._channels.items()}

    async def settled(self) -> None:
        """Wait for what is being told now."""
        tasks = [one.task for one in self._channels.values() if one.task is not None]
        if tasks:
            await asyncio.wait(tasks)


async def in_thread(work: Callable[[], T]) -> T:
    """Run what blocks in a thread that nobody waits for when the process ends: a hanging address must not hold it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised again where it is awaited
            error = raised
        # The loop may have ended meanwhile.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="notify", daemon=True).start()
    return await future
