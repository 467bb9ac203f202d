"""The FILTER language: words joined by AND, the same for looking and for verbs. Pure; a mistake is one sentence.

`field:value`, `field:~regex`, ranges (`usd:1..`, `age:..1h`), `-field:value`, bare words, `~regex`, `-f letters` and
`all:`. A bare word is a substring for looking and an exact id or agent name for a verb. What nobody knows lies in no
range and outside of none.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Protocol

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter_term import Purpose, Term, fuzzy_term, parsed_term
from fleet_tui.domain.filter_words import (
    ABSENT,
    ALL,
    FUZZY_FLAG,
    NUMBERS,
    Field,
    FilterError,
    duration_s,
    rewritten,
    shown,
    split,
)
from fleet_tui.domain.fuzzy import fuzzy_best
from fleet_tui.domain.pattern import found_in

__all__ = [
    "ABSENT",
    "EVERYTHING",
    "Facts",
    "Field",
    "Filter",
    "FilterError",
    "Purpose",
    "Term",
    "duration_s",
    "matches",
    "parse_line",
    "parse_to_act",
    "parse_to_look",
    "parse_typed",
    "score",
    "split",
    "unmatched_names",
]

WORD_LIMIT: Final = 64


class Facts(Protocol):
    """What a row answers. Several texts where several resources stand behind it; None where nobody knows a number."""

    def texts(self, field: Field) -> tuple[str, ...]: ...

    def label(self, key: str) -> tuple[str, ...]: ...

    def number(self, field: Field) -> Decimal | None:
        """Seconds for `age` and `left`, the currency's unit for `usd` and `rate`."""
        ...

    def words(self) -> tuple[str, ...]:
        """Where a bare word looks for itself."""
        ...

    def names(self) -> tuple[str, ...]:
        """The ids and agent names that a verb may be given."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Terms that must all hold. None at all matches everything; `said_all` tells that this was meant."""

    terms: tuple[Term, ...] = ()
    said_all: bool = False
    purpose: Purpose = Purpose.LOOK

    @property
    def text(self) -> str:
        """The filter as it would be written again."""
        return " ".join(term.text for term in self.terms) or (ALL if self.said_all else "")

    @property
    def letters(self) -> str:
        """What rows are ranked by: the letters behind `-f`, empty where there are none."""
        return " ".join(one.value for one in self.terms if one.fuzzy)

    def __bool__(self) -> bool:
        return bool(self.terms)


EVERYTHING: Final = Filter()


def parse_line(line: str) -> Filter:
    """A filter for looking, as typed in the console: `usd>1`, `!x` and `-l key=value` are taken too."""
    return parse_typed(split(line))


def parse_typed(words: Sequence[str]) -> Filter:
    """The same from words that were split already. Raises FilterError."""
    return _parsed(list(rewritten(words)), Purpose.LOOK)


def parse_to_look(words: Sequence[str]) -> Filter:
    """A filter for looking from the words of a command. Raises FilterError."""
    return _parsed(words, Purpose.LOOK)


def parse_to_act(words: Sequence[str]) -> Filter:
    """A filter for a verb from the words of a command: an empty one is refused. Raises FilterError."""
    parsed = _parsed(words, Purpose.ACT)
    if not parsed.terms and not parsed.said_all:
        raise FilterError("an empty filter is refused for a verb: name an agent, or say all:")
    named = sorted({term.value for term in parsed.terms if term.bare and not term.negated})
    if len(named) > 1:
        raise FilterError(
            f"words are joined by AND, and no row is both {shown(named[0])} and {shown(named[1])}: "
            "use one verb for each of them"
        )
    return parsed


def _parsed(words: Sequence[str], purpose: Purpose) -> Filter:
    if len(words) > WORD_LIMIT:
        raise FilterError(f"a filter has at most {WORD_LIMIT} words, this one has {len(words)}")
    rest = iter(words)
    terms = tuple(_next_term(word, rest, purpose) for word in rest if word and word != ALL)
    return Filter(terms=terms, said_all=ALL in words and not terms, purpose=purpose)


def _next_term(word: str, rest: Iterator[str], purpose: Purpose) -> Term:
    if word == FUZZY_FLAG and purpose is Purpose.LOOK:
        return fuzzy_term(next(rest, ""))
    return parsed_term(word, purpose)


def matches(chosen: Filter, facts: Facts) -> bool:
    """Whether every term holds for this row."""
    return all(_holds(term, facts, chosen.purpose) for term in chosen.terms)


def score(chosen: Filter, facts: Facts) -> int:
    """How well a row that matches sits under the letters of a fuzzy filter: more is better, 0 without any."""
    fuzzy = [one.value for one in chosen.terms if one.fuzzy]
    texts = facts.words() if fuzzy else ()
    return sum(fuzzy_best(letters, texts) for letters in fuzzy)


def _holds(term: Term, facts: Facts, purpose: Purpose) -> bool:
    if term.field is not None and term.field in NUMBERS:
        number = facts.number(term.field)
        if number is None:
            return False
        inside = (term.low is None or number >= term.low) and (term.high is None or number <= term.high)
        return inside != term.negated
    if term.bare:
        found = _names_it(term, facts) if purpose is Purpose.ACT else _said(term, facts.words())
    else:
        texts = facts.label(term.label) if term.label is not None else facts.texts(_not_none(term.field))
        found = _among(term, texts)
    return found != term.negated


def _not_none(field: Field | None) -> Field:
    if field is None:
        raise ValueError("a term names a field or a label")
    return field


def _among(term: Term, texts: tuple[str, ...]) -> bool:
    if term.pattern is not None:
        return any(found_in(term.pattern, text) for text in texts)
    if term.value == ABSENT:
        return not texts
    wanted = term.value.casefold()
    return any(text.casefold() == wanted for text in texts)


def _names_it(term: Term, facts: Facts) -> bool:
    return term.value in facts.names()


def _said(term: Term, texts: Iterable[str]) -> bool:
    if term.fuzzy:
        return fuzzy_best(term.value, texts) > 0
    if term.pattern is not None:
        return any(found_in(term.pattern, text) for text in texts)
    return _mentions(term.value, texts)


def _mentions(word: str, texts: Iterable[str]) -> bool:
    # One casefold of all of them: a word is looked for in every row of the fleet. None holds a NUL.
    return word.casefold() in "\0".join(texts).casefold()


def unmatched_names(chosen: Filter, rows: Iterable[Facts]) -> dict[str, tuple[str, ...]]:
    """Bare words of a verb's filter that name no row at all, each with up to three names it could have meant."""
    wanted = [term.value for term in chosen.terms if term.bare]
    if not wanted or chosen.purpose is Purpose.LOOK:
        return {}
    known = {name for row in rows for name in row.names()}
    return {word: _could_mean(word, known) for word in wanted if word not in known}


def _could_mean(word: str, known: set[str]) -> tuple[str, ...]:
    near = difflib.get_close_matches(word, sorted(known), 3, 0.6)
    holding = sorted(name for name in known if word.casefold() in name.casefold())
    return tuple(dict.fromkeys([*near, *holding]))[:3]
