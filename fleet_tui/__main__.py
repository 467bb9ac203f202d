"""Starts fleet-tui, as `fleet-tui` and as `python -m fleet_tui`; imports nothing else until it is called."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

_ENGINES = frozenset({"collect", "demo"})
"""Commands with threads of libraries that have an end of their own to come to."""
_HASHES = ("_md5", "_sha1", "_sha256", "_sha512", "_sha3", "_blake2")
"""Python's own, which hashlib takes where there are none of OpenSSL."""


def main() -> int:
    """Run the command of this process; its exit code. Where no command is named, the splash comes first."""
    words = sys.argv[1:]
    # What is imported stays and facts hold no cycles: to look for some after every 700 objects is a tenth of a start.
    # A command ends before it has made many.
    gc.set_threshold(200_000 if _ENGINES.isdisjoint(words) else 20_000, 50, 100)
    if words and not words[0].startswith(("--config", "--state-dir")):
        return _command(words)

    from fleet_tui.splash import alone, open_splash

    options = alone(words)
    if options is None:
        return _command(words)
    # Until its first frame a console only loads; `ui.heap` looks after the rest of its life.
    gc.disable()
    # A thread that reckons gives way to the one that draws and hears keys after a millisecond, not after five.
    sys.setswitchinterval(0.001)
    _leave_openssl_out()
    with open_splash(options, os.environ) as splash:
        from fleet_tui.cli.console import open_alone

        code = open_alone(options, splash)
    return _end(code)


def _command(words: list[str]) -> int:
    from fleet_tui.cli.main import main as run

    code = run()
    return _end(code) if _ENGINES.isdisjoint(words) else code


def _leave_openssl_out() -> None:
    """A console connects to nobody: the TLS that asyncio could speak would be 8 of its 50 MB."""
    from importlib.util import find_spec

    unused = ("ssl", "_hashlib") if all(map(find_spec, _HASHES)) else ("ssl",)
    # What is None here cannot be imported; asyncio and hashlib go on without.
    sys.modules.update(dict.fromkeys(unused))  # type: ignore[arg-type]


def _end(code: int) -> NoReturn:
    """All is written, and threads that write were waited for: taking the interpreter apart would only take time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            # Whoever read it may be gone, or it was closed from the beginning.
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    raise SystemExit(main())
