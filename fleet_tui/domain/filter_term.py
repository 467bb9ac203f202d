"""One word of a filter, parsed: what it asks of a row, and how it would be written again."""

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter_words import (
    ABSENT,
    ALIASES,
    FUZZY_FLAG,
    LABEL,
    NUMBERS,
    TIMES,
    Field,
    FilterError,
    duration_s,
    field_named,
    nearest_field,
    quoted,
    shown,
)
from fleet_tui.domain.pattern import PatternError, bounded_pattern

_TRUTH: Final = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class Purpose(StrEnum):
    """Whether a filter only chooses what is shown, or what is acted upon."""

    LOOK = "look"
    ACT = "act"


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
    fuzzy: bool = False
    """The letters in this order, whatever lies between."""

    @property
    def bare(self) -> bool:
        return self.field is None and self.label is None


def fuzzy_term(value: str) -> Term:
    """What follows `-f`. Raises FilterError."""
    if not value:
        raise FilterError("-f needs letters to look for: -f cifx finds ci-fix-07")
    return Term(text=f"{FUZZY_FLAG} {quoted(value)}", value=value, fuzzy=True)


def parsed_term(text: str, purpose: Purpose) -> Term:
    """Any other word. Raises FilterError."""
    # `!l` and `!f` stay as they are typed: with a minus they would be flags.
    negated = (text.startswith("-") and len(text) > 1) or (purpose is Purpose.LOOK and text in {"!l", "!f"})
    body = text[1:] if negated else text
    name, colon, value = body.partition(":")
    if not colon or not _is_name(name):
        return _bare(text, body, purpose, negated=negated)
    if name.startswith(LABEL):
        return _text_term(text, None, name.removeprefix(LABEL), value, negated=negated)
    field = field_named(name)
    if field in NUMBERS:
        low, high = _range(field, value)
        return Term(text=quoted(text), negated=negated, field=field, low=low, high=high)
    if field is Field.STALE and value not in _TRUTH:
        raise FilterError(f"stale takes yes or no, not {shown(value)}")
    return _text_term(text, field, None, _TRUTH[value] if field is Field.STALE else value, negated=negated)


def _bare(text: str, body: str, purpose: Purpose, *, negated: bool) -> Term:
    if purpose is Purpose.ACT:
        if negated:
            raise FilterError(f"{shown(text)}: a verb leaves rows out by field only, as in -agent:{shown(body)}")
        if body == ABSENT:
            raise FilterError("a lone - names no row")
        return Term(text=quoted(text), value=body)
    pattern = _pattern("", body) if body.startswith("~") else None
    return Term(text=quoted(text), negated=negated, value=body, pattern=pattern)


def _is_name(name: str) -> bool:
    """Whether what stands before a colon is meant as a field: ids may hold colons too (`local:dev3`, a URL)."""
    if name.startswith(LABEL):
        return len(name) > len(LABEL)
    known = {*Field, *ALIASES}
    return name in known or (name.isalpha() and name.islower() and bool(nearest_field(name)))


def _text_term(text: str, field: Field | None, label: str | None, value: str, *, negated: bool) -> Term:
    name = str(field or f"{LABEL}{label}")
    if not value:
        raise FilterError(f"{shown(name)}: needs a value ({shown(name)}:{ABSENT} means none)")
    pattern = _pattern(f"{shown(name)}:", value) if value.startswith("~") else None
    return Term(text=quoted(text), negated=negated, field=field, label=label, value=value, pattern=pattern)


def _pattern(before: str, value: str) -> re.Pattern[str]:
    try:
        return bounded_pattern(value[1:])
    except PatternError as error:
        raise FilterError(f"{before}{shown(value)}: {error}") from error


def _range(field: Field, value: str) -> tuple[Decimal | None, Decimal | None]:
    low, dots, high = value.partition("..")
    if not dots or not (low or high):
        example = "1h" if field in TIMES else "1"
        raise FilterError(f"{field} takes a range: {field}:{example}.. for more, {field}:..{example} for less")
    bounds = tuple(_number(field, bound) if bound else None for bound in (low, high))
    if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
        raise FilterError(f"{field}:{shown(value)} is empty: its first bound is larger than its second")
    return bounds[0], bounds[1]


def _number(field: Field, text: str) -> Decimal:
    if field in TIMES:
        return Decimal(duration_s(text))
    try:
        amount = Decimal(text.removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise FilterError(f"{shown(text)} is not an amount: write {field}:1.50..")
    return amount
