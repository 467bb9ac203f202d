"""A terminal that a person might sit at: tmux of its own, with a socket in the test's place."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.acceptance.harness import Place, is_gone, state_of
from tests.support.wait import eventually

LOOK_S = 20.0
HELD = """
read _
pid=$1 status=$2
shift 2
sh -c 'echo $$ > "$1.new"; mv "$1.new" "$1"; shift; exec "$@"' sh "$pid" "$@"
echo $? > "$status.new"
mv "$status.new" "$status"
read _
"""
"""Begins when told to, tells which process the program is and how it ended, and keeps the pane open behind it."""
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Screen:
    """One pane and the program in it."""

    def __init__(self, place: Place, desk: str = "screen") -> None:
        self._place = place
        self.socket = place.root / f"{desk}.tmux"
        self._pid_file = place.root / f"{desk}.pid"
        self._status_file = place.root / f"{desk}.status"

    def begin(self, words: Sequence[str], *, columns: int, rows: int) -> None:
        """Run a program; the pane stays when it has ended."""
        for file in (self._pid_file, self._status_file):
            file.unlink(missing_ok=True)
        size = ("-x", str(columns), "-y", str(rows))
        told = (str(self._pid_file), str(self._status_file))
        self.tmux("-f", "/dev/null", "new-session", "-d", *size, "-n", "ours", "sh", "-c", HELD, "sh", *told, *words)
        for option in ("allow-rename", "set-titles"):
            self.tmux("set-option", "-g", option, "on")
        self.tmux("set-option", "-s", "set-clipboard", "on")
        self.tmux("select-pane", "-T", "our title")
        self.press("Enter")
        eventually(self._pid_file.exists, what="the program")

    def tmux(self, *words: str) -> str:
        """One command to this server; what it printed."""
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self.socket), *words],
            env={**self._place.environment, "LANG": "C.UTF-8"},
            cwd=self._place.root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=20,
            check=False,
        )
        return done.stdout

    @property
    def lines(self) -> list[str]:
        """What it shows."""
        return self.tmux("capture-pane", "-p", "-t", "0").split("\n")[:-1]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def pid(self) -> int:
        """The program's process."""
        return int(self._pid_file.read_text())

    @property
    def title(self) -> tuple[str, str]:
        """Pane title and window name."""
        title, name = self.tmux("display-message", "-p", "-t", "0", "#{pane_title}\n#{window_name}").split("\n")[:2]
        return title, name

    @property
    def paste_buffer(self) -> str:
        return self.tmux("show-buffer")

    @property
    def runs(self) -> bool:
        """Whether the program is still there."""
        return not self._status_file.exists()

    def press(self, *keys: str) -> None:
        """Keys by tmux's names."""
        self.tmux("send-keys", "-t", "0", *keys)

    def type(self, text: str) -> None:
        """Characters as they are."""
        self.tmux("send-keys", "-t", "0", "-l", text)

    def click(self, *cells: tuple[int, int]) -> None:
        """Press and let go of the left button on each (column, row) from 0, as a terminal tells it (SGR 1006)."""
        self.type("".join(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m" for x, y in cells))

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-t", "0", "-x", str(columns), "-y", str(rows))

    def shows(self, *texts: str, within_s: float = LOOK_S) -> str:
        """Wait until all of these are to be seen; the screen then."""

        def seen() -> str:
            shown = self.text
            return shown if all(text in shown for text in texts) else ""

        try:
            return eventually(seen, timeout_s=within_s, what=f"{texts} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    def shows_no(self, text: str) -> None:
        """Wait until this is not to be seen any more."""
        try:
            eventually(lambda: text not in self.text, timeout_s=LOOK_S, what=f"a screen without {text!r}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    def ended(self) -> int:
        """Wait until the program has ended; its exit code as a shell tells it."""
        try:
            eventually(self._status_file.exists, what="the end of the program")
        except AssertionError as error:
            raise AssertionError(f"{error}, {state_of(self.pid)}\n{self.text}") from None
        return int(self._status_file.read_text())


@contextmanager
def screen(
    place: Place, words: Sequence[str], *, columns: int = 80, rows: int = 24, desk: str = "screen"
) -> Iterator[Screen]:
    """A program in a terminal of this size, ended with the block; each desk has a terminal of its own."""
    made = Screen(place, desk)
    made.begin(words, columns=columns, rows=rows)
    server = int(made.tmux("display-message", "-p", "#{pid}"))
    try:
        yield made
    finally:
        made.tmux("kill-server")
        eventually(lambda: is_gone(server), what="the end of tmux")
