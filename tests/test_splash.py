"""The splash: what it paints, when it keeps away, and that it always gives the terminal back as it was."""

import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import platformdirs
import pyte
import pytest

from fleet_tui import clock
from fleet_tui.domain.last_screen import FILE, LastScreen, Run, decoded, encoded
from fleet_tui.domain.text import SafeText
from fleet_tui.ports import Observation
from fleet_tui.splash import alone, open_splash, painted, state_dir_of, terminal
from fleet_tui.store.schema import STORE_FILE
from tests.support.facts import resource, status
from tests.support.stores import stores
from tests.support.terminal import Terminal, shell_terminal
from tests.support.wait import eventually

ENV = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
COLUMNS, LINES = 100, 30
NOON = 1_795_000_000
_HOLD = """
import os, sys, threading
from fleet_tui.splash import alone, open_splash
with open_splash(alone(sys.argv[2:]) or {}, os.environ) as splash:
    if sys.argv[1] == "break":
        import a_module_that_is_missing
    while splash.modes and sys.argv[1] == "hold":
        threading.Event().wait(0.05)
"""


def line(text: str) -> list[Run]:
    return [Run("1;38;2;1;2;3", SafeText(text)), Run("", SafeText(" end"))]


def screen(**other: object) -> LastScreen:
    rows = [line("AGENT"), *(line(f"agent-{number}") for number in range(40))]
    made = LastScreen(
        at_s=NOON,
        terminal=terminal(ENV),
        store="1:2",
        columns=COLUMNS,
        lines=LINES,
        top=[line("fleet prod"), line("e2b now"), line("FLEET[40]")],
        rows=rows,
        panel=[line("who")],
        bottom=[line("p pause")],
    )
    return made._replace(**other)  # type: ignore[arg-type]


def shown(picture: str, columns: int = COLUMNS, lines: int = LINES) -> list[str]:
    display = pyte.Screen(columns, lines)
    pyte.Stream(display).feed(picture)
    return [row.rstrip() for row in display.display]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A state directory with a store and the last screen that was drawn over it."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    with sqlite3.connect(state / STORE_FILE) as connection:
        connection.execute("PRAGMA user_version = 1")
        connection.execute("CREATE TABLE one (id)")
    keep(state, screen())
    return state


def keep(state: Path, last: LastScreen) -> None:
    store = (state / STORE_FILE).stat()
    file = state / FILE
    file.touch(mode=0o600)
    file.write_text(encoded(last._replace(store=f"{store.st_dev}:{store.st_ino}")), encoding="utf-8")


def test_what_is_kept_is_what_is_painted() -> None:
    last = screen()
    assert decoded(encoded(last), 1000) == last._replace(rows=list(last.rows))


@pytest.mark.parametrize("text", ["", "something", "fleet-tui last screen 1\nx", "fleet-tui last screen 2\n1\x1f2"])
def test_another_text_is_no_screen(text: str) -> None:
    assert decoded(text, 10) is None


def test_a_screen_that_could_not_say_how_old_it_is_is_none() -> None:
    assert decoded(encoded(screen(top=[])), 10) is None


def test_a_file_that_somebody_wrote_into_sends_no_sequence_to_the_terminal() -> None:
    kept = encoded(screen()).replace("agent-3", "agent-\x1b]52;c;cm0gLXJmIH4=\x07\x9b2J\u202e")
    last = decoded(kept, 100)
    assert last is not None
    drawn = painted(last, COLUMNS, LINES, NOON)
    assert re.sub(r"\x1b\[[0-9;]*[mH]", "", drawn).isprintable()
    assert decoded(encoded(screen()).replace("1;38;2;1;2;3", "0m\x1b[2J"), 10) is None


def test_the_whole_screen_stands_where_it_stood() -> None:
    rows = shown(painted(screen(), COLUMNS, LINES, NOON))
    assert rows[:2] == ["fleet prod end", "e2b now end"]
    assert rows[3:6] == ["AGENT end", "agent-0 end", "agent-1 end"]
    assert rows[-2:] == ["who end", "p pause end"]


@pytest.mark.parametrize(("columns", "lines"), [(40, 10), (200, 60), (100, 24)])
def test_in_a_terminal_of_another_size_nothing_is_wrapped_and_the_footer_stays_last(columns: int, lines: int) -> None:
    rows = shown(painted(screen(), columns, lines, NOON), columns, lines)
    assert rows[3:5] == ["AGENT end", "agent-0 end"]
    assert rows[-1] == "p pause end"
    assert "who end" not in rows


