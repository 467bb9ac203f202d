"""The last net below every frame: takes away the sequences that a Textual frame is made of and looks at what is left.

A tripwire behind safe text, not a substitute: a plain colour sequence in vendor text looks like our own styling here.
"""

import re
from typing import Final

_DRIVER_MODES: Final = (7, 25, 1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048)
MODES: Final = frozenset(
    {
        *(f"\x1b[?{mode}{switch}" for mode in _DRIVER_MODES for switch in "hl"),
        *("\x1b[?2026$p", "\x1b[?2048$p"),
        *(f"\x1b[>{flags}u" for flags in range(32)),
        "\x1b[<u",
        "\x07",
    }
)  # fmt: skip
"""Whole writes that a driver makes at start and stop: mode switches, questions about modes, the bell."""

# SGR, row;column H (with the line break a full frame puts before it), synchronized update, pointer shape.
_FRAME: Final = re.compile(r"\x1b\[[0-9;:]*m|\n?\x1b\[[0-9]+;[0-9]+H|\x1b\[\?2026[hl]|\x1b\]22;[a-z-]*\x07")
_HOSTILE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_REPLACEMENT: Final = "\ufffd"


class HostileOutput(Exception):
    """A control or bidi character was about to reach the terminal; some text was drawn without being made safe."""

    def __init__(self, found: str, around: str) -> None:
        super().__init__(f"U+{ord(found):04X} in a frame near {around!a}: draw this text through fleet_tui.ui.text")


class FrameGuard:
    """Looks at everything written to the terminal; `hits` counts what should not have been there."""

    def __init__(self, *, strict: bool) -> None:
        self.strict: bool = strict
        self.hits: int = 0

    def checked(self, written: str) -> str:
        """What may be written: the same text, or with hostile characters replaced. Strict ones raise HostileOutput."""
        if written in MODES:
            return written
        rest = _FRAME.sub("", written)
        found = _HOSTILE.search(rest)
        if found is None:
            return written
        self.hits += 1
        if self.strict:
            raise HostileOutput(found.group(), rest[max(0, found.start() - 20) : found.end() + 20])
        return _cleaned(written)


def _cleaned(written: str) -> str:
    out: list[str] = []
    end = 0
    for match in _FRAME.finditer(written):
        out += (_HOSTILE.sub(_REPLACEMENT, written[end : match.start()]), match.group())
        end = match.end()
    out.append(_HOSTILE.sub(_REPLACEMENT, written[end:]))
    return "".join(out)
