"""The root of the console: knows the store, starts the collector as a process, and imports nothing that polls."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fleet_tui.domain.dataclass import dataclass

if TYPE_CHECKING:
    from fleet_tui.config.settings import Config
    from fleet_tui.ports import FleetReader, IntentStore
    from fleet_tui.store.lock import FileLock
    from fleet_tui.ui.app import FleetApp
    from fleet_tui.ui.session import Session
    from fleet_tui.views.first_run import FirstRun

from fleet_tui.domain.last_screen import FILE, LastScreen, encoded
from fleet_tui.splash import Splash, is_plain, terminal
from fleet_tui.store.schema import CONSOLES_LOCK_FILE, STORE_FILE

CONSOLE_LOG: Final = "console.log"
_RUNBOOK_BYTES: Final = 64 * 1024
THEME_VARIABLE: Final = "FLEET_TUI_THEME"
LOCAL: Final = "local"
"""The provider of what runs on this machine."""


def run(
    config_file: Path | None,
    state_dir: Path,
    *,
    env: Mapping[str, str],
    config_dir: Path | None = None,
    splash: Splash | None = None,
    greeting: str = "",
) -> int:
    """Open the console over a state directory until it is left; its exit code. It takes over from a splash.

    `greeting` is said first. `config_dir` is where the files beside fleet.toml are when there is no such file.

    Raises ConfigError or StoreError before anything is drawn.
    """
    import asyncio

    from fleet_tui.config.paths import prepare_state_dir
    from fleet_tui.store.lock import join_consoles
    from fleet_tui.store.open import open_for_intents, open_for_reader
    from fleet_tui.ui.app import FleetApp
    from fleet_tui.ui.driver import ConsoleDriver

    beside = config_file.parent if config_file is not None else config_dir
    place = Place(config_file=config_file, beside=beside, state_dir=state_dir, env=env)
    config = place.read_config()
    prepare_state_dir(state_dir)
    _log_to(state_dir / CONSOLE_LOG)
    with join_consoles(state_dir):
        reader, intents = open_for_reader(state_dir), open_for_intents(state_dir)
        try:
            session = place.session(config, reader, intents, greeting=greeting)
            take(config, session)
            ConsoleDriver.handover, ConsoleDriver.holds_keys = splash, True
            app = FleetApp(
                session,
                theme=theme_of(env, config.console.theme),
                ascii_only=is_plain(env) if config.console.ascii is None else config.console.ascii,
                log_path=state_dir / CONSOLE_LOG,
                keep_screen=partial(keep_screen, state_dir, env),
            )
            asyncio.run(_opened(app, mouse=config.console.mouse))
            _say(*app.unheard)
            return app.return_code or int(bool(app.unheard))
        finally:
            reader.close()
            intents.close()


async def _opened(app: "FleetApp", *, mouse: bool) -> None:
    """Run it; what it still writes when it is left is waited for, and that is said where it takes longer."""
    await app.run_async(mouse=mouse)
    if not app.writes.ended():
        _say("waiting up to 5 s to write what you did last: the store is held")


def _say(*sentences: str) -> None:
    with suppress(OSError, ValueError):
        # Where the terminal is gone nobody is there to be told.
        for sentence in sentences:
            sys.stderr.write(f"fleet-tui: {sentence}\n")
        sys.stderr.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a console is opened, and what it finds there."""

    config_file: Path | None
    beside: Path | None
    """Where the files beside fleet.toml are, or would be."""
    state_dir: Path
    env: Mapping[str, str]

    def read_config(self) -> "Config":
        """Read it; no secret. Raises ConfigError."""
        from fleet_tui.config.discover import installed_providers
        from fleet_tui.config.load import load

        providers = installed_providers()
        return load(
            self.config_file,
            providers=providers,
            env=self.env,
            automatic=providers.ours,
            secrets=False,
            config_dir=self.beside,
        )

    def session(self, config: "Config", reader: "FleetReader", intents: "IntentStore", *, greeting: str) -> "Session":
        """What the app is opened with; `take` lets it stand on the configuration."""
        from fleet_tui.bell import bell_on
        from fleet_tui.config.history import HISTORY_FILE, History
        from fleet_tui.config.operator import who
        from fleet_tui.store.place import low_disk_bytes
        from fleet_tui.ui.session import Session

        me = who()
        return Session(
            reader=reader,
            intents=intents,
            actor=me.actor,
            host=me.host,
            bell=partial(bell_on, self.state_dir / STORE_FILE),
            join=config.fleet.join,
            start_collector=CollectorStarter(self.state_dir, self.config_file, self.env),
            beside=self.beside,
            env=self.env,
            state_dir=self.state_dir,
            reread=Rereader(self.read_config, self.state_dir),
            low_disk_bytes=partial(low_disk_bytes, self.state_dir),
            runbook=partial(runbook, self.beside),
            history=History(self.state_dir / HISTORY_FILE),
            first_run=first_run(config, reader),
            greeting=greeting,
        )


