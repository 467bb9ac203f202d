"""Paints the last known fleet before anything slow is imported, and leaves the terminal as it was whatever comes next.

Runs before the command line is parsed, so it judges only what it understands: anything else opens without a splash.
"""

import os
import signal
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from fleet_tui.domain.last_screen import FILE, LIMIT_BYTES, DrawnLine, LastScreen, decoded, terminal_of
from fleet_tui.domain.text import SafeText, cell_width, crop_cells
from fleet_tui.store.schema import SCHEMA_VERSION, STORE_FILE

PRINTS_ONLY: Final = frozenset({"", "dumb", "unknown"})
"""What TERM says of a terminal that cannot put anything anywhere."""
_IN: Final = 0
_OUT: Final = 2
"""Where Textual writes, too."""
OPTIONS: Final = ("--config", "--state-dir")
"""What a console can be told."""
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
"""Never waits: a pipe in a file's place has no writer."""
_LEAST_COLUMNS: Final = 30
_LEAST_LINES: Final = 8
_STORE_HEADER_BYTES: Final = 64
_STORE_MAGIC: Final = b"SQLite format 3\0"
_VERSION_AT: Final = 60
_DAY_S: Final = 86_400
_BEGIN: Final = "\x1b[?1049h\x1b[?25l"
_MODES: Final = (1000, 1003, 1015, 1006, 1004, 2004, 2048)
_END: Final = "".join(("\x1b[0m", *(f"\x1b[?{mode}l" for mode in _MODES), "\x1b[<u\x1b[?7h\x1b[?25h\x1b[?1049l"))
"""Undoes what a splash switches, and what a console that was about to begin may have switched."""
_TOLD: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Splash:
    """The terminal while the splash holds it; as a context, it is given back at the latest when the block is left."""

    def __init__(self) -> None:
        self.modes: list[Any] | None = None
        """The terminal's modes from before; None where nothing was shown."""
        self._held: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *told: object) -> None:
        self.leave()

    def show(self, picture: str) -> None:
        """Take the terminal and paint. Keys typed from now on wait for the console, unseen."""
        modes = termios.tcgetattr(_IN)
        quiet = termios.tcgetattr(_IN)
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        self.modes, self._held = modes, True
        try:
            for told in _TOLD:
                signal.signal(told, self._end)
            # Stopped now, it would leave a shell on a screen that is not the shell's.
            signal.signal(signal.SIGTSTP, _wait_for_console)
            termios.tcsetattr(_IN, termios.TCSANOW, quiet)
            _write(_BEGIN + picture)
        except BaseException:
            self.leave()
            raise

    def taken(self) -> None:
        """The console has the terminal now and gives it back itself, with the modes from before."""
        if self._held:
            self._held = False
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def leave(self) -> None:
        """Give the terminal back, unless the console took it."""
        if self._held:
            self._held = False
            self._restore()
            for told in (*_TOLD, signal.SIGTSTP):
                signal.signal(told, signal.default_int_handler if told == signal.SIGINT else signal.SIG_DFL)

    def _restore(self) -> None:
        try:
            _write(_END)
            if self.modes is not None:
                termios.tcsetattr(_IN, termios.TCSANOW, self.modes)
        except (OSError, termios.error):
            # The terminal is gone: there is nothing left to give back.
            return

    def _end(self, told: int, _frame: object) -> None:
        self._restore()
        signal.signal(told, signal.SIG_DFL)
        os.kill(os.getpid(), told)


def open_splash(options: Mapping[str, str], env: Mapping[str, str]) -> Splash:
    """Show the last known fleet where there is one and the terminal can; else nothing happened."""
    splash = Splash()
    try:
        state_dir = state_dir_of(options, env)
        if state_dir is not None and _is_ours(env):
            columns, lines = os.get_terminal_size(_OUT)
            screen = _known(state_dir, lines) if columns >= _LEAST_COLUMNS and lines >= _LEAST_LINES else None
            if screen is not None and screen.terminal == terminal(env):
                splash.show(painted(screen, columns, lines, time.time()))
    except (OSError, ValueError, OverflowError, termios.error):
        # Without a splash the console opens as well, and says what is wrong better than this could.
        splash.leave()
    return splash


def painted(screen: LastScreen, columns: int, lines: int, now_s: float) -> str:
    """The sequences that draw it in a terminal of that size: cut where it was larger, blank where it was smaller."""
    same = (screen.columns, screen.lines) == (columns, lines)
    below = [*screen.panel, *screen.bottom] if same else [*screen.bottom]
    room = max(0, lines - len(screen.top) - len(below))
    rows = [*screen.rows[:room], *([()] * max(0, room - len(screen.rows)))]
    drawn: list[DrawnLine] = [*screen.top, *rows, *below]
    out: list[str] = []
    for number, line in enumerate(drawn[:lines]):
        mark = _mark(screen.at_s, now_s) if number == len(screen.top) - 1 else SafeText("")
        out.append(f"\x1b[{number + 1};1H{_drawn(line, columns, mark)}")
    return "".join(out)


