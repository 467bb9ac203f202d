"""The console's root imports nothing that polls, and knows how the terminal wants to be drawn."""

import subprocess
import sys
from pathlib import Path

import pytest

from fleet_tui.config.discover import installed_providers
from fleet_tui.config.load import load
from fleet_tui.config.operator import who
from fleet_tui.console import CollectorStarter, take, theme_of
from fleet_tui.splash import is_plain
from fleet_tui.store.lock import consoles_present, take_collector_lock
from fleet_tui.store.schema import CONSOLES_LOCK_FILE
from tests.support.consoles import Desk

HEAVY = (
    "httpx",
    "aiohttp",
    "e2b",
    "daytona",
    "stripe",
    "dbos",
    "sqlite_utils",
    "psutil",
    "fleet_tui.engine",
    "fleet_tui.emulator",
)
PROBE = """
import sys
import fleet_tui.console
from fleet_tui.config.discover import installed_providers
from fleet_tui.config.load import load
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.ui.app import FleetApp
providers = installed_providers()
env = {"E2B_API_KEY": "x", "DAYTONA_API_KEY": "x", "MEM0_API_KEY": "x"}
config = load(None, providers=providers, env=env, automatic=providers.ours, secrets=False)
print(len(config.settings), *sorted(name for name in sys.modules if name in sys.argv[1:]))
"""


def test_no_sdk_no_engine_and_no_http_client_is_imported() -> None:
    ran = subprocess.run([sys.executable, "-c", PROBE, *HEAVY], capture_output=True, text=True, check=True, timeout=60)
    sources, *imported = ran.stdout.split()
    assert int(sources) >= 2
    assert imported == []


@pytest.mark.parametrize(
    ("env", "theme"),
    [
        ({}, "dark"),
        ({"NO_COLOR": "1"}, "monochrome"),
        ({"TERM": "vt100"}, "monochrome"),
        ({"NO_COLOR": ""}, "dark"),
        ({"TERM": "linux"}, "sixteen"),
        ({"TERM": "xterm-16color"}, "sixteen"),
        ({"FLEET_TUI_THEME": "nord", "NO_COLOR": "1"}, "nord"),
    ],
)
def test_colour_is_used_where_it_is_wanted(env: dict[str, str], theme: str) -> None:
    assert theme_of(env) == theme


def test_a_configured_theme_gives_way_to_who_asks_now_and_to_who_wants_no_colour() -> None:
    assert theme_of({}, "nord") == "nord"
    assert theme_of({"TERM": "linux"}, "nord") == "nord"
    assert theme_of({"FLEET_TUI_THEME": "gruvbox"}, "nord") == "gruvbox"
    assert theme_of({"NO_COLOR": "1"}, "nord") == "monochrome"


@pytest.mark.parametrize(
    ("env", "plain"),
    [
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "en_GB.utf8"}, False),
        ({"LANG": "C"}, True),
        ({}, True),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
    ],
)
def test_ascii_is_drawn_where_nothing_else_can_be(env: dict[str, str], plain: bool) -> None:
    assert is_plain(env) is plain


def test_a_collector_that_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    sentence = CollectorStarter(missing, None, {})()
    assert sentence is not None
    assert sentence.startswith("no collector is alive and none could be started")


def test_the_actor_is_who_the_system_says() -> None:
    assert who().actor


@pytest.mark.parametrize(
    ("fleet", "stays"),
    [
        ('name = "prod"', True),
        ('name = "prod"\nproduction = true', False),
        ('name = "other"', False),
        ('name = "prod"\naccess = "read-only"', False),
    ],
)
def test_a_window_stays_open_only_for_the_fleet_it_was_opened_for(tmp_path: Path, fleet: str, stays: bool) -> None:
    session = Desk(fleet="prod").session
    session.open_window()
    file = tmp_path / "fleet.toml"
    file.write_text(f"[fleet]\n{fleet}\n", encoding="utf-8")
    file.chmod(0o600)
    providers = installed_providers()

    take(load(file, providers=providers, env={}, automatic=providers.ours, secrets=False), session)

    assert session.may_act() is stays


def test_a_console_is_seen_also_where_the_files_beside_the_store_were_taken_away(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    starter = CollectorStarter(state, None, {})
    with take_collector_lock(state):
        assert starter() is None
        assert consoles_present(state)
        (state / CONSOLES_LOCK_FILE).unlink()
        assert not consoles_present(state)
        assert starter() is None
        assert consoles_present(state)
