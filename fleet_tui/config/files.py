"""Reads a configuration file only when nobody but its owner could have written it."""

import errno
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, Final, cast

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.redact import redact
from fleet_tui.domain.dataclass import dataclass

Tree = dict[str, Any]
KeyPath = tuple[str | int, ...]
"""From the top of the file: table names, and indices of arrays from 0."""

_SIZE_LIMIT_BYTES: Final = 1024 * 1024
_LINES_SEARCHED: Final = 2000
_SEARCHED_CHARACTERS: Final = 100_000
"""In a longer file what is wrong is named without its line."""
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def read_regular(path: Path, limit_bytes: int) -> tuple[os.stat_result, bytes]:
    """The facts of a regular file and at most that much of it, both of one descriptor. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return facts, os.read(fd, limit_bytes)
    finally:
        os.close(fd)


def read_checked(path: Path) -> str:
    """The text of a file of at most 1 MiB. Raises ConfigError when others could write it or it is unreadable."""
    try:
        facts, raw = read_regular(path, _SIZE_LIMIT_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=path) from error
    if facts.st_uid not in {os.getuid(), 0}:
        raise ConfigError("belongs to neither you nor root, so it is not read", path=path)
    if facts.st_mode & stat.S_IWOTH:
        raise ConfigError("is writable by all, so it is not read: look what it says, then `chmod o-w` it", path=path)
    if len(raw) > _SIZE_LIMIT_BYTES:
        raise ConfigError("is larger than 1 MiB", path=path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError("is not UTF-8 text", path=path, line=raw[: error.start].count(b"\n") + 1) from None


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file as a tree, able to say on which line a key stands."""

    path: Path | None
    text: str
    tree: Tree

    def error(self, sentence: str, at: KeyPath = ()) -> ConfigError:
        """What is wrong there, with file and line."""
        return ConfigError(redact(sentence), path=self.path, line=self.line_of(at))

    def line_of(self, at: KeyPath) -> int | None:
        """The line on which the statement that first sets this key begins; None when the key is not in the file.

        A TOML parser gives no lines. A prefix of whole statements parses, and once a key is in one it is in every
        longer one, so the shortest such prefix is found by bisecting.
        """
        if not at or not _holds(self.tree, at):
            return None
        lines = self.text.split("\n")
        if len(lines) > _LINES_SEARCHED or len(self.text) > _SEARCHED_CHARACTERS:
            # Every step parses again, so that a huge file would hold the console for minutes.
            return None
        low, high = 0, len(lines)
        while high - low > 1:
            middle = (low + high) // 2
            whole, tree = _parsable(lines, middle, low)
            if whole > low and _holds(tree, at):
                high = whole
            else:
                low = middle
        begin, _ = _parsable(lines, high - 1, 0)
        return begin + 1


def _parsable(lines: list[str], upto: int, floor: int) -> tuple[int, Tree]:
    """The longest prefix of at most `upto` lines that parses, not shorter than `floor`."""
    for count in range(upto, floor, -1):
        try:
            return count, tomllib.loads("\n".join(lines[:count]))
        except (ValueError, RecursionError):
            continue
    return floor, {}


def _holds(tree: object, at: KeyPath) -> bool:
    for step in at:
        if isinstance(tree, dict) and step in tree:
            tree = cast("Tree", tree)[str(step)]
        elif isinstance(tree, list) and isinstance(step, int) and step < len(cast("list[object]", tree)):
            tree = cast("list[object]", tree)[step]
        else:
            return False
    return True


def read_toml(path: Path) -> Document:
    """Read and parse. Raises ConfigError with the line and without any of the text."""
    return parse_toml(read_checked(path), path)


def parse_toml(text: str, path: Path | None) -> Document:
    """Parse. Raises ConfigError with the line and without any of the text."""
    try:
        return Document(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found.group(1)) if found and found.group(1) else None
        what = _AT_LINE.sub("", str(error)).strip() if "'" not in str(error) else "a character that may not stand there"
        raise ConfigError(f"is not TOML: {what}", path=path, line=line) from None
    except RecursionError:
        raise ConfigError("is not TOML: nested too deep", path=path) from None
    except ValueError:
        # Python turns no number of thousands of digits into an integer.
        raise ConfigError("is not TOML: a number that is too long", path=path) from None
