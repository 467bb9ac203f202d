"""The FILTER language: words joined by AND, the same for looking and for verbs. Pure; a mistake is one sentence.

`field:value`, `field:~regex`, ranges (`usd:1..`, `age:..1h`), `-field:value`, bare words, and `all:`. A bare word is a
substring for looking and an exact id or agent name for a verb. What nobody knows lies in no range and outside of none.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final, Protocol

from fleet_tui.domain.pattern import PatternError, bounded_pattern, found_in


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


class Purpose(StrEnum):
    """Whether a filter only chooses what is shown, or what is acted upon."""

    LOOK = "look"
    ACT = "act"


ALIASES: Final = {"state": Field.PHASE}
TIMES: Final = frozenset({Field.AGE, Field.LEFT})
AMOUNTS: Final = frozenset({Field.USD, Field.RATE})
NUMBERS: Final = TIMES | AMOUNTS
ABSENT: Final = "-"
"""`owner:-` matches what has no owner, as tables print it."""

WORD_LIMIT: Final = 64
_LABEL: Final = "label."
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)([smhd])")
_COMPARISON: Final = re.compile(r"(-?)([a-z]+)(<=|>=|<|>)(.+)", re.DOTALL)
_TRUTH: Final = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class FilterError(ValueError):
    """The filter cannot be used; the text is one sentence for a person."""


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
class Term:
    """One word of a filter, parsed."""

    text: str
    negated: bool = False
    field: Field | None = None
    """None for a bare word and for a label."""
    label: str | None = None
    value: str = ""
    pattern: re.Pattern[str] | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    @property
    def bare(self) -> bool:
        return self.field is None and self.label is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Terms that must all hold. None at all matches everything; `said_all` tells that this was meant."""

    terms: tuple[Term, ...] = ()
    said_all: bool = False
    purpose: Purpose = Purpose.LOOK

    @property
    def text(self) -> str:
        """The filter as it would be written again."""
        return " ".join(term.text for term in self.terms) or ("all:" if self.said_all else "")

    def __bool__(self) -> bool:
        return bool(self.terms)


EVERYTHING: Final = Filter()


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


def parse_line(line: str) -> Filter:
    """A filter for looking, as typed in the console: `usd>1` is taken for `usd:1..`."""
    return _parsed([_rewritten(word) for word in split(line)], Purpose.LOOK)


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
            f"words are joined by AND, and no row is both {_shown(named[0])} and {_shown(named[1])}: "
            "use one verb for each of them"
        )
    return parsed


def _parsed(words: Sequence[str], purpose: Purpose) -> Filter:
    if len(words) > WORD_LIMIT:
        raise FilterError(f"a filter has at most {WORD_LIMIT} words, this one has {len(words)}")
    said_all = "all:" in words
    terms = tuple(_term(word, purpose) for word in words if word and word != "all:")
    return Filter(terms=terms, said_all=said_all, purpose=purpose)


def _rewritten(word: str) -> str:
    found = _COMPARISON.fullmatch(word)
    if not found:
        return word
    minus, field, sign, value = found.groups()
    return f"{minus}{field}:{value}.." if sign.startswith(">") else f"{minus}{field}:..{value}"


def _term(text: str, purpose: Purpose) -> Term:
    negated = text.startswith("-") and len(text) > 1
    body = text[1:] if negated else text
    name, colon, value = body.partition(":")
    if not colon or not _is_name(name):
        if purpose is Purpose.ACT and negated:
            raise FilterError(f"{_shown(text)}: a verb leaves rows out by field only, as in -agent:{_shown(body)}")
        if purpose is Purpose.ACT and body == ABSENT:
            raise FilterError("a lone - names no row")
        return Term(text=_quoted(text), negated=negated, value=body)
    if name.startswith(_LABEL):
        return _text_term(text, negated, None, name.removeprefix(_LABEL), value)
    field = _field(name)
    if field in NUMBERS:
        low, high = _range(field, value)
        return Term(text=text, negated=negated, field=field, low=low, high=high)
    if field is Field.STALE and value not in _TRUTH:
        raise FilterError(f"stale takes yes or no, not {_shown(value)}")
    return _text_term(text, negated, field, None, _TRUTH[value] if field is Field.STALE else value)


