"""Writes what was saved from a view: into the state directory, for its owner's eyes only, never over another file."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.keep import own_folder

EXPORTS: Final = "exports"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def save_export(state_dir: Path, name: str, lines: Iterable[str]) -> Path:
    """Write a new file, 0600, and say where it is. Raises ConfigError."""
    path = state_dir / EXPORTS / name
    try:
        own_folder(state_dir, EXPORTS)
        file = os.fdopen(os.open(path, _NEW, 0o600), "w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from error
    try:
        with file:
            file.writelines(lines)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from error
    return path
