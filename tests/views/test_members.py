"""Who carries an agent id, whether one resource does or many."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.identity import AgentId
from fleet_tui.views.members import Members
from tests.support.facts import key

IDS = st.sampled_from(["ci", "bot"])
KEYS = st.sampled_from("abc")


@given(st.lists(st.tuples(st.booleans(), IDS, KEYS), max_size=30))
def test_members_are_those_that_came_and_did_not_go(steps: list[tuple[bool, str, str]]) -> None:
    members, held = Members(), {"ci": set[str](), "bot": set[str]()}
    for comes, id_, one in steps:
        if comes:
            members.add(AgentId(id_), key(one))
            held[id_].add(one)
        else:
            members.drop(AgentId(id_), key(one))
            held[id_].discard(one)
        for each, keys in held.items():
            assert set(members.of(AgentId(each))) == set(map(key, keys))
            assert (each in members) == bool(keys)
