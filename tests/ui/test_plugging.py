"""Commands of an operator's own: on the row that was meant, word by word, noted first, and never where they may not."""

import signal
import sys
from pathlib import Path

import pytest

from fleet_tui.ui.child import Children, run_here
from fleet_tui.ui.plugging import values_of
from tests.support.consoles import Desk
from tests.support.desks import a_fleet
from tests.support.facts import resource, whole

WIDE = (120, 32)
PRINT = "import os, sys; print('GOT', sys.argv[1:], sorted(os.environ))"


def _plugins(folder: Path, more: str = "", script: str = PRINT) -> Path:
    path = folder / "plugins.toml"
    words = ", ".join(f'"{word}"' for word in (sys.executable, "-c", script, "--", "{id}", "{team}"))
    text = f'[[plugin]]\nname = "look"\nkey = "F5"\nrun = "screen"\ncommand = [{words}]\n{more}\n'
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


async def test_a_plugin_gets_the_exact_id_of_the_row_under_the_cursor_and_no_secret(tmp_path: Path) -> None:
    _plugins(tmp_path)
    desk = Desk(whole(resource("sbx;$(touch x)", agent="one", team="ci")), beside=tmp_path)
    desk.session.env = {"PATH": "/bin", "E2B_API_KEY": "e2b_canary"}
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("question_mark")
        await desk.shows(pilot, "F5")
        await pilot.press("escape", "f5")
        await desk.shows(pilot, "look ended with 0")
        await desk.shows(pilot, "GOT ['--', 'sbx;$(touch x)', 'ci']")
        assert "E2B_API_KEY" not in desk.text()
    assert desk.intents.notes == [("plugin look", "kim")]


async def test_what_a_plugin_prints_is_made_safe(tmp_path: Path) -> None:
    _plugins(tmp_path, script="import sys; sys.stdout.write(chr(27) + '[2Jred' + chr(0x202e) + chr(10) + 'next')")
    desk = Desk(whole(resource("a", team="ci")), beside=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("f5")
        await desk.shows(pilot, "[2Jred")
        assert desk.app.in_front


async def test_a_dangerous_one_needs_the_write_window_and_says_what_it_will_run(tmp_path: Path) -> None:
    _plugins(tmp_path, "dangerous = true")
    desk = Desk(whole(resource("sbx_1", team="ci")), beside=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("f5")
        await desk.tells(pilot, "press W to open it")
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("f5")
        await desk.shows(pilot, "this is run, word by word")
        await desk.shows(pilot, "sbx_1 ci")
        await pilot.press("enter")
        assert not desk.app.in_front
        await pilot.press("f5")
        await desk.shows(pilot, "this is run, word by word")
        await pilot.click("#accept")
        await desk.shows(pilot, "look ended with 0")
    assert [what for what, _ in desk.intents.notes] == ["window opened", "plugin look"]


async def test_where_access_is_read_only_a_dangerous_one_is_not_there(tmp_path: Path) -> None:
    _plugins(tmp_path, "dangerous = true")
    desk = Desk(a_fleet(), beside=tmp_path, read_only=True)
    async with desk.open(WIDE) as pilot:
        desk.app.action_plugin("look")
        await desk.tells(pilot, "there is no plugin look")
        await pilot.press("f5")
        assert desk.intents.notes == []


async def test_nothing_is_run_that_the_audit_cannot_hold(tmp_path: Path) -> None:
    _plugins(tmp_path)
    desk = Desk(whole(resource("a", team="ci")), beside=tmp_path)
    desk.intents.full = True
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("f5")
        await desk.tells(pilot, "nothing was run")
        assert not desk.app.in_front


async def test_a_row_without_what_it_needs_is_refused(tmp_path: Path) -> None:
    _plugins(tmp_path)
    desk = Desk(whole(resource("a", team=None)), beside=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("f5")
        await desk.tells(pilot, "this row has no team")


async def test_a_plugin_without_a_key_is_run_by_its_name(tmp_path: Path) -> None:
    path = _plugins(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('key = "F5"', ""), encoding="utf-8")
    desk = Desk(whole(resource("a", team="ci")), beside=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("colon", *"look", "enter")
        await desk.shows(pilot, "look ended with 0")


async def test_a_wrong_keymap_takes_no_plugin_away(tmp_path: Path) -> None:
    _plugins(tmp_path)
    keymap = tmp_path / "keymap.toml"
    keymap.write_text('[keys]\nnothing = "h"\n', encoding="utf-8")
    keymap.chmod(0o600)
    desk = Desk(whole(resource("a", team="ci")), beside=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await desk.tells(pilot, "keymap.toml:2")
        await pilot.press("f5")
        await desk.shows(pilot, "look ended with 0")


async def test_a_key_that_is_taken_is_refused_with_its_line(tmp_path: Path) -> None:
    path = _plugins(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"F5"', '"d"'), encoding="utf-8")
    desk = Desk(a_fleet(), beside=tmp_path)
    async with desk.open(WIDE) as pilot:
        await desk.tells(pilot, "plugins.toml:3: plugin look: `key` cannot have d: it is that of `detail`")


def test_a_program_that_goes_on_or_prints_for_ever_is_stopped_with_its_children() -> None:
    children = Children()
    slow = children.run(("/bin/sh", "-c", "sleep 600 & sleep 600"), {"PATH": "/usr/bin:/bin"}, longest_s=0.3)
    loud = children.run((sys.executable, "-c", "while True: print('x' * 4096)"), {})
    none = children.run(("/no/such/program",), {})

    assert "went on for more than" in slow.why
    assert "printed more than" in loud.why
    assert none.why == "/no/such/program was not started: No such file or directory"
    children.stop()
    assert children.run(("true",), {}).why == "the console ends"


def test_every_value_of_a_row_is_there() -> None:
    desk = Desk()
    desk.app.model.apply(whole(resource("sbx_1", agent="one", team="ci", task="t")), desk.time())
    (agent,) = desk.app.model.agents.values()
    assert [value for value in values_of(agent).values() if value is None] in ([], [None])


@pytest.mark.parametrize("key", [signal.SIGINT, signal.SIGQUIT])
def test_the_key_that_ends_a_program_in_the_terminal_does_not_end_the_console(key: signal.Signals) -> None:
    before = signal.getsignal(key)
    asks = f"os.kill(os.getppid(), {key:d}); raise SystemExit(signal.getsignal({key:d}) == signal.SIG_IGN)"
    theirs = f"import os, signal; {asks}"
    assert run_here((sys.executable, "-c", theirs), {}).code == 0
    assert signal.getsignal(key) == before
