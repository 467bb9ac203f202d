"""Draws with ASCII alone: every other character becomes one, or two, that take the same cells."""

from typing import Final

from fleet_tui.domain.text import cell_width

_PAIRS: Final = dict(
    zip(
        "…·•●○❯✗✓▲▼▶◀→←↑↓–—‘’“”×─━═│┃║╌╎▔▁▏▎▌▐▒░▀▄□",
        "~.**o>xv^v><><^v--''\"\"x-==|#|-|-_||||:.-_o",
        strict=True,
    )
)
_CORNERS: Final = range(0x250C, 0x254C)
_MORE_CORNERS: Final = range(0x2552, 0x2571)
_BLOCKS: Final = range(0x2580, 0x25A0)
_CONTROL_PICTURES: Final = range(0x2400, 0x2422)


class _Drawn(dict[int, str]):
    """Filled as characters come by."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        drawn = self[code] = char if char.isascii() else _drawn(char)
        return drawn


def _drawn(char: str) -> str:
    if char in _PAIRS:
        return _PAIRS[char]
    code = ord(char)
    if code in _CORNERS or code in _MORE_CORNERS:
        return "+"
    if code in _BLOCKS:
        return "#"
    if code in _CONTROL_PICTURES:
        return "^"
    return "?" * cell_width(char)


_DRAWN: Final = _Drawn()


def in_ascii(frame: str) -> str:
    """The same frame in the same cells. Marks that have no cell of their own go; what has no likeness is a `?`."""
    return frame if frame.isascii() else frame.translate(_DRAWN)
