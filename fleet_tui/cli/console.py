"""The console itself, and `demo`."""

import os
import sys
from argparse import Namespace

from fleet_tui.cli.out import Ended, ExitCode
from fleet_tui.config.paths import find_paths
from fleet_tui.splash import PRINTS_ONLY


def run(options: Namespace) -> int:
    """Open the console; without a terminal, or on one that can only print, print the fleet once."""
    if options.command == "demo":
        return _demo(options)
    draws = os.environ.get("TERM", "") not in PRINTS_ONLY
    if not (draws and sys.stdin.isatty() and sys.stdout.isatty()):
        from fleet_tui.cli import look

        return look.run(Namespace(**{**vars(options), "command": "ls", "words": [], "resources": False, "json": False}))
    from fleet_tui.console import run as open_console

    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    return open_console(
        paths.present, paths.state_dir, env=os.environ, config_dir=paths.config_dir, splash=options.splash
    )


def _demo(options: Namespace) -> int:
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