def _is_name(name: str) -> bool:
    """Whether what stands before a colon is meant as a field: ids may hold colons too (`local:dev3`, a URL)."""
    if name.startswith(_LABEL):
        return len(name) > len(_LABEL)
    known = {*Field, *ALIASES}
    return name in known or (name.isalpha() and name.islower() and bool(_nearest(name)))


def _nearest(name: str) -> str | None:
    return next(iter(difflib.get_close_matches(name, [*Field, *ALIASES, "all"], 1, 0.7)), None)


def _field(name: str) -> Field:
    if name in ALIASES:
        return ALIASES[name]
    try:
        return Field(name)
    except ValueError:
        raise FilterError(f"there is no field {_shown(name)}: did you mean {_nearest(name)}?") from None


def _text_term(text: str, negated: bool, field: Field | None, label: str | None, value: str) -> Term:
    name = str(field or f"{_LABEL}{label}")
    if not value:
        raise FilterError(f"{_shown(name)}: needs a value ({_shown(name)}:{ABSENT} means none)")
    pattern = None
    if value.startswith("~"):
        try:
            pattern = bounded_pattern(value[1:])
        except PatternError as error:
            raise FilterError(f"{_shown(name)}:{_shown(value)}: {error}") from error
    return Term(text=_quoted(text), negated=negated, field=field, label=label, value=value, pattern=pattern)


def _range(field: Field, value: str) -> tuple[Decimal | None, Decimal | None]:
    low, dots, high = value.partition("..")
    if not dots or not (low or high):
        example = "1h" if field in TIMES else "1"
        raise FilterError(f"{field} takes a range: {field}:{example}.. for more, {field}:..{example} for less")
    bounds = tuple(_number(field, bound) if bound else None for bound in (low, high))
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        raise FilterError(f"{field}:{_shown(value)} is empty: its first bound is larger than its second")
    return bounds[0], bounds[1]


def _number(field: Field, text: str) -> Decimal:
    if field in TIMES:
        return Decimal(duration_s(text))
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise FilterError(f"{_shown(text)} is not an amount: write {field}:1.50..")
    return amount


def duration_s(text: str) -> int:
    """`90s`, `15m`, `1h30m`, `2d` in seconds. Raises FilterError."""
    parts = _DURATION.findall(text)
    if not parts or "".join(f"{amount}{unit}" for amount, unit in parts) != text:
        raise FilterError(f"{_shown(text)} is not a time: write 90s, 15m, 1h30m or 2d")
    return int(sum(Decimal(amount) * _UNITS_S[unit] for amount, unit in parts))


def _quoted(text: str) -> str:
    return f'"{text}"' if any(char.isspace() for char in text) else text


def _shown(text: str) -> str:
    cut = text if len(text) <= 40 else f"{text[:39]}..."  # noqa: PLR2004 - a sentence stays a line
    return ascii(cut)[1:-1] or "nothing"


def matches(chosen: Filter, facts: Facts) -> bool:
    """Whether every term holds for this row."""
    return all(_holds(term, facts, chosen.purpose) for term in chosen.terms)


def _holds(term: Term, facts: Facts, purpose: Purpose) -> bool:
    if term.field is not None and term.field in NUMBERS:
        number = facts.number(term.field)
        if number is None:
            return False
        inside = (term.low is None or number >= term.low) and (term.high is None or number <= term.high)
        return inside != term.negated
    if term.bare:
        found = _names_it(term, facts) if purpose is Purpose.ACT else _mentions(term.value, facts.words())
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
