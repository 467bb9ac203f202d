"""Finds letters in the order they were typed, whatever lies between them, and says how well they sit. Pure."""

from collections.abc import Iterable
from typing import Final

LETTERS_LIMIT: Final = 64
TEXT_LIMIT: Final = 256
"""Characters of a text that are looked at."""
_HIT: Final = 4
_IN_A_ROW: Final = 10
_WORD_BEGINS: Final = 5
_WHOLE: Final = 20
_AT_START: Final = 6


def fuzzy_score(letters: str, text: str) -> int:
    """How well casefolded letters sit in a text; 0 where they do not all occur in this order.

    Runs and beginnings of words count most, gaps cost a little.
    """
    folded = text[:TEXT_LIMIT].casefold()
    if letters == folded:
        return _HIT * len(letters) * 4 + _WHOLE
    end = _last(letters, folded)
    if end < 0:
        return 0
    exact = folded.find(letters)
    if exact >= 0:
        return _value(range(exact, exact + len(letters)), folded)
    # From the last letter backwards: the shortest stretch that ends there.
    places: list[int] = []
    at = end + 1
    for letter in reversed(letters):
        at = folded.rfind(letter, 0, at)
        places.append(at)
    places.reverse()
    return _value(places, folded)


def _last(letters: str, folded: str) -> int:
    """Where the last letter stands when each is taken as early as can be; -1 where one is missing."""
    at = -1
    for letter in letters:
        at = folded.find(letter, at + 1)
        if at < 0:
            return -1
    return at


def _value(places: Iterable[int], folded: str) -> int:
    score, before = 0, -2
    for place in places:
        score += _HIT
        if place == before + 1:
            score += _IN_A_ROW
        elif before >= 0:
            score -= min(place - before - 1, _HIT - 1)
        if place == 0 or not folded[place - 1].isalnum():
            score += _WORD_BEGINS
        if place == 0:
            score += _AT_START
        before = place
    return max(1, score)


def fuzzy_best(letters: str, texts: Iterable[str]) -> int:
    """The best score among several texts; 0 where the letters sit in none. Blanks between letters mean nothing."""
    folded = "".join(letters.split())[:LETTERS_LIMIT].casefold()
    if not folded:
        return 1
    return max((fuzzy_score(folded, text) for text in texts), default=0)
