"""The console itself, and `demo`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fleet_tui.cli.out import Ended, guarded, in_words
from fleet_tui.config.paths import APP, find_paths
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.splash import OPTIONS, PRINTS_ONLY, Splash

if TYPE_CHECKING:
    from argparse import Namespace


def run(options: "Namespace") -> int:
    """Open the console or the demo."""
    return _demo(options) if options.command == "demo" else _open(options.config, options.state_dir, None)


def open_alone(options: Mapping[str, str], splash: Splash) -> int:
    """Open the console where nothing else is asked for, and no grammar is needed to know it; its exit code."""
    config, state_dir = (Path(told) if (told := options.get(name)) else None for name in OPTIONS)

    def run() -> int:
        # Left before anything is said in the terminal that it holds.
        with splash:
            return in_words(lambda: _open(config, state_dir, splash), APP)

    return guarded(run)


def _open(config: Path | None, state_dir: Path | None, splash: Splash | None) -> int:
    """Open it; without a terminal, or on one that can only print, print the fleet once."""
    draws = os.environ.get("TERM", "") not in PRINTS_ONLY
    if not (draws and sys.stdin.isatty() and sys.stdout.isatty()):
        from argparse import Namespace

        from fleet_tui.cli import look

        asked = Namespace(config=config, state_dir=state_dir, command="ls", words=[], resources=False, json=False)
        return look.run(asked)
    from fleet_tui.console import run as open_console

    paths = find_paths(config=config, state_dir=state_dir, env=os.environ)
    return open_console(paths.present, paths.state_dir, env=os.environ, config_dir=paths.config_dir, splash=splash)


def _demo(options: "Namespace") -> int:
    if options.agents < 1:
        raise Ended(ExitCode.WRONG, "--agents takes a number from 1")
    if (options.json or options.resources) and not options.once:
        raise Ended(ExitCode.WRONG, "--json and --resources print once: add --once")
    from fleet_tui.demo import main as begin

    return begin(
        agents=options.agents,
        seed=options.seed,
        chaos=options.chaos,
        once=options.once,
        resources=options.resources,
        json=options.json,
    )
