"""TREE shows every agent once, sums branches up, and says who said what."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.filter import parse_line
from fleet_tui.domain.text import safe_join
from fleet_tui.views.model import FleetModel
from fleet_tui.views.table_text import plain
from fleet_tui.views.tree import NodeKind, TreeRows, tree_json, tree_rows
from fleet_tui.views.tree_table import cells, story, summary
from tests.support.facts import NOW, whole
from tests.support.family import AGENTS, family, member


def loaded() -> FleetModel:
    model = FleetModel()
    model.apply(family(), NOW)
    return model


def drawn(model: FleetModel, rows: TreeRows, *, ascii_only: bool = True) -> list[str]:
    return [cells(model, rows, key, NOW, ascii_only=ascii_only)[0].text for key in rows.order]


def test_the_whole_family() -> None:
    model = loaded()
    assert drawn(model, tree_rows(model, NOW)) == [
        "ci-lead",
        "`- ci-sup",
        "   +- ci-fix-07",
        "   `- > ci-fix-10 .. ci-fix-31 (22)",
        "data-lead",
        "`- migr-w-1",
        "ring-a (cycle)",
        "`- ring-b",
        "(ghost-lead: not here) 1 agent",
        "`- lost-1",
        "(no parent) 1 agent",
        "`- docs-bot",
        "(orphans) 1 agent, see 4 SPRAWL",
        "`- sbx_9f2c",
    ]


def test_boxes_where_the_terminal_can() -> None:
    model = loaded()
    assert drawn(model, tree_rows(model, NOW), ascii_only=False)[:4] == [
        "ci-lead",
        "└─ ci-sup",
        "   ├─ ci-fix-07",
        "   └─ ▸ ci-fix-10 .. ci-fix-31 (22)",
    ]


def test_a_branch_is_summed_up_with_its_own_top() -> None:
    model = loaded()
    rows = tree_rows(model, NOW)
    branch = rows.below["ci-lead"]
    assert (branch.agents, branch.rate.amounts) == (25, {"usd": 2_800_000})
    shown = cells(model, rows, "ci-lead", NOW, ascii_only=True)
    assert [cell.text for cell in shown[3:]] == ["0.40~", "2.80~", "", "25: 1 STUCK 24 RUN"]


def test_an_opened_run_shows_its_members_below_it() -> None:
    model = loaded()
    run = next(key for key, node in tree_rows(model, NOW).nodes.items() if node.kind is NodeKind.RUN)
    rows = tree_rows(model, NOW, opened={run})
    assert drawn(model, rows)[3:6] == [
        "   `- v ci-fix-10 .. ci-fix-31 (22)",
        "      +- ci-fix-10",
        "      +- ci-fix-11",
    ]
    assert rows.stands_for(run) == rows.nodes[run].members
    assert rows.stands_for("ci-lead") == ("ci-lead",)


def test_a_filter_keeps_those_above_and_dims_them() -> None:
    model = loaded()
    rows = tree_rows(model, NOW, chosen=parse_line("ci-fix-07"))
    assert drawn(model, rows) == ["ci-lead", "`- ci-sup", "   `- ci-fix-07"]
    assert (rows.dim, rows.matched) == (frozenset({"ci-lead", "ci-sup"}), 1)
    assert {cell.role.value for cell in cells(model, rows, "ci-lead", NOW, ascii_only=True)} == {"dim"}
    assert "TREE[1/32]" in safe_join([cell.text for cell in summary(model, rows, filtered="ci-fix-07")])


def test_the_story_names_the_path_and_who_said_so() -> None:
    model = loaded()
    rows = tree_rows(model, NOW)
    told = plain(story(model, rows, "ci-fix-07", NOW))
    assert told[0] == "path   ci-lead > ci-sup > ci-fix-07"
    assert told[1] == "parent ci-sup, said by label"
    assert "parents lead in a circle: ring-a > ring-b > ring-a" in plain(story(model, rows, "ring-a", NOW))[1]
    lost = plain(story(model, rows, "lost-1", NOW))[1]
    assert lost == "parent ghost-lead, said by label, and nobody here is called that"


def test_json_tells_the_word_and_where_it_led() -> None:
    model = loaded()
    found = {one["handle"]: one for one in tree_json(model, tree_rows(model, NOW, collapse=False), NOW)}
    assert len(found) == AGENTS
    lost, worker = found["lost-1"], found["ci-fix-10"]
    assert (lost["parent"], lost["under"], lost["top"]) == ("ghost-lead", None, "unknown parent")
    assert (worker["depth"], worker["under"], worker["parent_said_by"]) == (2, "ci-sup", "label")
    assert found["ring-a"]["cycle"] == ["ring-a", "ring-b"]


NAMES = st.sampled_from(["a", "b-1", "b-2", "b-3", "b-4", "\x1frun\x1fb-", "\x1falone\x1fno parent", "ghost"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.none() | NAMES, max_size=8), st.booleans(), st.sets(NAMES))
def test_nobody_is_lost_whatever_they_are_called(said: dict[str, str | None], collapse: bool, opened: set[str]) -> None:
    model = FleetModel()
    model.apply(whole(*(member(name, parent) for name, parent in said.items())), NOW)
    rows = tree_rows(model, NOW, collapse=collapse, opened=opened)
    shown: Counter[str] = Counter()
    for node in rows.nodes.values():
        if node.kind is NodeKind.AGENT:
            shown[node.key] += 1
        elif node.kind is NodeKind.RUN and not node.opened:
            shown.update(node.members)
    assert shown == Counter(list(said))
    assert len(rows.order) == len(rows.nodes)
    assert all(cells(model, rows, key, NOW, ascii_only=True) for key in rows.order)


@pytest.mark.parametrize("shape", ["wide", "deep", "flat"])
def test_a_large_family_is_quick(shape: str) -> None:
    step = {"wide": 100, "deep": 1, "flat": 0}[shape]

    def parent(number: int) -> str | None:
        if not number or not step:
            return None
        return f"n{number - 1 if step == 1 else number // step}"

    model = FleetModel()
    count = 5000 if shape == "deep" else 10_000
    model.apply(whole(*(member(f"n{number}", parent(number)) for number in range(count))), NOW)
    begun = time.process_time()
    rows = tree_rows(model, NOW)
    cells(model, rows, rows.order[-1], NOW, ascii_only=True)
    assert time.process_time() - begun < 3
    assert sum(max(1, len(node.members)) for node in rows.nodes.values()) >= count
