"""What was typed into the console's lines, kept for the next time: bounded, for its owner only, and never a secret."""

import os
import stat
from pathlib import Path
from typing import Final

from fleet_tui.config.redact import redact
from fleet_tui.domain.text import safe_line

HISTORY_FILE: Final = "history"
LINES: Final = 500
LINE_CHARACTERS: Final = 500
_SIZE_BYTES: Final = 4 * LINES * LINE_CHARACTERS
_PRIVATE: Final = 0o600


class History:
    """Lines, each behind the sign of the bar it was typed into; without a path they live as long as the console."""

    def __init__(self, path: Path | None = None) -> None:
        self._path: Path | None = path
        self._lines: list[str] | None = None

    def lines(self, sign: str) -> tuple[str, ...]:
        """What was typed behind a sign (`/` or `:`), oldest first, nothing twice."""
        return tuple(line[1:] for line in self._known() if line.startswith(sign))

    def keep(self, sign: str, line: str) -> bool:
        """Remember a line; False where it is not worth it, or looks like a secret. `save` puts it into the file."""
        typed = line.strip()
        kept = f"{sign}{typed}"
        if not typed or len(typed) > LINE_CHARACTERS or not _fit(kept):
            return False
        known = self._known()
        if kept in known:
            known.remove(kept)
        known.append(kept)
        del known[:-LINES]
        return True

    def save(self) -> None:
        """Write what is known, in a thread. What cannot be written is forgotten with this console."""
        if self._path is None or self._lines is None:
            return
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            # What another console kept meanwhile stays.
            others = [line for line in self._read() if line not in self._lines]
            text = "".join(f"{line}\n" for line in [*others, *self._lines][-LINES:])
            with os.fdopen(os.open(part, flags, _PRIVATE), "w", encoding="utf-8") as file:
                file.write(text)
            part.replace(self._path)
        except OSError:
            part.unlink(missing_ok=True)

    def _known(self) -> list[str]:
        if self._lines is None:
            self._lines = self._read()
        return self._lines

    def _read(self) -> list[str]:
        if self._path is None:
            return []
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return []
        with os.fdopen(descriptor, "rb") as file:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid():
                return []
            text = file.read(_SIZE_BYTES).decode("utf-8", "replace")
        lines = [line for line in text.split("\n") if 1 < len(line) <= LINE_CHARACTERS + 1 and _fit(line)]
        return list(dict.fromkeys(reversed(lines)))[::-1][-LINES:]


def _fit(line: str) -> bool:
    return safe_line(line) == line and redact(line) == line
