"""A filter goes on with fields and with values that exist, and what it is completed to can be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import Join
from fleet_tui.domain.filter import parse_line
from fleet_tui.domain.phase import Phase
from fleet_tui.views.completion import complete_filter, fitting, word_start
from fleet_tui.views.model import FleetModel
from fleet_tui.views.vocabulary import Vocabulary
from tests.support.facts import NOW, resource, whole


def vocabulary() -> Vocabulary:
    model = FleetModel(join=Join.TEAM)
    model.apply(
        whole(
            resource("s1", agent="ci-fix-07", team="ci", task="fix the test", phase=Phase.STUCK),
            resource("s2", agent="etl-3", team="data", owner="ev\u202eil"),
            resource("s3", agent="etl-4", team='da"ta', owner="kim"),
        ),
        NOW,
    )
    return Vocabulary(model)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("tea", ["team:"]),
        ("team:", ["team:ci", "team:data"]),
        ("team:a", ["team:data"]),
        ("!team:c", ["!team:ci"]),
        ("usd>1 -team:d", ["usd>1 -team:data"]),
        ("task:", ['task:"fix the test"']),
        ('task:"fix', ['task:"fix the test"']),
        ("state:", ["state:run", "state:stuck"]),
        ("owner:", ["owner:kim"]),
        ("etl", ["etl-3", "etl-4"]),
        ("team:ci", []),
        ("name:~x", []),
        ("-f e", []),
        ("us", ["usd>"]),
        ("stale:", ["stale:no", "stale:yes"]),
    ],
)
def test_a_line_goes_on(line: str, completed: list[str]) -> None:
    found = complete_filter(line, vocabulary())
    assert [found.line(line, option) for option in found.options] == completed


@given(st.text(alphabet='tea:m!-"l f=~.', max_size=12))
def test_completing_never_breaks_and_values_can_be_used(line: str) -> None:
    found = complete_filter(line, vocabulary())
    assert 0 <= found.start <= len(line)
    for option in found.options:
        if not option.endswith((":", ">", "=", ".")) and '"' not in line[: found.start]:
            parse_line(option)


def test_words_part_at_blanks_outside_of_quotes() -> None:
    assert [word_start(line) for line in ("", "a", "a ", "a b", 'a "b c', 'a "b" c')] == [0, 0, 2, 2, 2, 6]
    assert fitting("a", ["ba", "ab", "c"]) == ("ab", "ba")
