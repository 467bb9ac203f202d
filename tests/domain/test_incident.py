"""One cause on at least three agents within five minutes is one incident, and nothing less is."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.incident import AT_LEAST, WITHIN, Occurrence, incidents_of
from tests.support.facts import NOW


def hit(*agents: str, cause: str = "auth", s: float = 0) -> Occurrence:
    return Occurrence(cause=cause, at=NOW + timedelta(seconds=s), agents=frozenset(agents))


def test_three_agents_within_five_minutes_are_one_incident() -> None:
    (found,) = incidents_of([hit("c", s=290), hit("a"), hit("b", s=100)])
    assert (found.agents, found.events) == (("a", "b", "c"), 3)
    assert (found.first, found.last) == (NOW, NOW + timedelta(seconds=290))


def test_two_agents_or_two_causes_or_too_far_apart_are_none() -> None:
    assert incidents_of([hit("a"), hit("b"), hit("a", s=10)]) == ()
    assert incidents_of([hit("a"), hit("b"), hit("c", cause="quota")]) == ()
    assert incidents_of([hit("a"), hit("b", s=200), hit("c", s=400)]) == ()


def test_what_hits_three_at_once_is_one_and_what_comes_back_later_is_another() -> None:
    found = incidents_of([hit("a", "b", "c"), hit("a", "b", "c", s=3600)])
    assert [(one.first - NOW).total_seconds() for one in found] == [3600, 0]


times = st.integers(0, 2000)
occurrences = st.lists(
    st.builds(
        lambda cause, agents, s: hit(*agents, cause=cause, s=s),
        st.sampled_from("xy"),
        st.sets(st.sampled_from("abcd"), max_size=3),
        times,
    ),
    max_size=12,
)


@given(occurrences)
def test_every_incident_is_what_the_rule_says_and_none_is_missed(listed: list[Occurrence]) -> None:
    found = incidents_of(listed)
    assert all(len(one.agents) >= AT_LEAST for one in found)
    for start in listed:
        near = [one for one in listed if one.cause == start.cause and timedelta() <= one.at - start.at <= WITHIN]
        agents = frozenset[str]().union(*(one.agents for one in near))
        if len(agents) >= AT_LEAST:
            assert any(one.cause == start.cause and one.first <= start.at <= one.last for one in found)
