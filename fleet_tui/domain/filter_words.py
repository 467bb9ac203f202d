"""The words that the FILTER language is written in: fields, quoting, times, and what the console takes beside them."""

import difflib
import re
from collections.abc import Generator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """What a row can be asked for."""

    ID = "id"
    AGENT = "agent"
    NAME = "name"
    KIND = "kind"
    LAYER = "layer"
    PROVIDER = "provider"
    SOURCE = "source"
    PHASE = "phase"
    FINDING = "finding"
    OWNER = "owner"
    TEAM = "team"
    TASK = "task"
    PARENT = "parent"
    REGION = "region"
    AGE = "age"
    LEFT = "left"
    USD = "usd"
    RATE = "rate"
    STALE = "stale"


class FilterError(ValueError):
    """The filter cannot be used; the text is one sentence for a person."""


ALIASES: Final = {"state": Field.PHASE}
SIGNS: Final = {"$": Field.USD, "$/h": Field.RATE}
"""What an amount may be called in front of `>` and `<`."""
TIMES: Final = frozenset({Field.AGE, Field.LEFT})
AMOUNTS: Final = frozenset({Field.USD, Field.RATE})
NUMBERS: Final = TIMES | AMOUNTS
ABSENT: Final = "-"
"""`owner:-` matches what has no owner, as tables print it."""
ALL: Final = "all:"
LABEL: Final = "label."
LABEL_FLAG: Final = "-l"
FUZZY_FLAG: Final = "-f"

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])")
_COMPARISON: Final = re.compile(r"(-?)([a-z]+|\$(?:/h)?)(<=|>=|<|>)(.+)", re.DOTALL)
_AN_HOUR: Final = "/h"


def split(line: str) -> tuple[str, ...]:
    """The words of one typed line; double quotes keep blanks inside a word. Raises FilterError for an open quote."""
    words: list[str] = []
    word: list[str] = []
    quoted = started = False
    for char in line:
        if char == '"':
            quoted, started = not quoted, True
        elif char.isspace() and not quoted:
            if started:
                words.append("".join(word))
            word, started = [], False
        else:
            word.append(char)
            started = True
    if quoted:
        raise FilterError('a double quote is open: write task:"fix the test"')
    if started:
        words.append("".join(word))
    return tuple(words)


def quoted(text: str) -> str:
    """A word as it is typed: in quotes where it holds a blank."""
    return f'"{text}"' if any(char.isspace() for char in text) else text


def shown(text: str) -> str:
    """A word as a sentence may hold it: short, and ASCII only."""
    cut = text if len(text) <= 40 else f"{text[:39]}..."  # noqa: PLR2004 - a sentence stays a line
    return ascii(cut)[1:-1] or "nothing"


def nearest_field(name: str) -> str | None:
    """The field that somebody who wrote this could have meant."""
    return next(iter(difflib.get_close_matches(name, [*Field, *ALIASES, "all"], 1, 0.7)), None)


def field_named(name: str) -> Field:
    """A field by its name or its other name. Raises FilterError with the nearest one."""
    if name in ALIASES:
        return ALIASES[name]
    try:
        return Field(name)
    except ValueError:
        raise FilterError(f"there is no field {shown(name)}: did you mean {nearest_field(name)}?") from None


def duration_s(text: str) -> int:
    """`90s`, `15m`, `1h30m`, `2d` in seconds; `0` needs no unit. Raises FilterError."""
    if text == "0":
        return 0
    parts = _DURATION.findall(text)
    if not parts or "".join(f"{amount}{unit}" for amount, unit in parts) != text:
        raise FilterError(f"{shown(text)} is not a time: write 90s, 15m, 1h30m or 2d")
    return int(sum(Decimal(amount) * _UNITS_S[unit] for amount, unit in parts))


def rewritten(words: Sequence[str]) -> Generator[str]:
    """What is typed in the console in the words that commands take too. Raises FilterError.

    `usd>1` becomes `usd:1..`, `!x` becomes `-x`, `-l team=ci` becomes `label.team:ci`. `-f x` stays as it is.
    """
    rest = iter(words)
    for word in rest:
        if word == LABEL_FLAG:
            yield from _labels(next(rest, ""))
        elif word == FUZZY_FLAG:
            yield word
            yield next(rest, "")
        elif word.startswith("!") and word[1:] not in {"l", "f"}:
            if len(word) == 1:
                raise FilterError("! leaves out what follows it: !word or !team:ci")
            yield _compared(f"-{word[1:]}")
        else:
            yield _compared(word)


def _labels(selector: str) -> Generator[str]:
    """`a=b,c!=d,e` as label terms."""
    pairs = [pair for pair in selector.split(",") if pair]
    if not pairs:
        raise FilterError("-l needs a label: -l key=value")
    for pair in pairs:
        key, equals, value = pair.partition("=")
        key, minus = (key[:-1], "-") if equals and key.endswith("!") else (key, "")
        if not key or ":" in key or (equals and not value):
            raise FilterError(f"-l {shown(pair)}: write -l key=value, or -l key for any value")
        yield f"{minus}{LABEL}{key}:{value}" if equals else f"-{LABEL}{key}:{ABSENT}"


def _compared(word: str) -> str:
    found = _COMPARISON.fullmatch(word)
    if not found:
        return word
    minus, name, sign, value = found.groups()
    field = SIGNS.get(name) or next((one for one in NUMBERS if one == name), None)
    if field is None:
        return word
    if field is Field.USD and value.endswith(_AN_HOUR):
        field, value = Field.RATE, value.removesuffix(_AN_HOUR)
    return f"{minus}{field}:{value}.." if sign.startswith(">") else f"{minus}{field}:..{value}"
