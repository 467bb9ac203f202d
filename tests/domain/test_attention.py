"""What needs a person: which facts do, what waiting has cost, and when many are one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.action import Verb
from fleet_tui.domain.agent import agent_of
from fleet_tui.domain.attention import Cost, Item, Severity, incidents, order, running_cost, summed
from fleet_tui.domain.attention_place import Place, channel_item, place_items, source_item, unread_item
from fleet_tui.domain.attention_rules import (
    NEEDY,
    agent_item,
    earlier_item,
    finding_items,
    hand_over_item,
    key_of,
)
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from tests.support import facts
from tests.support.facts import NOW, hand_over

MINUTE = timedelta(minutes=1)


def item_of(resource: Resource, *, signal_s: float | None = None) -> Item | None:
    agent = agent_of(resource.key.id, resource.name, (resource,))
    signal = None if signal_s is None else NOW - timedelta(seconds=signal_s)
    return agent_item(agent, name=agent.name, signal_at=signal, now=NOW)


@pytest.mark.parametrize("phase", sorted(set(Phase) - set(NEEDY)))
def test_an_agent_that_runs_rests_or_ended_well_needs_nobody(phase: Phase) -> None:
    assert item_of(facts.resource("a", phase=phase)) is None


@pytest.mark.parametrize(
    ("phase", "severity"),
    [
        (Phase.LOOPING, Severity.CRIT),
        (Phase.STUCK, Severity.HIGH),
        (Phase.WAITING, Severity.HIGH),
        (Phase.ENDED_LOST, Severity.HIGH),
        (Phase.ENDED_FAILED, Severity.MED),
    ],
)
def test_an_agent_that_waits_is_stuck_loops_or_ended_badly_needs_a_person(phase: Phase, severity: Severity) -> None:
    found = item_of(facts.resource("a", phase=phase))
    assert found is not None
    assert (found.severity, found.handles, found.since) == (severity, ("a",), NOW - timedelta(seconds=660))
    assert found.lines


def test_the_cost_of_waiting_is_the_rate_since_it_began_and_an_estimate() -> None:
    found = item_of(facts.resource("a", phase=Phase.STUCK, usd="6.00", since_s=600))
    assert found is not None
    assert found.cost == running_cost(6_000_000, NOW - timedelta(seconds=600), NOW)
    assert found.cost is not None
    assert found.cost.spent_micro == 1_000_000


def test_a_cost_that_nobody_knows_is_unknown_and_not_zero() -> None:
    found = item_of(facts.resource("a", phase=Phase.STUCK, usd=None))
    assert found is not None
    assert found.cost == Cost(spent_micro=None, per_hour_micro=None)
    ended = item_of(facts.resource("a", phase=Phase.ENDED_FAILED))
    assert ended is not None
    assert ended.cost is None


def test_the_keys_that_help_are_those_that_the_row_can_do() -> None:
    all_of_them = item_of(facts.resource("a", phase=Phase.LOOPING))
    none = item_of(facts.resource("a", phase=Phase.LOOPING, can=frozenset()))
    assert all_of_them is not None
    assert none is not None
    assert all_of_them.do == ("l", "r", "^k", "m")
    assert none.do == ("l", "m")
    assert key_of(Verb.KILL) == "^k"


@pytest.mark.parametrize(
    ("ends_in_s", "severity"), [(540, Severity.MED), (200, Severity.HIGH), (3600, None), (-5, None)]
)
def test_an_end_that_is_near_while_it_works_is_told(ends_in_s: float, severity: Severity | None) -> None:
    found = item_of(facts.resource("a", ends_in_s=ends_in_s, task="t"), signal_s=10)
    assert (None if found is None else found.severity) == severity


def test_what_does_not_work_or_lives_briefly_by_design_may_end_unsaid() -> None:
    assert item_of(facts.resource("a", ends_in_s=300), signal_s=None) is None
    assert item_of(facts.resource("a", ends_in_s=300), signal_s=3000) is None
    assert item_of(facts.resource("a", ends_in_s=300, created_s=600), signal_s=10) is None


def needy(id_: str, since_s: float, *, evidence: str = "exit 1: 401", source: str = "e2b") -> Item:
    resource = facts.resource(id_, phase=Phase.LOOPING, since_s=since_s, source=source)
    found = item_of(replace(resource, phase=replace(resource.phase, evidence=evidence)))
    assert found is not None
    return found


def test_one_cause_on_three_agents_within_five_minutes_is_one_incident() -> None:
    found = incidents([needy("a", 600), needy("b", 500), needy("c", 301, evidence="exit 7: 401")])
    assert len(found) == 1
    assert (found[0].handles, found[0].size, found[0].since) == (("a", "b", "c"), 3, NOW - timedelta(seconds=600))
    assert found[0].cost is not None
    assert found[0].subject == "3 agents"


@pytest.mark.parametrize(
    "others",
    [
        [needy("b", 500)],
        [needy("b", 500), needy("c", 299)],
        [needy("b", 500), needy("c", 400, evidence="out of memory")],
        [needy("b", 500), needy("c", 400, source="daytona")],
    ],
)
def test_two_agents_a_longer_time_another_cause_or_another_source_are_not_one(others: list[Item]) -> None:
    assert len(incidents([needy("a", 600), *others])) == len(others) + 1


def test_the_cause_of_an_incident_is_one_by_which_its_members_answer_too() -> None:
    members = [needy(id_, 600) for id_ in "abc"]
    (one,) = incidents(members)
    assert all(one.cause in member.causes for member in members)


@given(st.lists(st.integers(0, 3000), max_size=12), st.randoms())
def test_no_agent_is_lost_or_doubled_in_whatever_order_they_come(times: list[int], chance: object) -> None:
    members = [needy(f"a{number}", at) for number, at in enumerate(times)]
    mixed = list(members)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    found, again = incidents(members), incidents(mixed)
    assert sorted(h for one in found for h in one.handles) == sorted(m.handles[0] for m in members)
    assert sorted(found, key=order) == sorted(again, key=order)


@given(
    st.lists(
        st.none()
        | st.builds(Cost, spent_micro=st.none() | st.integers(0, 9), per_hour_micro=st.none() | st.integers(0, 9))
    )
)
def test_an_unknown_part_never_makes_a_sum_smaller_and_is_always_said(costs: list[Cost | None]) -> None:
    total = summed(costs)
    known = [cost.spent_micro for cost in costs if cost is not None and cost.spent_micro is not None]
    unknown = any(cost is not None and cost.spent_micro is None for cost in costs)
    if total is None:
        assert not known
        assert not unknown
    else:
        assert total.spent_micro == (sum(known) if known else None)
        assert total.at_least or not unknown


def test_the_list_begins_with_the_worst_and_of_those_with_what_waiting_costs_most() -> None:
    crit = Item(cause="z", severity=Severity.CRIT, subject="", text="")
    dear = Item(cause="y", severity=Severity.MED, subject="", text="", cost=Cost(spent_micro=1, per_hour_micro=90))
    unknown = Item(
        cause="x", severity=Severity.LOW, subject="", text="", cost=Cost(spent_micro=None, per_hour_micro=None)
    )
    high = Item(cause="b", severity=Severity.HIGH, subject="", text="")
    low = Item(cause="a", severity=Severity.LOW, subject="", text="")
    cheap = replace(dear, cause="c", cost=None)
    assert sorted([low, high, unknown, dear, cheap, crit], key=order) == [crit, high, dear, cheap, unknown, low]


def test_a_refused_an_unreachable_and_a_stale_source_are_three_things() -> None:
    refused = facts.status(failure=facts.failure(FailureClass.AUTH, status=401))
    down = facts.status(ok_s=600, failure=facts.failure(FailureClass.PROVIDER_DOWN, status=503))
    stale = facts.status(ok_s=600)
    said = [source_item(one, NOW, rows=12, per_hour_micro=47_000_000) for one in (refused, down, stale)]
    assert [one.text for one in said if one] == [
        "key refused, 12 rows unknown (401)",
        "unreachable, 12 rows unknown (503)",
        "not read, 12 rows unknown",
    ]
    assert [one.severity for one in said if one] == [Severity.HIGH, Severity.HIGH, Severity.MED]
    assert all(one.cost is not None and one.cost.spent_micro is None for one in said if one)
    assert source_item(facts.status(), NOW, rows=12, per_hour_micro=0) is None


def test_sources_that_nobody_read_ask_for_the_collector() -> None:
    found = unread_item([facts.status("e2b", ok_s=600), facts.status("stripe", ok_s=900)], rows=3, per_hour_micro=0)
    assert found.since == NOW - timedelta(seconds=900)
    assert "collector" in found.text


def test_cheap_findings_of_a_rule_are_one_item_and_a_dear_orphan_stands_for_itself() -> None:
    cheap = [facts.finding(facts.key(id_), usd_per_day="1") for id_ in "ab"]
    dear = facts.finding(facts.key("c"), usd_per_day="98.40")
    unpriced = facts.finding(facts.key("d"), usd_per_day=None)
    label = facts.finding(facts.key("e"), RuleName.UNLABELLED)
    found = finding_items(
        [*cheap, dear, unpriced, label], NOW, name_of=lambda key: key.id, handle_of=lambda key: key.id
    )
    assert [(one.size, one.severity) for one in found] == [(3, Severity.MED), (1, Severity.HIGH), (1, Severity.LOW)]
    assert found[0].cost is not None
    assert found[0].cost.at_least
    assert found[1].cost is not None
    assert found[1].cost.spent_micro == 12_300_000
    assert found[2].cost is None


def test_agents_that_failed_earlier_today_are_one_item_and_those_of_last_week_none() -> None:
    def ended(id_: str, hours: float) -> Resource:
        return facts.resource(id_, phase=Phase.ENDED_FAILED, since_s=hours * 3600)

    found = earlier_item([agent_of(r.key.id, r.name, (r,)) for r in (ended("a", 3), ended("b", 200))], NOW)
    assert found is not None
    assert found.handles == ("a",)
    assert earlier_item([], NOW) is None


@pytest.mark.parametrize(
    ("state", "left_h", "words"),
    [("waiting", 2, "waits for a word"), ("waiting", -1, "not confirmed in time"), ("expired", -1, "not confirmed"),
     ("confirmed", 2, None), ("expired", -30, None)],
)  # fmt: skip
def test_a_hand_over_is_told_while_it_waits_and_a_day_after_nobody_confirmed_it(
    state: str, left_h: float, words: str | None
) -> None:
    one = hand_over(at_s=-22 * 3600, hours=22 + left_h, state=state)
    found = hand_over_item(one, NOW)
    assert (found is None) is (words is None)
    assert found is None or (words or "") in found.text


def test_a_channel_that_fails_is_told_and_worse_from_the_third_time_on() -> None:
    said = [channel_item(ChannelStatus(name="ops", failures=failures, text="HTTP 500")) for failures in (0, 1, 3)]
    assert [one.severity if one else None for one in said] == [None, Severity.MED, Severity.HIGH]


def test_trouble_with_our_own_place_is_the_worst_of_all() -> None:
    found = place_items(Place(store="the disk is full", collector="it ended", free_bytes=10))
    assert [one.cause for one in found] == ["store", "collector", "disk"]
    assert {one.severity for one in found} == {Severity.CRIT}
    assert place_items(Place(free_bytes=10**12)) == []


def test_what_ends_within_minutes_comes_before_what_costs_more_to_wait_for() -> None:
    def one(cause: str, severity: Severity, dollars: int, *, at_stake: bool = False) -> Item:
        cost = running_cost(dollars * 1_000_000, NOW, NOW)
        return Item(cause=cause, severity=severity, subject="a", text="t", cost=cost, at_stake=at_stake)

    listed = [
        one("ends-later", Severity.MED, 9, at_stake=True),
        one("stuck", Severity.HIGH, 5),
        one("ends-now", Severity.HIGH, 1, at_stake=True),
        one("loop", Severity.CRIT, 0),
    ]
    assert [item.cause for item in sorted(listed, key=order)] == ["loop", "ends-now", "stuck", "ends-later"]
