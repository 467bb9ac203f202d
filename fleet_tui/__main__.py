"""Starts fleet-tui, as `fleet-tui` and as `python -m fleet_tui`; imports nothing else until it is called."""

import sys


def main() -> int:
    """Run the command of this process; give its exit code. Where no command is named, the splash comes first."""
    words = sys.argv[1:]
    if words and not words[0].startswith(("--config", "--state-dir")):
        from fleet_tui.cli.main import main as run

        return run()

    import os

    from fleet_tui.splash import open_splash

    with open_splash(words, os.environ) as splash:
        from fleet_tui.cli.main import main as run

        return run(splash=splash)


if __name__ == "__main__":
    raise SystemExit(main())
