"""The FILTER language says what it means, refuses with one sentence, and never runs for long."""

import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from fleet_tui.domain.filter import (
    Facts,
    Field,
    Filter,
    FilterError,
    duration_s,
    matches,
    parse_line,
    parse_to_act,
    parse_to_look,
    score,
    split,
    unmatched_names,
)
from fleet_tui.domain.filter_words import NUMBERS
from fleet_tui.domain.pattern import PatternError, bounded_pattern, found_in


class Row(Facts):
    """A row with the facts that a test names."""

    def __init__(self, *, labels: dict[str, str] | None = None, **facts: str | Decimal) -> None:
        self._facts = facts
        self._labels = labels or {}

    @override
    def texts(self, field: Field) -> tuple[str, ...]:
        value = self._facts.get(field)
        return (value,) if isinstance(value, str) else ()

    @override
    def label(self, key: str) -> tuple[str, ...]:
        return (self._labels[key],) if key in self._labels else ()

    @override
    def number(self, field: Field) -> Decimal | None:
        value = self._facts.get(field)
        return value if isinstance(value, Decimal) else None

    @override
    def words(self) -> tuple[str, ...]:
        return tuple(value for value in self._facts.values() if isinstance(value, str))

    @override
    def names(self) -> tuple[str, ...]:
        return (*self.texts(Field.ID), *self.texts(Field.AGENT))


CI = Row(
    id="sbx_1",
    agent="ci-fix-07",
    team="ci",
    phase="running",
    usd=Decimal("18.4"),
    age=Decimal(660),
    labels={"env": "x"},
)
FREE = Row(id="sbx_2", name="tmp", phase="paused")


def chosen(line: str) -> list[bool]:
    return [matches(parse_line(line), row) for row in (CI, FREE)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", [True, True]),
        ("all:", [True, True]),
        ("all: team:ci", [True, False]),
        ("ci-fix", [True, False]),
        ("-ci-fix", [False, True]),
        ("team:ci", [True, False]),
        ("team:CI", [True, False]),
        ("team:-", [False, True]),
        ("-team:-", [True, False]),
        ("state:running", [True, False]),
        ("agent:~^ci-.*7$", [True, False]),
        ("usd:1..", [True, False]),
        ("usd:..1", [False, False]),
        ("-usd:..1", [True, False]),
        ("usd:18.4..18.4", [True, False]),
        ("usd>1", [True, False]),
        ("usd>$20", [False, False]),
        ("age<1h", [True, False]),
        ("age:10m..12m", [True, False]),
        ("label.env:x", [True, False]),
        ("label.env:-", [False, True]),
        ("team:ci state:paused", [False, False]),
        ("http://x", [False, False]),
        ("~^ci-.*7$", [True, False]),
        ("-~^ci-", [False, True]),
        ("!ci-fix", [False, True]),
        ("!team:ci", [False, True]),
        ("!usd>1", [False, False]),
        ("$>1", [True, False]),
        ("-l env=x", [True, False]),
        ("-l env!=x", [False, True]),
        ("-l env", [True, False]),
        ("-l env=x,env=y", [False, False]),
        ("-f cfx7", [True, False]),
        ("-f 7xfc", [False, False]),
        ('-f "c f x" team:ci', [True, False]),
        ("!l !f", [False, True]),
    ],
)
def test_a_filter_means_what_it_says(line: str, expected: list[bool]) -> None:
    assert chosen(line) == expected


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("tem:ci", "there is no field tem: did you mean team?"),
        ("usd:5", "usd takes a range: usd:5.. for more"),
        ("usd:x..", "x is not an amount"),
        ("usd:nan..", "nan is not an amount"),
        ("usd:9..1", "is empty: its first bound is larger"),
        ("age:5..", "5 is not a time"),
        ("team:", "needs a value"),
        ("team:~(", "not a regular expression"),
        ("team:~(a+)+b", "may not be repeated"),
        ("stale:maybe", "stale takes yes or no"),
        ('task:"open', "a double quote is open"),
        ("~(", "not a regular expression"),
        ("~(a+)+b", "may not be repeated"),
        ("!", "! leaves out what follows it"),
        ("-l", "-l needs a label"),
        ("-l =x", "write -l key=value"),
        ("-l env=", "write -l key=value"),
        ("-f", "-f needs letters"),
    ],
)
def test_a_mistake_is_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_line(line)
    assert sentence.replace("usd:5..", "usd:1..") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_verb_needs_a_filter_and_exact_names() -> None:
    with pytest.raises(FilterError, match="empty filter is refused"):
        parse_to_act([])
    assert parse_to_act(["all:"]).said_all
    exact = parse_to_act(["ci-fix-07"])
    assert [matches(exact, row) for row in (CI, FREE)] == [True, False]
    part = parse_to_act(["ci-fix-0"])
    assert [matches(part, row) for row in (CI, FREE)] == [False, False]
    assert unmatched_names(part, [CI, FREE]) == {"ci-fix-0": ("ci-fix-07",)}
    assert unmatched_names(exact, [CI, FREE]) == {}
    with pytest.raises(FilterError, match="joined by AND"):
        parse_to_act(["sbx_1", "sbx_2"])
    with pytest.raises(FilterError, match="by field only"):
        parse_to_act(["-sbx_1", "team:ci"])


