"""What a console and a command really load: nothing that polls, and no vendor's SDK, whatever is configured."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_tui import clock
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.ports import Observation
from fleet_tui.store.open import open_for_collector
from tests.support.terminal import terminal

POLLS = (
    "e2b",
    "daytona",
    "daytona_api_client_async",
    "stripe",
    "mem0",
    "dbos",
    "httpx",
    "aiohttp",
    "aiolimiter",
    "apprise",
)
WRITES = ("sqlite_utils", "click", "sqlalchemy")
HEAVY = {*POLLS, *WRITES, "fleet_tui.engine", "fleet_tui.emulator", "fleet_tui.transport", "fleet_tui.collector"}
PROVIDERS = ("local", "e2b", "daytona", "mem0", "stripe")
CONSOLE = """
import json, sys
from pathlib import Path
from fleet_tui import console
code = console.run(Path(sys.argv[1]), Path(sys.argv[2]), env={"LANG": "C.UTF-8"})
Path(sys.argv[3]).write_text(json.dumps(sorted(sys.modules)))
sys.exit(code)
"""
COMMAND = """
import json, sys
from pathlib import Path
from fleet_tui.cli.main import main
told = Path(sys.argv[1])
try:
    main(sys.argv[2:])
except SystemExit:
    pass
told.write_text(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A configuration that names every provider, beside a store that a collector holds and has just filled."""
    config = tmp_path / "fleet.toml"
    config.touch(mode=0o600)
    sources = [
        f'[[source]]\nname = "{name}"\nprovider = "{name}"\n'
        + ('api_key = { env = "KEY" }\n' if name != "local" else "")
        for name in PROVIDERS
    ]
    config.write_text("\n".join(sources), encoding="utf-8")
    (tmp_path / "state").mkdir(mode=0o700)
    now = clock.now()
    store, lock = open_for_collector(tmp_path / "state", now)
    for name in PROVIDERS:
        read = SourceStatus(
            name=SourceName(name), provider=name, cadence_s=60.0, last_try_at=now, last_ok_at=now, last_complete_at=now
        )
        store.observe(Observation(source=read.name, at=now, status=read))
    yield tmp_path
    store.close()
    lock.close()


def loaded(told: Path) -> set[str]:
    modules: list[str] = json.loads(told.read_text(encoding="utf-8"))
    return set(modules)


def heavy(modules: set[str]) -> set[str]:
    """What should not be there: a package of the list, anything in it, or an adapter."""
    return {
        name
        for name in modules
        if any(name == one or name.startswith(f"{one}.") for one in HEAVY) or name.endswith(".adapter")
    }


def test_the_list_names_what_a_collector_loads() -> None:
    import fleet_tui.collector
    import fleet_tui.engine.assembly
    import fleet_tui.providers.e2b.adapter  # noqa: F401 - loaded to be found

    assert {"fleet_tui.collector", "fleet_tui.providers.e2b.adapter", "httpx", "e2b"} <= heavy(set(sys.modules))


def test_a_console_loads_nothing_that_polls(place: Path) -> None:
    told = place / "modules.json"
    words = ("-c", CONSOLE, str(place / "fleet.toml"), str(place / "state"), str(told))
    with terminal(*words, environment={"HOME": str(place)}) as console:
        console.read_until(b"help")
        console.press(b"q")
        console.read_to_end()
        assert console.process.returncode == 0
    assert "fleet_tui.ui.app" in loaded(told)
    assert heavy(loaded(told)) == set()
    assert "plotext" not in loaded(told)


@pytest.mark.parametrize(
    ("words", "also_not"),
    [(("--help",), {"sqlite3", "textual", "asyncio", "msgspec"}), (("ls", "--json"), {"textual", "rich"})],
    ids=["help", "ls"],
)
def test_a_command_loads_only_what_it_needs(place: Path, words: tuple[str, ...], also_not: set[str]) -> None:
    told = place / "modules.json"
    where = ("--config", str(place / "fleet.toml"), "--state-dir", str(place / "state"))
    with terminal("-c", COMMAND, str(told), *words, *where, environment={"HOME": str(place)}) as command:
        command.read_to_end()
    assert heavy(loaded(told)) == set()
    assert not also_not & loaded(told)
