"""What a child process of a test is given: a path, a home of its own, and what coverage needs to follow it."""

import os
from pathlib import Path


def child_env(home: Path, **more: str) -> dict[str, str]:
    """An environment without anything of the person who runs the tests."""
    followed = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {"PATH": os.environ["PATH"], "HOME": str(home), **followed, **more}