def test_a_comparison_is_for_the_console_only() -> None:
    assert parse_line("usd>1").text == "usd:1.."
    assert parse_to_look(["usd>1"]).terms[0].bare


def test_quotes_keep_blanks_and_what_is_printed_parses_again() -> None:
    filtered = parse_line('task:"fix the test" -team:ci age>1h30m')
    assert split('task:"fix the test" x') == ("task:fix the test", "x")
    assert parse_line(filtered.text) == filtered


_VALUES = st.text(alphabet=st.characters(exclude_characters='"', exclude_categories=["Cs"]), min_size=1, max_size=8)
_NAMED = st.sampled_from(["team:", "name:", "label.env:", "phase:", "state:", "-owner:", ""])
_WORDS = st.one_of(
    st.tuples(st.sampled_from(["", "!", "-"]), _NAMED, _VALUES).map("".join),
    st.tuples(st.sampled_from(["-f", "-l"]), _VALUES).map(lambda pair: f'{pair[0]} "{pair[1]}"'),
    st.sampled_from(["usd>1", "!age<1h", "$/h>2", "$>1/h", "left:1h..2h", "all:", "stale:true", "!l", "-l a=b,c!=d"]),
)


@given(st.lists(_WORDS, max_size=4))
def test_what_a_filter_prints_is_the_filter(words: list[str]) -> None:
    try:
        typed = parse_line(" ".join(words))
    except FilterError:
        return
    assert parse_line(typed.text) == typed


@given(_WORDS)
def test_an_inverse_is_the_complement_where_anything_is_known(word: str) -> None:
    try:
        (one,) = parse_line(f'"{word}"' if '"' not in word else word).terms
    except (FilterError, ValueError):
        return
    if one.field in NUMBERS:
        return
    inverse = Filter(terms=(replace(one, negated=not one.negated),))
    for row in (CI, FREE):
        assert matches(Filter(terms=(one,)), row) != matches(inverse, row)


def test_letters_in_order_rank_what_matches_best() -> None:
    fuzzy = parse_line("-f cifx team:-")
    assert fuzzy.letters == "cifx"
    names = ["ci-fix", "c-i-f-o-x", "basic-fox-ix", "ci-fix-07"]
    ranked = sorted(names, key=lambda name: -score(fuzzy, Row(name=name)))
    assert ranked == ["ci-fix", "ci-fix-07", "c-i-f-o-x", "basic-fox-ix"]
    assert score(parse_line("ci"), CI) == 0


def test_durations() -> None:
    assert [duration_s(text) for text in ("90s", "15m", "1h30m", "2d")] == [90, 900, 5400, 172_800]


@given(st.lists(st.text(max_size=12), max_size=4))
def test_no_text_breaks_the_language(words: list[str]) -> None:
    for parse in (parse_to_look, parse_to_act):
        try:
            parsed: Filter | None = parse(words)
            sentence = ""
        except FilterError as refused:
            parsed, sentence = None, str(refused)
        assert sentence.isprintable()
        assert parsed is None or matches(parsed, CI) in {True, False}


@given(st.text(alphabet="ab()[]|*+?{}\\.^$1,", max_size=24))
def test_no_pattern_runs_for_long(text: str) -> None:
    try:
        pattern = bounded_pattern(text)
    except PatternError:
        return
    began = time.process_time()
    found_in(pattern, "a" * 10_000 + "!")
    assert time.process_time() - began < 2


@pytest.mark.parametrize("text", ["(a+)+b", "((a*))*b", "(a|a)*b", "(a?){30}a{30}", r"(a)\1", "a*a*a*a*b", ""])
def test_costly_patterns_are_refused(text: str) -> None:
    with pytest.raises(PatternError):
        bounded_pattern(text)
