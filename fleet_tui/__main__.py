"""Starts fleet-tui, as `fleet-tui` and as `python -m fleet_tui`; imports nothing else until it is called."""

import gc
import sys


def main() -> int:
    """Run the command of this process; give its exit code. Where no command is named, the splash comes first."""
    # What is imported stays and facts hold no cycles: to look for some after every 700 objects is a tenth of a start.
    gc.set_threshold(20_000, 50, 100)
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