def first_run(config: "Config", reader: "FleetReader") -> "FirstRun | None":
    """What to tell somebody who has configured nothing and seen nothing yet; None for everybody else."""
    from fleet_tui.ports import StoreError
    from fleet_tui.views.first_run import FirstRun, Found

    try:
        if config.path is not None or reader.events(limit=1) or reader.audit(limit=1):
            return None
    except StoreError:
        return None
    watched = (
        Found(variable=variable, provider=provider.name, watched=True)
        for provider in {one.name: one for one in config.kinds_of().values()}.values()
        for variable in provider.usual_env.values()
    )
    others = (Found(variable=one.variable, provider=one.provider.name, watched=False) for one in config.found)
    return FirstRun(found=(*watched, *others))


class CollectorStarter:
    """Starts a collector where none is alive, and reaps those it started."""

    def __init__(self, state_dir: Path, config_file: Path | None, env: Mapping[str, str]) -> None:
        self._state_dir: Path = state_dir
        self._config_file: Path | None = config_file
        self._env: Mapping[str, str] = env
        self._started: list[subprocess.Popen[bytes]] = []
        self._place: FileLock | None = None

    def __call__(self) -> str | None:
        """A sentence where it could not be started, or where the last one ended at once."""
        from fleet_tui.ports import StoreError
        from fleet_tui.store.summon import LOG_FILE, ensure_collector

        failed = [process for process in self._started if process.poll() not in {None, 0}]
        self._started = [process for process in self._started if process.poll() is None]
        try:
            self._stay()
            started = ensure_collector(self._state_dir, self._config_file, self._env)
        except (OSError, StoreError) as error:
            return f"no collector is alive and none could be started: {error}"
        if started is not None:
            self._started.append(started)
        return f"the collector ended by itself: see {self._state_dir / LOG_FILE}" if failed else None

    def _stay(self) -> None:
        """Be seen as a console also where what lay in the state directory was taken away: a collector would end."""
        from fleet_tui.store.lock import join_consoles

        if self._place is None or not self._place.stands(self._state_dir / CONSOLES_LOCK_FILE):
            before, self._place = self._place, join_consoles(self._state_dir)
            if before is not None:
                before.close()


def take(config: "Config", session: "Session") -> None:
    """Let a session stand on a configuration. One that refuses every act, or is of another fleet, shuts the window."""
    from fleet_tui.config.settings import Access
    from fleet_tui.providers.local.dirt import LocalDirt

    before = session.fleet, session.production
    session.fleet = config.fleet.name
    session.production = config.fleet.production
    session.read_only = config.fleet.access is Access.READ_ONLY
    session.acting = config.acting
    session.writing = frozenset(name for name, one in config.settings.items() if one.write_labels and one.act)
    session.look_for_dirt = LocalDirt([n for n, provider in config.kinds_of().items() if provider.name == LOCAL])
    session.console = config.console
    session.hears = tuple(one for one in config.notify if one.settings.terminal is not None)
    if session.read_only or before != (session.fleet, session.production):
        # It was opened for what the fleet was then, and production asks for its name.
        session.window_until = None


@dataclass(frozen=True, slots=True)
class Rereader:
    """Reads the configuration again, and lets the collector do so once it is known to be right."""

    read: "Callable[[], Config]"
    state_dir: Path

    def __call__(self) -> "Callable[[Session], None] | str":
        """What takes it in, or the sentence that says what is wrong with it."""
        from fleet_tui.config.errors import ConfigError
        from fleet_tui.store.summon import reload_collector

        try:
            config = self.read()
        except ConfigError as error:
            return str(error)
        reload_collector(self.state_dir)
        return partial(take, config)


def runbook(beside: Path | None, name: str) -> tuple[str, ...]:
    """The lines of `runbooks/NAME.md` beside fleet.toml; none where there is no such file, or it cannot be read."""
    from fleet_tui.config.files import read_regular

    if beside is None or not name:
        return ()
    try:
        _, raw = read_regular(beside / "runbooks" / f"{name}.md", _RUNBOOK_BYTES)
    except OSError:
        return ()
    return (f"runbook {name}.md", *raw.decode("utf-8", "replace").splitlines())


def theme_of(env: Mapping[str, str], configured: str | None = None) -> str:
    """The theme that was asked for; without one, what fits the terminal."""
    if wanted := env.get(THEME_VARIABLE, "").strip():
        return wanted
    terminal = env.get("TERM", "")
    if env.get("NO_COLOR") or terminal.startswith(("vt", "dumb")):
        return "monochrome"
    if configured is not None:
        return configured
    return "sixteen" if terminal == "linux" or terminal.endswith("-16color") else "dark"


def keep_screen(state_dir: Path, env: Mapping[str, str], screen: LastScreen) -> None:
    """Put the screen where the next splash looks, whole or not at all; without it the next start has no splash."""
    new = state_dir / f"{FILE}.{os.getpid()}"
    try:
        store = (state_dir / STORE_FILE).stat()
        told = screen._replace(terminal=terminal(env), store=f"{store.st_dev}:{store.st_ino}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(encoded(told))
        new.replace(state_dir / FILE)
    except OSError:
        new.unlink(missing_ok=True)


def _log_to(path: Path) -> None:
    import logging

    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    handler = logging.StreamHandler(os.fdopen(descriptor, "a", encoding="utf-8"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger("fleet_tui")
    root.addHandler(handler)
    root.propagate = False
