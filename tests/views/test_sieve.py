"""A small table is narrowed by what its cells say and by what stands behind its rows."""

import pytest

from fleet_tui.domain.agent import Join
from fleet_tui.domain.filter import parse_line
from fleet_tui.domain.text import SafeText
from fleet_tui.views.columns import Column
from fleet_tui.views.facts import AgentFacts, TogetherFacts
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import TableRow, TableView, word
from fleet_tui.views.sieve import sieve_steps
from tests.support.facts import NOW, resource, whole

COLUMNS = tuple(Column(name=name, width=10) for name in ("WHAT", "STATE", "SOURCE", "RULE"))


def table() -> TableView:
    rows = (
        ("source e2b", "STALE", "e2b?", "-"),
        ("agent ci-fix", "STUCK", "e2b", "idle"),
        ("agent etl", "RUN", "daytona", "orphan"),
    )
    return TableView(
        columns=COLUMNS,
        rows=tuple(TableRow(key=cells[0], cells=tuple(word(cell) for cell in cells)) for cells in rows),
        empty=SafeText("nothing fails"),
    )


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("", ["source e2b", "agent ci-fix", "agent etl"]),
        ("agent", ["agent ci-fix", "agent etl"]),
        ("!agent", ["source e2b"]),
        ("state:stuck", ["agent ci-fix"]),
        ("source:e2b", ["source e2b", "agent ci-fix"]),
        ("finding:-", ["source e2b"]),
        ("finding:orphan", ["agent etl"]),
        ("~^agent c", ["agent ci-fix"]),
        ("team:ci", []),
        ("-f aetl", ["agent etl"]),
        ("usd:1..", []),
    ],
)
def test_cells_answer(line: str, keys: list[str]) -> None:
    kept = finished(sieve_steps(table(), parse_line(line), lambda _key: None))
    assert [row.key for row in kept.rows] == keys


def test_what_stands_behind_a_row_answers_and_an_empty_rest_says_why() -> None:
    model = FleetModel(join=Join.TEAM)
    model.apply(whole(resource("s1", agent="ci-fix", team="ci"), resource("s2", agent="etl", team="data")), NOW)
    facts = {name: AgentFacts(model, agent, NOW) for name, agent in model.agents.items()}

    def about(key: str) -> AgentFacts | TogetherFacts | None:
        return facts.get(key.removeprefix("agent ")) or (TogetherFacts(list(facts.values())) if "e2b" in key else None)

    kept = finished(sieve_steps(table(), parse_line("team:data"), about))
    assert [row.key for row in kept.rows] == ["source e2b", "agent etl"]
    nothing = finished(sieve_steps(table(), parse_line("team:x"), about))
    assert nothing.empty == "nothing here matches the filter team:x (esc clears it)"
    assert finished(sieve_steps(TableView(columns=COLUMNS, rows=()), parse_line("x"), about)).empty == ""
