"""The fleet as a command sees it, while it holds the place of a console."""

import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Final

from fleet_tui import clock
from fleet_tui.config.discover import installed_providers
from fleet_tui.config.load import load
from fleet_tui.config.paths import Paths, find_paths, prepare_state_dir
from fleet_tui.config.settings import Access, Config
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceState, SourceStatus, answers_for, is_fresh, state_at, tried_since
from fleet_tui.domain.record import WantedKind
from fleet_tui.ports import StoreDamaged, StoreUnwritable
from fleet_tui.store.intents import SqliteIntentStore
from fleet_tui.store.lock import join_consoles
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.read import SqliteFleetReader
from fleet_tui.store.summon import LOG_FILE, ensure_collector
from fleet_tui.views.model import FleetModel

FRESH_WITHIN_S: Final = 15.0
"""How long a command waits for readings."""
FAILING_WITHIN_S: Final = 2.0
"""How long a verb waits for a source that failed when it was last tried."""
MENDED_WITHIN_S: Final = 15.0
"""How long a command waits for a new collector to set a damaged store aside."""
LOOK_ANYWAY_S: Final = 0.5
"""The hint that somebody committed misses some commits, so the store is read without one too."""
STEP_S: Final = 0.05
COLLECTOR_LOOK_S: Final = 2.0


@dataclass(slots=True, kw_only=True)
class Fleet:
    """The fleet as one command sees it, while it holds the place of a console."""

    config: Config
    paths: Paths
    env: Mapping[str, str]
    reader: SqliteFleetReader
    intents: SqliteIntentStore
    model: FleetModel
    now: Callable[[], datetime] = clock.now
    started_at: datetime | None = None
    """When this command had to start a collector."""
    _collectors: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def read_only(self) -> bool:
        return self.config.fleet.access is Access.READ_ONLY

    @property
    def writing(self) -> frozenset[SourceName]:
        """Sources that may be told labels."""
        return frozenset(name for name, s in self.config.settings.items() if s.write_labels and s.act)

    def refresh(self) -> None:
        """Take in what changed."""
        if self.model.revision < 0:
            self.reader.load(self._take)
        else:
            self.model.apply(self.reader.changes(self.model.revision), self.now())

    def begin(self) -> None:
        """Take in what is there. A damaged store is waited for where a collector was just started: it mends it."""
        deadline = clock.monotonic_s() + MENDED_WITHIN_S
        while True:
            try:
                self.refresh()
                return
            except StoreDamaged:
                if self.started_at is None or clock.monotonic_s() > deadline:
                    raise
                time.sleep(STEP_S)

    def _take(self, delta: FleetDelta) -> None:
        self.model.apply(delta, self.now())

    def keep_collector(self) -> None:
        """Start a collector where none is alive."""
        started = ensure_collector(self.paths.state_dir, self.config.path, self.env)
        if started is not None:
            self._collectors.append(started)
            self.started_at = self.started_at or self.now()

    def wait(self, done: Callable[[], bool], *, for_s: float) -> bool:
        """Refresh until `done`; False when that took longer than `for_s`. A collector that dies is started again."""
        started = looked = kept = clock.monotonic_s()
        while not done():
            at = clock.monotonic_s()
            if at - started > for_s:
                return False
            time.sleep(STEP_S)
            if self.reader.woken() or at - looked > LOOK_ANYWAY_S:
                looked = at
                self.refresh()
            if at - kept > COLLECTOR_LOOK_S:
                kept = at
                self.keep_collector()
        return True

    def await_readings(self) -> None:
        """Wait until every source was read, or could not be."""
        self.wait(lambda: not self.unheard(self.started_at), for_s=FRESH_WITHIN_S)

    def read_again(self) -> dict[SourceName, str]:
        """Ask for fresh readings and wait for them; the sources that could not be read, each with the reason."""
        asked_at = self.now()
        before = self.reader.polls_asked()
        for name in self.config.settings:
            status = self.model.statuses.get(name)
            if status is None or not is_fresh(status, asked_at):
                self.intents.want(WantedKind.POLL, name, now=asked_at, for_s=FRESH_WITHIN_S)
        began_s = clock.monotonic_s()

        def heard() -> bool:
            missing = frozenset({*self.unheard(asked_at), *self._awaited(before)})
            return not worth_waiting_for(missing, self._failing(), waited_s=clock.monotonic_s() - began_s)

        self.wait(heard, for_s=FRESH_WITHIN_S)
        now = self.now()
        unread: dict[SourceName, str] = {}
        for name in {*self.config.settings, *self.model.statuses}:
            status = self.model.statuses.get(name)
            if status is None or not is_fresh(status, now):
                unread[name] = f"it could not be read again: {why_unread(status)}"
        return unread

    def _failing(self) -> frozenset[SourceName]:
        """Sources that could not be read when they were last tried."""
        return frozenset(name for name, status in self.model.statuses.items() if status.failure is not None)

    def _awaited(self, asked: Mapping[str, datetime]) -> list[SourceName]:
        """Sources that somebody asked for since their last reading began: it may not know what was started there."""
        return [
            name
            for name in self.config.settings
            if (at := asked.get(name)) is not None
            and (status := self.model.statuses.get(name)) is not None
            and not answers_for(status, at)
        ]

    def unheard(self, since: datetime | None) -> list[SourceName]:
        """Sources of which nothing fresh is known, neither a reading nor a failure since then.

        A collector that had to be started reads at once, so that its readings are waited for: what was kept from
        before knows nothing of what began while nobody looked.
        """
        now, began = self.now(), self.started_at
        return [
            name
            for name in self.config.settings
            if not _heard(status := self.model.statuses.get(name), since, now) or not _tried_since(status, began)
        ]

    def answers_for(self, name: SourceName, since: datetime) -> bool:
        """Whether what is known of this source shows what was done by then, or that it cannot be read."""
        status = self.model.statuses.get(name)
        return status is not None and answers_for(status, since)

    def troubles(self) -> dict[SourceName, SourceState]:
        """The sources that are not as they should be."""
        now = self.now()
        states = {
            name: state_at(status, now) if (status := self.model.statuses.get(name)) is not None else SourceState.NEW
            for name in self.config.settings
        }
        return {name: state for name, state in states.items() if state is not SourceState.OK}

    def cannot_write(self) -> str | None:
        """The sentence that says why nothing can be kept, tried with a wanted row that nobody minds."""
        try:
            self.intents.want(WantedKind.POLL, "", now=self.now(), for_s=FRESH_WITHIN_S)
        except StoreUnwritable as error:
            return str(error)
        return None

    @property
    def log_file(self) -> Path:
        return self.paths.state_dir / LOG_FILE