@pytest.mark.parametrize(
    ("later_s", "told"),
    [
        (60, r"last known, \d\d:\d\d"),
        (86_400, r"last known, \d{4}-\d\d-\d\d \d\d:\d\d"),
        (-90, r"last known, \d{4}-.*"),
    ],
)
def test_it_says_how_old_it_is(later_s: int, told: str) -> None:
    said = shown(painted(screen(), COLUMNS, LINES, NOON + later_s))[2]
    assert re.fullmatch(rf"FLEET\[40\] end{told}", said)


def test_the_age_is_told_in_a_narrow_terminal_too() -> None:
    last = screen(top=[line("a"), line("b"), line("FLEET" * 20)])
    assert re.search(r"last known, \d\d:\d\d$", shown(painted(last, 40, 10, NOON), 40, 10)[2])


def test_it_looks_for_the_state_where_the_console_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for home in ("", str(tmp_path / "elsewhere")):
        monkeypatch.setenv("XDG_STATE_HOME", home)
        assert state_dir_of({}, os.environ) == str(platformdirs.user_state_path("fleet-tui", appauthor=False))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--state-dir", "/a"], "/a"),
        (["--state-dir=/a", "--config", "/b"], "/a"),
        (["--state-dir"], None),
        (["--state-dir="], None),
        (["--state-dir", "--config"], None),
        (["--config", "/b", "collect"], None),
        (["--state-dir", "/a", "ls"], None),
        (["--help"], None),
        (["--config", "x", "--version"], None),
    ],
)
def test_only_the_console_has_a_splash(words: list[str], found: str | None) -> None:
    options = alone(words)
    assert (None if options is None else state_dir_of(options, {})) == found


def test_without_a_terminal_nothing_happens(place: Path) -> None:
    assert open_splash({"--state-dir": str(place)}, ENV).modes is None


def newer(state: Path) -> None:
    with sqlite3.connect(state / STORE_FILE) as connection:
        connection.execute("PRAGMA user_version = 99")


def corrupt(state: Path) -> None:
    (state / STORE_FILE).write_bytes(b"not a store" * 100)


def another_store(state: Path) -> None:
    (state / "new").write_bytes((state / STORE_FILE).read_bytes())
    (state / "new").replace(state / STORE_FILE)


def linked(state: Path) -> None:
    (state / FILE).rename(state / "real")
    (state / FILE).symlink_to(state / "real")


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file, mode=0o600)


SPOILT: dict[str, Callable[[Path], object]] = {
    "no store": lambda state: (state / STORE_FILE).unlink(),
    "no screen": lambda state: (state / FILE).unlink(),
    "newer": newer,
    "corrupt": corrupt,
    "another store": another_store,
    "linked": linked,
    "readable by others": lambda state: (state / FILE).chmod(0o644),
    "no text": lambda state: (state / FILE).write_bytes(b"\xff\xfe"),
    "a pipe for a screen": lambda state: piped(state / FILE),
    "a pipe for a store": lambda state: piped(state / STORE_FILE),
    "of no time": lambda state: keep(state, screen(at_s=10**30)),
    "no row": lambda state: keep(state, screen(rows=[line("AGENT")])),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_where_nothing_is_known_the_terminal_is_not_touched(place: Path, spoilt: str) -> None:
    SPOILT[spoilt](place)
    with held(place, "hold") as terminal_:
        assert b"\x1b[?1049h" not in ended(terminal_)


@pytest.mark.parametrize("other", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"LC_ALL": "C"}, {"TERM": "linux"}])
def test_in_a_terminal_that_draws_otherwise_it_keeps_away(place: Path, other: dict[str, str]) -> None:
    with held(place, "hold", other) as terminal_:
        assert b"\x1b[?1049h" not in ended(terminal_)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_the_terminal_is_as_it_was(place: Path, told: signal.Signals) -> None:
    with held(place, "hold") as terminal_:
        terminal_.read_until(b"last known")
        if told is signal.SIGINT:
            terminal_.press(b"\x03")
        else:
            os.kill(child_of(terminal_), told)
        assert is_clean(ended(terminal_), code=128 + told)


@pytest.mark.parametrize("how", ["break", "return"])
def test_however_it_ends_the_terminal_is_as_it_was(place: Path, how: str) -> None:
    with held(place, how) as terminal_:
        assert is_clean(ended(terminal_), code=1 if how == "break" else 0)


