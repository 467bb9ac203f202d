"""The root of the collector: the only process that polls providers, acts on them, and writes what was seen."""

import asyncio
import contextlib
import logging
import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from fleet_tui.clock import SystemClock, boot_id
from fleet_tui.config.discover import installed_providers
from fleet_tui.config.errors import ConfigError
from fleet_tui.config.load import load
from fleet_tui.config.paths import Paths, find_paths, prepare_state_dir
from fleet_tui.config.secret import Secret
from fleet_tui.config.settings import Access, Config
from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.agent import Join
from fleet_tui.domain.assignment import Overlay
from fleet_tui.domain.attention_place import Place
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.engine.assembly import Assembly
from fleet_tui.engine.collector_log import FILE, JsonLines, log_into
from fleet_tui.engine.engine import Engine, close
from fleet_tui.engine.late import LateDurable
from fleet_tui.engine.offload import StoreThread
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.notify.teller import Looker, Teller
from fleet_tui.ports import FencedOut, NoticeStore, Observation, StoreError, StoreTooNew, StoreUnwritable
from fleet_tui.store.lock import CollectorRuns, consoles_present
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.place import low_disk_bytes
from fleet_tui.store.read import SqliteFleetReader
from fleet_tui.views.attention import AttentionBook, within
from fleet_tui.views.model import FleetModel

ALONE_S: Final = 5.0
"""A collector that a console started ends when for so long no console and no waiting command was there."""
_ALONE_LOOK_S: Final = 1.0

_log = logging.getLogger("fleet_tui.collector")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """How the collector was asked to run."""

    paths: Paths
    once: bool = False
    for_consoles: bool = False


def collect(
    config_path: Path | None = None,
    state_dir: Path | None = None,
    *,
    once: bool = False,
    for_consoles: bool = False,
) -> int:
    """Run until told to end, or poll each source once; give the exit code, having said on stderr what went wrong."""
    os.umask(0o077)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    try:
        paths = find_paths(config=config_path, state_dir=state_dir, env=os.environ)
        prepare_state_dir(paths.state_dir)
        call = Call(paths=paths, once=once, for_consoles=for_consoles)
        return asyncio.run(_collect(call, _loaded(call)))
    except (ConfigError, StoreTooNew) as error:
        return _said(error, ExitCode.WRONG)
    except CollectorRuns as error:
        return _said(error, ExitCode.REFUSED)
    except StoreError as error:
        return _said(error, ExitCode.SOME_FAILED)


def collect_and_exit(
    config_path: Path | None = None, state_dir: Path | None = None, *, once: bool = False, for_consoles: bool = False
) -> NoReturn:
    """The same as a process of its own. Ends at once with its code: an SDK's threads may abort an ordinary exit."""
    code = collect(config_path, state_dir, once=once, for_consoles=for_consoles)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _first(group: BaseExceptionGroup[FencedOut]) -> FencedOut:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _said(error: Exception, code: int) -> int:
    print(f"fleet-tui: {error}", file=sys.stderr)  # noqa: T201 - a command talks on stderr
    return code


def _loaded(call: Call) -> Config:
    """The configuration; a provider's module is imported only when a source names it."""
    providers = installed_providers()
    return load(
        call.paths.present,
        providers=providers,
        env=os.environ,
        automatic=providers.ours,
        config_dir=call.paths.config_dir,
    )


def _secrets(config: Config) -> Collection[Secret]:
    addresses = (channel.url for channel in config.notify if channel.url is not None)
    return (*(secret for source in config.sources for secret in source.secrets.values()), *addresses)


class _Looker(Looker):
    """What needs somebody, from a model of its own that is made only where somebody is to be told."""

    def __init__(self, reader: SqliteFleetReader, state_dir: Path, join: Join) -> None:
        self._reader = reader
        self._state_dir = state_dir
        self._model = FleetModel(join=join)
        self._book = AttentionBook(self._model)

    @override
    def look(self, now: datetime) -> Sequence[Judged]:
        if self._model.revision < 0:
            self._reader.load(lambda delta: self._take(delta, now))
        else:
            self._take(self._reader.changes(self._model.revision), now)
        return self._book.look(now, Place(free_bytes=low_disk_bytes(self._state_dir))).items

    @override
    def within(self, chosen: Filter, items: Sequence[Judged], now: datetime) -> Sequence[Judged]:
        return within(self._model, chosen, items, now)

    def _take(self, delta: FleetDelta, now: datetime) -> None:
        if not delta.empty:
            self._model.apply(delta, now)


class _Told:
    """What signals said. Listens from the first moment: one that came early ends the collector all the same."""

    def __init__(self, *, listens: bool) -> None:
        self.stop = asyncio.Event()
        self.reload = asyncio.Event()
        if not listens:
            return
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop.set)
        loop.add_signal_handler(signal.SIGINT, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, self.reload.set)


async def _collect(call: Call, config: Config) -> int:
    # One that polls once is ended by a signal as any command is.
    told = _Told(listens=not call.once)
    clock, thread = SystemClock(), StoreThread()
    store, lock = await thread.run(lambda: open_for_collector(call.paths.state_dir, clock.now()))
    log = log_into(call.paths.state_dir, _secrets(config))
    _log.info("collector %s begins", os.getpid())
    around = Surroundings(
        clock=clock,
        store=store,
        offload=thread,
        chance=random.SystemRandom(),
        boot=boot_id(),
        state_dir=call.paths.state_dir,
    )
    collector = _Collector(call, around, store, Assembly(clock, call.paths.state_dir), log, told)
    try:
        await collector.configure(config)
        code = await collector.once() if call.once else await collector.run()
    finally:
        for source in tuple(around.sources.values()):
            await close(source)
        with contextlib.suppress(StoreError):
            await thread.run(store.close)
        thread.close()
        _log.info("collector %s ends", os.getpid())
        lock.close()
    return code


