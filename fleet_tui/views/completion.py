"""How a typed line could go on: fields, then values that exist. Pure."""

from collections.abc import Iterable
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Field, FilterError
from fleet_tui.domain.filter_words import ALIASES, FUZZY_FLAG, LABEL, LABEL_FLAG, NUMBERS, field_named, quoted
from fleet_tui.views.vocabulary import Vocabulary

OPTIONS: Final = 40
_NAMES_FROM: Final = 2
"""So many letters of a name before names are offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What could stand in the place of the line from `start` on."""

    start: int
    options: tuple[str, ...] = ()

    def line(self, typed: str, option: str) -> str:
        """The whole line with an option in its place."""
        return typed[: self.start] + option


def word_start(line: str) -> int:
    """Where the last word of a line begins; blanks inside double quotes part nothing."""
    start, inside = 0, False
    for at, char in enumerate(line):
        if char == '"':
            inside = not inside
        elif char.isspace() and not inside:
            start = at + 1
    return start


def fitting(typed: str, options: Iterable[str]) -> tuple[str, ...]:
    """The options that begin as typed, then those that hold it; not what is typed in full already."""
    wanted = typed.casefold()
    begins: list[str] = []
    holds: list[str] = []
    for option in options:
        folded = option.casefold()
        if folded.startswith(wanted):
            begins.append(option)
        elif len(holds) < OPTIONS and wanted in folded:
            holds.append(option)
        if len(begins) >= OPTIONS:
            break
    found = tuple([*begins, *holds][:OPTIONS])
    return () if found == (typed,) else found


def complete_filter(line: str, words: Vocabulary) -> Completion:
    """How a filter could go on at its end."""
    start = word_start(line)
    typed = line[start:].replace('"', "")
    before = line[:start].split()
    if before and before[-1] == FUZZY_FLAG:
        return Completion(start=start)
    if before and before[-1] == LABEL_FLAG:
        return Completion(start=start, options=_labels(typed, words))
    lead = typed[:1] if typed[:1] in {"!", "-"} else ""
    return Completion(start=start, options=tuple(f"{lead}{one}" for one in _word(typed[len(lead) :], words)))


def _labels(typed: str, words: Vocabulary) -> tuple[str, ...]:
    key, equals, value = typed.partition("=")
    if not equals:
        return tuple(f"{one}=" for one in fitting(key, words.label_keys()))
    return tuple(f"{key}={quoted(one)}" for one in fitting(value, words.label_values(key)))


def _word(typed: str, words: Vocabulary) -> tuple[str, ...]:
    name, colon, value = typed.partition(":")
    if not colon:
        return _names(typed, words)
    if value.startswith("~"):
        return ()
    if name.startswith(LABEL):
        return tuple(f"{name}:{quoted(one)}" for one in fitting(value, words.label_values(name.removeprefix(LABEL))))
    try:
        field = field_named(name)
    except FilterError:
        return ()
    return tuple(f"{name}:{quoted(one)}" for one in fitting(value, words.values(field)))


def _names(typed: str, words: Vocabulary) -> tuple[str, ...]:
    if typed.startswith(LABEL):
        return tuple(f"{LABEL}{key}:" for key in fitting(typed.removeprefix(LABEL), words.label_keys()))
    fields = (*(f"{field}>" if field in NUMBERS else f"{field}:" for field in Field), *(f"{one}:" for one in ALIASES))
    found = [field for field in fields if field.startswith(typed)]
    found += [LABEL] if LABEL.startswith(typed) else []
    if len(typed) >= _NAMES_FROM:
        found += map(quoted, fitting(typed, words.names()))
    return tuple(found[:OPTIONS])
