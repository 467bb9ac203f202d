"""Makes any text a vendor or an agent wrote safe to draw: no controls, no bidi, no hidden or width-changing characters.

The result is for the eyes only. Display text is never identity: two different names may look equal here, so actions
carry the raw id and confirmations show `exact(name)` beside it.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final, NewType

SafeText = NewType("SafeText", str)
"""Text that holds only printable characters a terminal draws where it is told to."""

LINE_LIMIT: Final = 4096
NAME_LIMIT: Final = 256
BLOCK_ROWS: Final = 5000

ELLIPSIS: Final = "\u2026"
REPLACEMENT: Final = "\ufffd"
_DOTTED_CIRCLE: Final = "\u25cc"
_MARKS_IN_A_ROW: Final = 4
_MEMO_LIMIT: Final = 8192
_DELETE: Final = 0x7F
_FIRST_PRINTABLE: Final = 0x20
_CONTROL_PICTURES: Final = 0x2400
_DELETE_PICTURE: Final = "\u2421"
# Longer than a character, so that no drawn character equals them.
_MARK: Final = "mark"
_COSMETIC_KIND: Final = "cosmetic"

_Ranges = tuple[tuple[int, int], ...]


def _all_of(ranges: _Ranges) -> frozenset[str]:
    """Every character of some short ranges: one look tells what many comparisons would."""
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


# Printable by Unicode's book, yet drawn as nothing: grapheme joiner, Hangul fillers, Khmer inherent vowels, Mongolian
# selectors, Braille blank, object replacement, variation selectors 17 to 256.
_TREACHEROUS: Final = _all_of((
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x2800, 0x2800), (0x3164, 0x3164),
    (0xFFA0, 0xFFA0), (0xFFFC, 0xFFFC), (0xE0100, 0xE01EF),
))  # fmt: skip
# They only change how the character before them looks: variation selectors 1 to 16, keycap, skin tones, joiner.
_COSMETIC: Final = _all_of(((0xFE00, 0xFE0F), (0x20E3, 0x20E3), (0x1F3FB, 0x1F3FF), (0x200D, 0x200D)))
# Hangul vowels and finals have no cell of their own, like marks, but are not of category M.
_JOINING_JAMO: Final = _all_of(((0x1161, 0x11FF), (0xD7B0, 0xD7FB)))
# Wide since Unicode 16 only: digrams, trigrams, hexagrams, Tai Xuan Jing, counting rods.
_NEWLY_WIDE: Final = _all_of((
    (0x2630, 0x2637), (0x268A, 0x268F), (0x4DC0, 0x4DFF), (0x1D300, 0x1D356), (0x1D360, 0x1D376),
))  # fmt: skip
# Wide in every terminal since Unicode 9 or by the default of their plane: emoji of Unicode 6, planes 2 and 3.
_LONG_WIDE: Final[_Ranges] = ((0x1F300, 0x1F64F), (0x1F680, 0x1F6C5), (0x20000, 0x3FFFD))
_REGIONAL_INDICATORS: Final = _all_of(((0x1F1E6, 0x1F1FF),))
_LATIN_MARKS: Final = _all_of(((0x0300, 0x036F),))

_drawn: dict[str, str] = {}
_widths: dict[str, int] = {}
_agreed: dict[str, bool] = {}


def _within(char: str, ranges: _Ranges) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in ranges)


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or char in _JOINING_JAMO


def _remembered_kind(char: str) -> str:
    kind = _kind(char)
    if len(_drawn) < _MEMO_LIMIT:
        _drawn[char] = kind
    return kind


def _kind(char: str) -> str:
    """What is drawn for a character, or one of the two kinds for which its neighbours decide."""
    code = ord(char)
    if char == "\t":
        return " "
    if code < _FIRST_PRINTABLE:
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return _DELETE_PICTURE
    if char in _COSMETIC:
        return _COSMETIC_KIND
    if not char.isprintable() or char in _TREACHEROUS:
        return REPLACEMENT
    return _MARK if _is_mark(char) else char


def _fold(text: str) -> str:
    out: list[str] = []
    marks = 0
    for char in text:
        drawn = _drawn.get(char, "")
        if not drawn:
            drawn = _remembered_kind(char)
        if drawn == _MARK:
            marks += 1
            if marks <= _MARKS_IN_A_ROW:
                out.append(char if out else _DOTTED_CIRCLE + char)
        elif drawn == _COSMETIC_KIND:
            if not out or out[-1] == " ":
                out.append(REPLACEMENT)
                marks = 0
        else:
            out.append(drawn)
            marks = 0
    return "".join(out)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def _decode(raw: str | bytes, limit: int) -> str:
    if isinstance(raw, str):
        return raw
    # A character is at most 4 bytes of UTF-8, so what lies behind is cut off anyway.
    return raw[: 4 * limit + 4].decode("utf-8", "replace")


def safe_line(raw: str | bytes, limit: int = LINE_LIMIT) -> SafeText:
    """One drawable line of at most `limit` (1 or more) characters; what was cut ends in an ellipsis.

    Controls become their pictures, tab one space, everything invisible or not printable U+FFFD; selectors, skin tones
    and joiners behind a base are dropped, at most 4 combining marks stay in a row. Never raises; doing it twice changes
    nothing.
    """
    if isinstance(raw, str) and len(raw) <= limit and raw.isascii() and raw.isprintable():
        return SafeText(raw)
    text = _cut(_decode(raw, limit), limit)
    return SafeText(_cut(_fold(text), limit))


def safe_block(raw: str | bytes, rows: int = BLOCK_ROWS, limit: int = LINE_LIMIT) -> list[SafeText]:
    r"""At most `rows` (1 or more) drawable lines of at most `limit` characters; the last one counts what was cut.

    Lines end at \n or \r\n only: str.splitlines would let a vendor end a line with \x0b, \x85 or U+2028.
    """
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "replace")
    pieces = text.removesuffix("\n").split("\n", rows) if text else []
    if len(pieces) <= rows:
        return [safe_line(piece.removesuffix("\r"), limit) for piece in pieces]
    left = pieces[rows].count("\n") + 2
    shown = [safe_line(piece.removesuffix("\r"), limit) for piece in pieces[: rows - 1]]
    return [*shown, SafeText(f"{ELLIPSIS} {left} more lines")]


def exact(raw: str | bytes, limit: int = LINE_LIMIT) -> SafeText:
    r"""The raw text spelled in ASCII, so nothing hides: `\u{202e}` for what is not printable ASCII, a backslash twice.

    Two different texts of at most `limit` characters never spell equal (bytes that are no UTF-8 spell as lone
    surrogates). What was cut ends in `\...(+N)` with the number of characters left out.
    """
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")
    shown = text[:limit]
    if not (shown.isascii() and shown.isprintable() and "\\" not in shown):
        shown = "".join(_spell(char) for char in shown)
    return SafeText(shown if len(text) <= limit else f"{shown}\\...(+{len(text) - limit})")


def _spell(char: str) -> str:
    if char == "\\":
        return "\\\\"
    return char if char.isascii() and char.isprintable() else f"\\u{{{ord(char):x}}}"


def has_hidden(raw: str | bytes) -> bool:
    """Whether the name is anything but plain printable ASCII, so that `exact(raw)` must stand beside it.

    On purpose strict: a Cyrillic "a" in a Latin name looks like the name of something else.
    """
    text = raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")
    return not (text.isascii() and text.isprintable() and "\\" not in text)


def name_cell(raw: str | bytes, limit: int = NAME_LIMIT) -> SafeText:
    """A name that stands left of trusted columns: only characters whose width all terminals agree on, others U+FFFD.

    Composed where Unicode can (macOS hands out decomposed names); right-to-left letters go too, because a bidi terminal
    would move the columns behind them.
    """
    safe = safe_line(raw, limit)
    if safe.isascii():
        return safe
    composed = _fold(unicodedata.normalize("NFC", safe))
    return SafeText(_cut("".join(char if _width_agreed(char) else REPLACEMENT for char in composed), limit))


def _width_agreed(char: str) -> bool:
    known = _agreed.get(char)
    if known is None:
        known = _agree_on_width(char)
        if len(_agreed) < _MEMO_LIMIT:
            _agreed[char] = known
    return known


def _agree_on_width(char: str) -> bool:
    if unicodedata.bidirectional(char) in {"R", "AL", "AN"}:
        return False
    if _is_mark(char):
        return char in _LATIN_MARKS
    if char in _NEWLY_WIDE or char in _REGIONAL_INDICATORS:
        return False
    if cell_width(char) == 1:
        return True
    return _within(char, _LONG_WIDE) or unicodedata.ucd_3_2_0.category(char) != "Cn"


def cell_width(text: str) -> int:
    """Terminal cells that safe text takes, as `rich.cells.cell_len` counts them, from the standard library."""
    if text.isascii():
        return len(text)
    total = 0
    for char in text:
        width = _widths.get(char)
        if width is None:
            width = _char_width(char)
            if len(_widths) < _MEMO_LIMIT:
                _widths[char] = width
        total += width
    return total


def _char_width(char: str) -> int:
    if _is_mark(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} or char in _NEWLY_WIDE else 1


def safe_join(parts: Iterable[SafeText]) -> SafeText:
    """Safe texts in one line; a part that begins with a mark may lean on the one before it."""
    return SafeText("".join(parts))


def crop_cells(text: SafeText, cells: int, ellipsis: str = ELLIPSIS) -> SafeText:
    """The text in at most `cells` cells; a cut ends in `ellipsis` (one cell, or empty), never in half a glyph."""
    if cell_width(text) <= cells:
        return text
    room = cells - len(ellipsis)
    if room < 0:
        return SafeText("")
    used = 0
    for index, char in enumerate(text):
        used += cell_width(char)
        if used > room:
            return SafeText(text[:index] + ellipsis)
    return text


def fit_cells(text: SafeText, cells: int, *, right: bool = False, ellipsis: str = ELLIPSIS) -> SafeText:
    """The text cropped and padded with spaces to exactly `cells` cells."""
    if text.isascii() and len(text) <= cells:
        return SafeText(text.rjust(cells) if right else text.ljust(cells))
    shown = crop_cells(text, cells, ellipsis)
    padding = " " * (cells - cell_width(shown))
    return SafeText(padding + shown if right else shown + padding)
