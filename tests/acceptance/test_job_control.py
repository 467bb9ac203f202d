"""A console in a shell with jobs: ctrl-z gives the terminal back whole, and fg brings everything back."""

import shutil
import sys

import pytest

from tests.acceptance.harness import Place
from tests.acceptance.tmux import needs_tmux, screen

pytestmark = [pytest.mark.no_cover, pytest.mark.tmux, needs_tmux]
CONFIG = '[[source]]\nname = "here"\nprovider = "local"\ndiscover = false\n'


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_ctrl_z_gives_the_terminal_back_and_fg_draws_everything_again(place: Place) -> None:
    config = place.root / "jobs.toml"
    config.write_text(CONFIG, encoding="utf-8")
    config.chmod(0o600)
    words = f"{sys.executable} -P -m fleet_tui --config {config} --state-dir {place.state}"
    with screen(place, ["bash", "--norc", "--noprofile", "-i"]) as shell:
        shell.type(words)
        shell.press("Enter")
        shell.shows("FLEET[0]", "EMPTY")
        for front in ("EMPTY", "keys of FLEET"):
            shell.press("C-z")
            shell.shows("Stopped")
            shell.shows_no("FLEET[0]")
            shell.type("echo $((40 + 2)) && stty -a | grep -c ' echo '")
            shell.press("Enter")
            shell.shows("42\n1\n")
            shell.press("C-l")
            shell.type("fg")
            shell.press("Enter")
            shell.shows("fleet  [RO]", front)
            if front == "EMPTY":
                shell.type("?")
                shell.shows("keys of FLEET")
        shell.type("?")
        shell.shows("EMPTY")
        shell.type("q")
        shell.shows_no("EMPTY")
        shell.type("exit")
        shell.press("Enter")
        assert shell.ended() == 0