def test_keys_are_not_echoed_over_the_picture_and_a_stop_waits(place: Path) -> None:
    with held(place, "hold") as terminal_:
        terminal_.read_until(b"last known")
        terminal_.press(b"typed\x1a")
        terminal_.press(b"\x03")
        written = ended(terminal_)
        assert b"typed" not in written.partition(b"\x1b[?1049l")[0]
        assert is_clean(written, code=128 + signal.SIGINT)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[list[str]]:
    """The words that open a console over a fleet of thirty, which a collector keeps that says nothing new."""
    state = tmp_path / "state"
    config = tmp_path / "fleet.toml"
    config.touch(mode=0o600)
    config.write_text('[fleet]\nname = "prod"\n', encoding="utf-8")
    with stores(state, now=clock.now()) as held_:
        rows = tuple(resource(f"box-{number}", agent=f"agent-{number}", team="ci") for number in range(30))
        now = clock.now()
        told = replace(status(), cadence_s=600.0, last_ok_at=now, last_try_at=now, last_complete_at=now)
        held_.collector.observe(Observation(source=told.name, at=now, status=told, changed=rows))
        yield ["-m", "fleet_tui", "--config", str(config), "--state-dir", str(state)]


def test_the_next_console_begins_with_what_the_last_one_showed(fleet: list[str]) -> None:
    with shell_terminal(*fleet, environment={"LANG": "C.UTF-8"}) as first:
        first.read_until(b"agent-")
        first.press(b"q")
        assert is_clean(ended(first), code=0)
    with shell_terminal(*fleet, environment={"LANG": "C.UTF-8"}) as second:
        display = pyte.Screen(COLUMNS, LINES)
        stream = pyte.ByteStream(display)
        painted_bytes = second.read_until(b" write").partition(b"\x1b[?1049h")[2]
        stream.feed(painted_bytes)
        splash = list(display.display)
        assert "last known" in splash[2]
        # Typed before there is anything to hear it.
        second.press(b"jjd")
        written = second.read_until(b"detail ")
        after = written.partition(b"\x1b[?1049h")[2][len(painted_bytes) :]
        frame = after.partition(b"live")[0]
        for at in range(0, len(frame), 64):
            stream.feed(frame[at : at + 64])
            assert "agent-" in "".join(display.display), "there was a moment without the fleet"
        assert b"\x1b[?1049" not in after
        second.press(b"qq")
        assert is_clean(ended(second), code=0)


def test_the_console_stands_where_the_splash_stood(fleet: list[str]) -> None:
    for again in (False, True):
        with shell_terminal(*fleet, environment={"LANG": "C.UTF-8"}) as console:
            splash, _, frame = eventually(lambda: drawn_by_console(console)).partition(b"\x1b[?1000h")
            console.press(b"\x03")
            assert is_clean(ended(console), code=0)
            if again:
                display = pyte.Screen(COLUMNS, LINES)
                stream = pyte.ByteStream(display)
                stream.feed(splash.partition(b"\x1b[?1049h")[2])
                before = list(display.display)
                stream.feed(frame)
                # Heading, rows and footer; above and below them ages are told by the second.
                assert [*before[3:20], before[-1]] == [*display.display[3:20], display.display[-1]]


def held(place: Path, how: str, other: dict[str, str] | None = None) -> AbstractContextManager[Terminal]:
    environment = {**ENV, **(other or {})}
    return shell_terminal("-c", _HOLD, how, "--state-dir", str(place), environment=environment)


def drawn_by_console(terminal_: Terminal) -> bytes:
    """All that was written, once the console's own first frame is whole."""
    written = terminal_.read_until(b"\x1b[?1000h")
    return written if b" write" in written.partition(b"\x1b[?1000h")[2] else b""


def ended(terminal_: Terminal) -> bytes:
    return terminal_.read_until(b"AFTER")


def child_of(terminal_: Terminal) -> int:
    [pid] = Path(f"/proc/{terminal_.process.pid}/task/{terminal_.process.pid}/children").read_text().split()
    return int(pid)


def is_clean(written: bytes, *, code: int) -> bool:
    """The modes are those of before, the cursor is seen, the shell's own screen is back, and the code is right."""
    before, _, rest = written.partition(b"\x1b[?1049h")
    _, _, after = rest.rpartition(b"\x1b[?1049l")
    told = after.partition(b"ENDED ")[2]
    assert b"\x1b[?25h" in rest
    assert told.split()[0] == str(code).encode()
    assert _modes(before) == _modes(told)
    return True


def _modes(text: bytes) -> bytes:
    found = re.search(rb"speed .*?(?=AFTER|$)", text, re.DOTALL)
    assert found is not None
    return found.group().strip()
