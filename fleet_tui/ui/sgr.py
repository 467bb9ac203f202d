"""Shortens a frame: styles are sent as the difference to the style before, not from nothing each time."""

import re
from functools import lru_cache
from typing import Final

_STYLE: Final = re.compile(r"(\x1b\[[0-9;]*m)")
# What prints nothing, and so looks the same in any style.
_MOVES: Final = re.compile(r"(?:\n?\x1b\[[0-9]+;[0-9]+H|\x1b\[\?2026[hl]|\x1b\]22;[a-z-]*\x07)*\Z")
_RESET: Final = "\x1b[0m"
_EXTENDED: Final = {"5": 3, "2": 5}
_FOREGROUND: Final = frozenset(map(str, (*range(30, 38), 39, *range(90, 98))))
_BACKGROUND: Final = frozenset(map(str, (*range(40, 48), 49, *range(100, 108))))


def compact(frame: str) -> str:
    """The same cells in the same looks, in fewer bytes.

    Relies on how rich writes: each style starts from nothing and ends in a reset. A frame in which a style follows a
    style without a reset comes back unchanged, as does one without styles.
    """
    pieces = _STYLE.split(frame)
    out: list[str] = []
    drawn = wanted = ""
    for at, piece in enumerate(pieces):
        if at % 2:
            style = "" if piece == _RESET else piece
            if style and wanted:
                return frame
            wanted = style
        elif piece:
            if drawn != wanted and not _MOVES.match(piece):
                out.append(_between(drawn, wanted))
                drawn = wanted
            out.append(piece)
    if drawn:
        out.append(_RESET)
    return "".join(out)


@lru_cache(4096)
def _between(drawn: str, wanted: str) -> str:
    """The shortest way from one style to another."""
    if not wanted:
        return _RESET
    if not drawn:
        return wanted
    attributes, foreground, background = _parts(drawn)
    other, other_foreground, other_background = _parts(wanted)
    lost_colour = (foreground and not other_foreground) or (background and not other_background)
    if attributes - other or lost_colour:
        return f"\x1b[0;{wanted[2:]}"
    codes = sorted(other - attributes)
    if foreground != other_foreground:
        codes.append(other_foreground)
    if background != other_background:
        codes.append(other_background)
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _parts(style: str) -> tuple[frozenset[str], str, str]:
    """Attributes, foreground and background of a style that starts from nothing."""
    codes = style[2:-1].split(";")
    attributes: set[str] = set()
    foreground = background = ""
    at = 0
    while at < len(codes):
        code = codes[at]
        taken = _EXTENDED.get(codes[at + 1], 1) if code in {"38", "48"} and at + 1 < len(codes) else 1
        whole = ";".join(codes[at : at + taken])
        if code == "38" or code in _FOREGROUND:
            foreground = whole
        elif code == "48" or code in _BACKGROUND:
            background = whole
        else:
            attributes.add(code)
        at += taken
    return frozenset(attributes), foreground, background