def _heard(status: SourceStatus | None, since: datetime | None, now: datetime) -> bool:
    if status is None:
        return False
    if is_fresh(status, now):
        return True
    if status.failure is None:
        return False
    return _tried_since(status, since)


def _tried_since(status: SourceStatus | None, since: datetime | None) -> bool:
    return since is None or (status is not None and tried_since(status, since))


def worth_waiting_for(
    missing: frozenset[SourceName], failing: frozenset[SourceName], *, waited_s: float
) -> frozenset[SourceName]:
    """The sources that a verb goes on waiting for.

    One that failed when it was last tried most likely fails again, which must not hold up what is done to the rest.
    """
    return missing if waited_s < FAILING_WITHIN_S else missing - failing


def why_unread(status: SourceStatus | None) -> str:
    """One clause for a person."""
    if status is None:
        return "the collector does not know it yet; `fleet-tui collect --reload` lets it read its configuration again"
    if status.failure is not None:
        return status.failure.text or status.failure.failure_class.value
    return f"no reading within {FRESH_WITHIN_S:.0f} s"


def configured(paths: Paths, env: Mapping[str, str]) -> Config:
    """The configuration without its secrets. Raises ConfigError."""
    providers = installed_providers()
    return load(
        paths.present,
        providers=providers,
        env=env,
        automatic=providers.ours,
        secrets=False,
        config_dir=paths.config_dir,
    )


@contextmanager
def attending(
    config: Path | None, state_dir: Path | None, env: Mapping[str, str], *, collector: bool = True
) -> Generator[Fleet]:
    """The fleet, with a `collector` kept alive for it. Raises ConfigError, StoreError."""
    paths = find_paths(config=config, state_dir=state_dir, env=env)
    loaded = configured(paths, env)
    prepare_state_dir(paths.state_dir)
    with join_consoles(paths.state_dir):
        fleet = Fleet(
            config=loaded,
            paths=paths,
            env=env,
            reader=open_for_reader(paths.state_dir),
            intents=open_for_intents(paths.state_dir),
            model=FleetModel(join=loaded.fleet.join),
        )
        try:
            if collector:
                fleet.keep_collector()
            fleet.begin()
            yield fleet
        finally:
            fleet.reader.close()
            fleet.intents.close()
