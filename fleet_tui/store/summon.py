"""Starts a collector that outlives whoever asked for it, where none is alive, and speaks to the one that is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fleet_tui import clock
from fleet_tui.store.lock import collector_holder

LOG_FILE: Final = "collector.log"
_STEP_S: Final = 0.05
_LOG_LIMIT_BYTES: Final = 4 * 1024 * 1024


def ensure_collector(
    state_dir: Path, config_file: Path | None, env: Mapping[str, str]
) -> subprocess.Popen[bytes] | None:
    """The process that was started, or None where a collector is alive. Give it back to this function's caller's end.

    `config_file` None: as found without a file. Of two that start at once one ends by itself. Raises OSError.
    """
    if collector_holder(state_dir) is not None:
        return None
    words = [sys.executable, "-P", "-m", "fleet_tui", "collect", "--for-consoles", "--state-dir", str(state_dir)]
    if config_file is not None:
        words += ["--config", str(config_file)]
    log = os.open(state_dir / LOG_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(log).st_size > _LOG_LIMIT_BYTES:
            os.ftruncate(log, 0)
        return subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=dict(env), start_new_session=True
        )
    finally:
        os.close(log)


def collector_pid(state_dir: Path) -> int | None:
    """The collector's process; 0 while it is starting, None where none is alive."""
    holder = collector_holder(state_dir)
    return None if holder is None else holder.pid


def stop_collector(state_dir: Path, *, within_s: float) -> bool:
    """End the collector that runs; True when none is left."""
    deadline = clock.monotonic_s() + within_s
    told: int | None = None
    while (pid := collector_pid(state_dir)) is not None:
        if pid and pid != told:
            _signal(pid, signal.SIGTERM)
            told = pid
        if clock.monotonic_s() > deadline:
            return False
        time.sleep(_STEP_S)
    return True


def reload_collector(state_dir: Path) -> bool:
    """Let the collector read its configuration again; False where none runs."""
    pid = collector_pid(state_dir)
    return bool(pid) and _signal(pid or 0, signal.SIGHUP)


def _signal(pid: int, what: signal.Signals) -> bool:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return False
    return True