def _drawn(line: DrawnLine, columns: int, mark: SafeText) -> str:
    out: list[str] = []
    left = columns - cell_width(mark)
    look = ""
    for look, text in line:
        shown = crop_cells(text, left)
        left -= cell_width(shown)
        out.append(f"\x1b[0;{look}m{shown}" if look else f"\x1b[0m{shown}")
    out.append(f"{mark}{' ' * max(0, left)}\x1b[0m")
    return "".join(out)


def _mark(at_s: int, now_s: float) -> SafeText:
    """`last known, 14:32`, in local time; with the date where the hour alone could be taken for today's."""
    close = 0 <= now_s - at_s < _DAY_S / 2
    told = time.strftime("%H:%M" if close else "%Y-%m-%d %H:%M", time.localtime(at_s))
    return SafeText(f"last known, {told}")


def alone(words: Sequence[str]) -> dict[str, str] | None:
    """The options of a command line that asks for nothing but the console; None for any other, or a wrong one."""
    told: dict[str, str] = {}
    left = list(words)
    while left:
        option, equals, value = left.pop(0).partition("=")
        if option not in OPTIONS or not (equals or left):
            return None
        told[option] = value if equals else left.pop(0)
        if not told[option] or told[option].startswith("-"):
            return None
    return told


def state_dir_of(options: Mapping[str, str], env: Mapping[str, str]) -> str | None:
    """Where the state of a console with these options is; None where nobody knows."""
    named = options.get("--state-dir") or env.get("FLEET_TUI_STATE_DIR", "").strip() or _platform_state_dir(env)
    return os.path.expanduser(named) if named else None  # noqa: PTH111 - pathlib is slow to import


def _platform_state_dir(env: Mapping[str, str]) -> str:
    """As `config.paths` finds it, which is too slow for here; on other systems nobody knows."""
    if sys.platform != "linux":
        return ""
    home = env.get("XDG_STATE_HOME", "").strip()
    return f"{home or '~/.local/state'}/fleet-tui"


def _is_ours(env: Mapping[str, str]) -> bool:
    """The terminal can be painted and is held by this process."""
    if env.get("TERM", "") in PRINTS_ONLY:
        return False
    if not all(os.isatty(one) for one in (_IN, 1, _OUT)):
        return False
    try:
        return os.tcgetpgrp(_IN) == os.getpgrp()
    except OSError:
        # It controls no session, so nobody is stopped for writing to it.
        return True


def terminal(env: Mapping[str, str]) -> str:
    """One word for what decides how lines are drawn."""
    return terminal_of(
        env.get("TERM", ""), env.get("COLORTERM", ""), no_color=bool(env.get("NO_COLOR")), ascii_only=is_plain(env)
    )


def is_plain(env: Mapping[str, str]) -> bool:
    """Whether only ASCII should be drawn: the locale, or the Linux console with its few glyphs, says so."""
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    return env.get("TERM") == "linux" or "utf" not in locale.lower()


def _known(state_dir: str, lines: int) -> LastScreen | None:
    """The last screen, if it shows the store that is there and that store is one of ours."""
    store = os.open(f"{state_dir}/{STORE_FILE}", _READ)
    try:
        facts, header = os.fstat(store), os.read(store, _STORE_HEADER_BYTES)
    finally:
        os.close(store)
    version = int.from_bytes(header[_VERSION_AT : _VERSION_AT + 4], "big")
    if not header.startswith(_STORE_MAGIC) or version > SCHEMA_VERSION:
        return None
    screen = decoded(_private_text(f"{state_dir}/{FILE}"), lines)
    if screen is None or screen.store != f"{facts.st_dev}:{facts.st_ino}" or len(screen.rows) <= 1:
        return None
    return screen


def _private_text(path: str) -> str:
    """A file that nobody but its owner, who is us, may read or write; raises OSError for another."""
    file = os.open(path, _READ)
    try:
        facts = os.fstat(file)
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o077 or facts.st_size > LIMIT_BYTES:
            raise PermissionError(path)
        return os.read(file, LIMIT_BYTES).decode()
    finally:
        os.close(file)


def _write(text: str) -> None:
    left = text.encode()
    while left:
        left = left[os.write(_OUT, left) :]


def _wait_for_console(*_told: object) -> None:
    """A stop is not heard until the console can take its screen away first."""
