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
from fleet_tui.store.open_collector import open_for_collector
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
import fleet_tui.__main__ as root
told = Path(sys.argv.pop(1))
def tell(code):
    there = [name for name, module in sys.modules.items() if module is not None]
    told.write_text(json.dumps([*there, *Path("/proc/self/maps").read_text().split()]))
    sys.exit(code)
root._end = tell
root.main()
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


def run_console(place: Path, *steps: tuple[bytes, bytes]) -> set[str]:
    """What a console has loaded when it is left after some keys, each with what it then shows; also what is mapped."""
    told = place / "modules.json"
    words = ("-c", CONSOLE, str(told), "--config", str(place / "fleet.toml"), "--state-dir", str(place / "state"))
    with terminal(*words, environment={"HOME": str(place)}) as console:
        console.read_until(b"help")
        for keys, shown in steps:
            console.press(keys)
            console.read_until(shown)
        console.press(b"\x03")
        console.read_to_end()
        assert console.process.returncode == 0
    return loaded(told)


def test_a_console_loads_nothing_that_polls_and_nothing_that_its_first_screen_does_not_show(place: Path) -> None:
    there = run_console(place)
    assert "fleet_tui.ui.app" in there
    assert heavy(there) == set()
    assert not there & {"plotext", "ssl", "_ssl", "_hashlib"}
    assert not [name for name in there if "libcrypto" in name or "libssl" in name]
    asked_for = ("fleet_tui.ui.dialogs.", "fleet_tui.ui.screens.", "fleet_tui.ui.panes.", "fleet_tui.ui.widgets.")
    shown = ("base", "beside", "fleet", "marking", "footer", "panel", "panes")
    late = [name for name in there if name.startswith(asked_for) and name.rpartition(".")[2] not in shown]
    assert not [name for name in late if ".table" not in name and not name.endswith("view_table")]


def test_every_view_and_line_opens_in_a_console_that_left_out_what_it_did_not_need(place: Path) -> None:
    there = run_console(
        place,
        (b"234567", b"STACK"),
        (b"8", b"TREE"),
        (b":", b"tab completes"),
        (b"fleet\r/", b"explains"),
        (b"x\r\x10", b"letters of"),
    )
    views = {"spend", "failures", "sprawl", "attention", "audit", "stack", "tree"}
    assert {f"fleet_tui.ui.panes.{view}" for view in views} <= there
    lines = {"filter_bar", "command_bar", "palette_bar"}
    assert {f"fleet_tui.ui.widgets.{line}" for line in lines} <= there


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
