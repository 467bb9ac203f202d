"""Parents and children: every agent stands exactly once, whatever the parents say."""

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.tree import Kin, Run, Top, Tree, runs_of, tree_of

WORDS = ("a", "b", "c", "d", "e@x", "ghost")


def kin(handle: str, parent: str | None = None, *, team: str | None = None, id_: str | None = None) -> Kin:
    return Kin(handle=handle, ids=(id_ or handle,), parent=parent, team=team)


kins = st.lists(
    st.builds(
        Kin,
        handle=st.sampled_from([*WORDS, *(f"n{number}" for number in range(9))]),
        ids=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
        names=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
        team=st.sampled_from([None, "x", "y"]),
        parent=st.none() | st.sampled_from([*WORDS, *(f"n{number}" for number in range(9))]),
    ),
    max_size=15,
    unique_by=lambda one: one.handle,
)


@given(kins)
def test_every_agent_stands_exactly_once(family: list[Kin]) -> None:
    tree = tree_of(family)
    assert Counter(placed.handle for placed in tree.walk()) == Counter(one.handle for one in family)


@given(kins)
def test_a_child_stands_one_step_below_its_parent(family: list[Kin]) -> None:
    tree = tree_of(family)
    depth = {placed.handle: placed.depth for placed in tree.walk()}
    assert all(depth[child] == depth[parent] + 1 for child, parent in tree.parents.items())
    assert all(depth[handle] == 0 for handle in tree.tops)


@given(kins)
def test_nobody_is_among_those_above_itself(family: list[Kin]) -> None:
    tree = tree_of(family)
    assert all(one.handle not in tree.ancestors(one.handle) for one in family)
    assert all(one.handle in tree.subtree(above) for one in family for above in tree.ancestors(one.handle))


@given(kins)
def test_a_ring_is_what_the_words_say(family: list[Kin]) -> None:
    tree = tree_of(family)
    for first, ring in tree.cycles.items():
        assert ring[0] == first
        assert tree.tops[first] is Top.CYCLE
        assert all(tree.parents[ring[at]] == ring[at + 1] for at in range(1, len(ring) - 1))
        assert len(ring) == 1 or tree.parents[ring[-1]] == first


@given(kins, st.sets(st.sampled_from(WORDS)))
def test_those_above_are_kept_with_whom_a_filter_keeps(family: list[Kin], chosen: set[str]) -> None:
    tree = tree_of(family)
    here = {one.handle for one in family} & chosen
    kept = tree.with_ancestors(here)
    assert kept == here.union(*(tree.ancestors(handle) for handle in here))


def test_parents_stand_above_children_in_the_order_they_came() -> None:
    tree = tree_of([kin("lead"), kin("w2", "lead"), kin("w1", "lead"), kin("sub", "w2")])
    assert [(placed.depth, placed.handle) for placed in tree.walk()] == [
        (0, "lead"),
        (1, "w2"),
        (2, "sub"),
        (1, "w1"),
    ]


def test_lone_ones_come_last_and_unknown_parents_before_them() -> None:
    tree = tree_of([kin("alone"), kin("lost", "ghost"), kin("ring", "ring"), kin("lead"), kin("child", "lead")])
    assert list(tree.tops.items()) == [
        ("lead", Top.LEADS),
        ("ring", Top.CYCLE),
        ("lost", Top.UNKNOWN_PARENT),
        ("alone", Top.ALONE),
    ]
    assert tree.words == {"lost": "ghost", "ring": "ring"}


def test_a_cycle_is_cut_at_the_one_that_came_first() -> None:
    tree = tree_of([kin("tail", "c"), kin("b", "c"), kin("c", "a"), kin("a", "b")])
    assert tree.cycles == {"b": ("b", "c", "a")}
    assert tree.subtree("b") == ("b", "a", "c", "tail")


def test_an_id_of_two_teams_means_the_one_in_the_childs_own_team_and_is_inferred() -> None:
    tree = tree_of(
        [
            kin("bot@ci", team="ci", id_="bot"),
            kin("bot@data", team="data", id_="bot"),
            kin("w1", "bot", team="data"),
            kin("w2", "bot", team="ml"),
            kin("w3", "bot@ci", team="ml"),
        ]
    )
    assert tree.parents == {"w1": "bot@data", "w3": "bot@ci"}
    assert tree.inferred == {"w1"}
    assert tree.tops["w2"] is Top.AMBIGUOUS_PARENT


def test_a_mere_name_is_a_parent_by_inference_where_no_id_answers() -> None:
    tree = tree_of([Kin(handle="e2b/1", ids=("sbx_1",), names=("planner",)), kin("w1", "planner"), kin("w2", "sbx_1")])
    assert tree.parents == {"w1": "e2b/1", "w2": "e2b/1"}
    assert tree.inferred == {"w1"}


def seconds(tree: list[Kin]) -> tuple[float, Tree]:
    begun = time.process_time()
    made = tree_of(tree)
    assert sum(1 for _ in made.walk()) == len(tree)
    return time.process_time() - begun, made


@pytest.mark.no_cover
def test_ten_thousand_agents_and_a_chain_five_thousand_deep_are_quick() -> None:
    wide_s, _ = seconds([kin("lead"), *(kin(f"w{number}", "lead") for number in range(10_000))])
    deep_s, deep = seconds([kin("0"), *(kin(str(number), str(number - 1)) for number in range(1, 5000))])
    ring_s, _ = seconds([kin(str(number), str((number + 1) % 5000)) for number in range(5000)])
    assert len(deep.ancestors("4999")) == 4999
    assert max(wide_s, deep_s, ring_s) < 1.0


def test_neighbours_that_are_alike_become_one_run() -> None:
    siblings = ["a1", "a2", "a3", "b1", "b2", "a4"]
    assert runs_of(siblings, lambda name: (name[0],)) == [Run("a", ("a1", "a2", "a3")), "b1", "b2", "a4"]


@given(st.lists(st.sampled_from(["a1", "a2", "b1", "c1"]), max_size=20), st.integers(1, 4))
def test_a_run_loses_nobody_and_changes_no_order(siblings: list[str], at_least: int) -> None:
    def alike(name: str) -> tuple[str, ...] | None:
        return None if name[0] == "c" else (name[0],)

    shown = runs_of(siblings, alike, at_least=at_least)
    assert [one for row in shown for one in (row.members if isinstance(row, Run) else (row,))] == siblings
    assert all(len(row.members) >= at_least for row in shown if isinstance(row, Run))
