"""Starts fleet-tui, as `fleet-tui` and as `python -m fleet_tui`; imports nothing else until it is called."""


def main() -> int:
    """Run the command of this process; give its exit code."""
    from fleet_tui.cli.main import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
