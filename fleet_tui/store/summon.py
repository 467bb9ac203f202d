"""Starts a collector where none is alive: a process of its own session, which outlives whoever asked for it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fleet_tui.store.lock import collector_holder

LOG_FILE: Final = "collector.log"
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
