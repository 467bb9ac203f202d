"""Regular expressions a person types, to run on text an agent wrote; bounded so that none runs for minutes."""

import re
import warnings
from typing import Final

PATTERN_LIMIT: Final = 200
INPUT_LIMIT: Final = 128
"""Characters of a text that a pattern is tried on; the cost of a search is a power of it."""
REPEATS: Final = 3
_REPEAT: Final = re.compile(r"\*|\+|\{\d*,?\d*\}")
_BACK_REFERENCE: Final = re.compile(r"\\[1-9]|\(\?P=|\(\?\(")


class PatternError(ValueError):
    """The pattern is refused; the text says why."""


def bounded_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern, or raise PatternError when it is wrong or could take a very long time.

    Refused are more than three open repeats, a repeat of a group that itself repeats or chooses, and back references:
    the shapes whose cost Python's matcher does not bound.
    """
    if not text:
        raise PatternError("the pattern is empty")
    if len(text) > PATTERN_LIMIT:
        raise PatternError(f"a pattern has at most {PATTERN_LIMIT} characters")
    if _BACK_REFERENCE.search(text):
        raise PatternError("back references are not supported")
    _refuse_costly(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise PatternError(f"not a regular expression: {ascii(str(error))[1:-1]}") from error


def found_in(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the pattern occurs in the first 128 characters of the text."""
    return pattern.search(text, 0, min(len(text), INPUT_LIMIT)) is not None


def _refuse_costly(text: str) -> None:
    repeats = 0
    # For every open group: whether something in it repeats or chooses. The first is the pattern itself.
    costly = [False]
    closed = False
    at = 0
    while at < len(text):
        char = text[at]
        step, was_closed, closed = 1, closed, False
        if char == "\\":
            step = 2
        elif char == "[":
            step = _class_length(text, at)
        elif char == "(":
            costly.append(False)
            step = 2 if text.startswith("(?", at) else 1
        elif char == ")" and len(costly) > 1:
            inner = costly.pop()
            closed = inner
            costly[-1] = costly[-1] or inner
        elif char in "|?":
            costly[-1] = True
        elif repeat := _REPEAT.match(text, at):
            if was_closed:
                raise PatternError("a group that repeats or chooses inside may not be repeated")
            costly[-1] = True
            repeats += 1
            step = len(repeat.group())
        at += step
    if repeats > REPEATS:
        raise PatternError(f"at most {REPEATS} repeats (* + {{}}) in one pattern")


def _class_length(text: str, at: int) -> int:
    """How long the character class is that starts at `at`."""
    end = at + 1
    end += text.startswith("^", end)
    end += text.startswith("]", end)
    while end < len(text) and text[end] != "]":
        end += 2 if text[end] == "\\" else 1
    return end - at + 1