class _Collector:
    """One run of it."""

    def __init__(
        self, call: Call, around: Surroundings, notices: NoticeStore, assembly: Assembly, log: JsonLines, told: _Told
    ) -> None:
        self._call = call
        self._around = around
        self._notices = notices
        self._assembly = assembly
        self._log_lines = log
        self._reader = open_for_reader(call.paths.state_dir)
        self._engine = Engine(around, self._reader.woken)
        self._told = told
        self._unusable: list[SourceName] = []
        self._laid: Collection[Overlay] = ()
        self._read_to: int | None = None
        around.overlays = self._overlays
        self._teller: Teller | None = None
        self._told_reader = open_for_reader(call.paths.state_dir)

    def _overlays(self) -> Collection[Overlay]:
        """The operators' assignments. Blocks, and for long only the first time."""

        def take(delta: FleetDelta) -> None:
            if delta.overlays_changed:
                self._laid = delta.overlays

        if self._read_to is None:
            self._read_to = self._reader.load(take)
        else:
            delta = self._reader.changes(self._read_to)
            take(delta)
            self._read_to = delta.revision
        return self._laid

    async def configure(self, config: Config) -> None:
        """Take up a configuration: at the start, and again whenever it was reloaded."""
        self._log_lines.secrets = self._around.secrets = _secrets(config)
        self._around.read_only = config.fleet.access is Access.READ_ONLY
        sources, refused = self._assembly.sources(config, self._around.sources)
        self._unusable = [status.name for status in refused]
        await self._engine.replace_sources(sources, also_keep=self._unusable)
        now = self._around.clock.now()
        for status in refused:
            failures = (status.failure,) if status.failure else ()
            seen = Observation(source=status.name, at=now, status=status, failures=failures)
            try:
                await self._around.stored(lambda store, seen=seen: store.observe(seen))  # type: ignore[misc]
            except StoreUnwritable as error:
                _log.error("%s cannot be used, and that could not be kept: %s", status.name, error)
        await self._tell(config)

    async def _tell(self, config: Config) -> None:
        """Take up the channels. Without any nothing is looked for."""
        around = self._around
        if self._teller is None:
            looker = _Looker(self._told_reader, self._call.paths.state_dir, config.fleet.join)
            self._teller = Teller(around.clock, self._noticed, self._noticed_before, looker)
        await self._teller.configure(config.fleet.name, config.notify, _secrets(config))

    async def _noticed(self, keep: Callable[[NoticeStore], None]) -> None:
        await self._around.offload.run(lambda: keep(self._notices))

    async def _noticed_before(self) -> tuple[Sequence[Notice], Sequence[ChannelStatus]]:
        return await self._around.offload.run(lambda: (self._notices.notices(), self._notices.channels()))

    async def once(self) -> int:
        """Poll each source once."""
        failed = [*await self._engine.look_once(), *self._unusable]
        for name in failed:
            picture = self._around.pictures.get(name)
            failure = picture.status.failure if picture else None
            why = failure.text if failure else f"nothing was read; see {self._call.paths.state_dir / FILE}"
            print(f"fleet-tui: {name}: {why}", file=sys.stderr)  # noqa: T201 - a command talks on stderr
        if not failed:
            return ExitCode.DONE
        every = len(self._around.sources) + len(self._unusable)
        return ExitCode.NO_SOURCE if len(failed) >= every else ExitCode.SOME_FAILED

    async def run(self) -> int:
        """Run until a signal, or until nobody is there any more."""
        durable = LateDurable(self._call.paths.state_dir)
        fenced_out = False
        try:
            async with asyncio.TaskGroup() as tasks:
                watchers = [tasks.create_task(self._reloading(self._told.reload))]
                if self._teller is not None:
                    watchers.append(tasks.create_task(self._teller.run()))
                if self._call.for_consoles:
                    watchers.append(tasks.create_task(self._until_alone()))
                await self._engine.run(self._told.stop, durable)
                for watcher in watchers:
                    watcher.cancel()
        except* FencedOut as lost:
            _log.error("%s", _first(lost))
            fenced_out = True
        finally:
            await durable.close()
            self._reader.close()
            self._told_reader.close()
        return ExitCode.REFUSED if fenced_out else ExitCode.DONE

    async def _reloading(self, asked: asyncio.Event) -> None:
        while True:
            await asked.wait()
            asked.clear()
            try:
                # In a thread: a secret may come from a command that takes its time.
                config = await asyncio.to_thread(_loaded, self._call)
            except ConfigError as error:
                _log.error("the configuration was not reloaded, the old one stays: %s", error)
                continue
            await self.configure(config)
            _log.info("the configuration was reloaded: %s sources", len(self._around.sources))

    async def _until_alone(self) -> None:
        clock = self._around.clock
        alone_since: float | None = None
        while True:
            await clock.sleep(_ALONE_LOOK_S)
            unsettled = await self._around.stored(lambda store: store.unsettled())
            if unsettled or consoles_present(self._call.paths.state_dir):
                alone_since = None
            elif alone_since is None:
                alone_since = clock.monotonic_s()
            elif clock.monotonic_s() - alone_since >= ALONE_S:
                _log.info("no console is left and nothing is to be done")
                self._told.stop.set()
                return
