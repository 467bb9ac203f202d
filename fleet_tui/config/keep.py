"""Writes a file for one's own eyes only into the state directory, and never over another one."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PRIVATE_DIR = 0o700
_PRIVATE_FILE = 0o600
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME_CHARS = 40


def own_folder(state_dir: Path, *parts: str) -> Path:
    """A folder below the state directory, 0700. Raises OSError when a link or somebody else's stands in its place."""
    folder = state_dir
    for part in parts:
        folder /= part
        folder.mkdir(mode=_PRIVATE_DIR, exist_ok=True)
        facts = folder.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
            raise NotADirectoryError(20, "it is a link, a file or somebody else's", str(folder))
        if facts.st_mode & 0o077:
            folder.chmod(_PRIVATE_DIR)
    return folder


def keep(folder: Path, name: str, lines: Iterable[str]) -> Path:
    """A new file, 0600, whole or not at all. Raises OSError, FileExistsError where there is one already."""
    path = folder / name
    file = os.fdopen(os.open(path, _NEW, _PRIVATE_FILE), "w", encoding="utf-8", errors="backslashreplace", newline="")
    try:
        with file:
            file.writelines(lines)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    return path


def plain_name(text: str) -> str:
    """Any text as a part of a file's name: ASCII letters, digits, `.`, `_`, `-`; never first a dot."""
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in text[:_NAME_CHARS])
    return kept.lstrip(".") or "_"
