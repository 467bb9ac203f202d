"""A figure taken apart: the lines add up to what the screen shows, whatever the ledger holds."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.usage import Origin, Role, Subject
from fleet_tui.views.apart import agent_money, counted_sum, fleet_money, group_money
from fleet_tui.views.model import FleetModel
from fleet_tui.views.spend import GroupBy
from tests.support.facts import NOW, finding, next_delta, resource, whole
from tests.support.models import words

DAY = NOW.date()


def part(amount: int, **changes: object) -> Part:
    facts: dict[str, object] = {
        "day": DAY, "subject": Subject(source=SourceName("e2b"), layer=Layer.COMPUTE, kind=Kind.SANDBOX, id="s"),
        "side": Side.COST, "origin": Origin.RATE_CARD, "role": Role.COUNTED, "basis": Basis.ESTIMATED,
        "currency": "usd", "agent": "a", "team": "ci", "amount_micro": amount, "lines": 1,
        "until": datetime(2026, 11, 22, 11, tzinfo=UTC),
    }  # fmt: skip
    return Part(**{**facts, **changes})  # type: ignore[arg-type]


PARTS = st.lists(
    st.builds(
        part,
        st.integers(0, 10**9),
        side=st.sampled_from(Side),
        role=st.sampled_from(Role),
        basis=st.sampled_from([Basis.REPORTED, Basis.ESTIMATED, Basis.PLAN, Basis.CLAIMED]),
        currency=st.sampled_from(["usd", "eur"]),
        agent=st.sampled_from(["a", "b", ""]),
        team=st.sampled_from(["ci", "ml", ""]),
    ),
    max_size=20,
)


def totals_of(parts: list[Part]) -> tuple[DayTotal, ...]:
    """What the store would tell of them."""
    keys = {(p.day, p.agent, p.team, p.source, p.side, p.currency) for p in parts if p.role is Role.COUNTED}

    def of(key: tuple[date, str, str, SourceName, Side, str]) -> DayTotal:
        day, agent, team, source, side, currency = key
        mine = [p for p in parts if p.role is Role.COUNTED]
        mine = [p for p in mine if (p.day, p.agent, p.team, p.source, p.side, p.currency) == key]
        return DayTotal(
            day=day, agent=agent, team=team, source=source, side=side, currency=currency,
            amount_micro=sum(p.counts_micro for p in mine), bases=frozenset(p.basis for p in mine), unpriced_lines=0,
        )  # fmt: skip

    return tuple(of(key) for key in keys)


def model_of(parts: list[Part]) -> FleetModel:
    model = FleetModel()
    fleet = (resource("s", agent="a", team="ci", usd="0.25"), resource("t", agent="b", team="ml", usd=None))
    model.apply(whole(*fleet), NOW)
    model.apply(next_delta(2, totals=totals_of(parts)), NOW)
    return model


@given(parts=PARTS)
def test_every_figure_shown_equals_the_sum_of_its_lines(parts: list[Part]) -> None:
    model = model_of(parts)
    figures = [
        fleet_money(model, NOW),
        *(agent_money(model, agent, NOW) for agent in model.agents.values()),
        *(group_money(model, by, name, NOW) for by in (GroupBy.TEAM, GroupBy.AGENT, GroupBy.SOURCE)
          for name in ("ci", "ml", "a", "b", "e2b", "(unallocated)")),
    ]  # fmt: skip
    for figure in figures:
        mine = [one for one in parts if figure.chosen(one) and (figure.agent is None or one.agent == figure.agent)]
        added = counted_sum(one for one in mine if one.side is Side.COST)
        assert (added is None) == (figure.today is None)
        if added is not None and figure.today is not None:
            assert {k: v for k, v in added.amounts.items() if v} == {k: v for k, v in figure.today.amounts.items() if v}
            assert added.bases == figure.today.bases
            assert "which is the figure shown" in words(figure.lines(mine))


def test_each_line_says_its_role_basis_origin_and_subject() -> None:
    parts = [
        part(2_000_000, origin=Origin.VENDOR_REPORT, basis=Basis.REPORTED),
        part(2_500_000, role=Role.COMPARED),
        part(900_000, basis=Basis.PLAN),
        part(0, basis=Basis.UNPRICED, lines=3),
        part(7_000_000, side=Side.BILLED),
    ]
    model = model_of(parts)
    text = words(agent_money(model, model.agents["a"], NOW).lines(parts))

    assert "$2.000000  counted   reported   vendor report       1  11:00  a  team ci  e2b sandbox s" in text
    assert "$2.500000~  compared  estimated  rate card" in text
    assert "unpriced  counted   unpriced   rate card           3" in text
    assert ">=$2.000000  the sum of what is counted" in text
    assert "what a flat plan covers is list price: it is in no sum" in text
    assert "billed, today  what we charge our customers" in text
    assert "$0.250000~  estimated  RUN       e2b sandbox s" in text
    assert "$0.25~  is the figure shown" in text
    assert "e2b sandbox s  of a" in text


def test_an_id_is_printed_as_the_provider_wrote_it() -> None:
    subject = Subject(source=SourceName("stripe"), layer=Layer.BILLING, kind=Kind.API_KEY, id="sub_0JSpv")
    parts = [replace(part(1), subject=subject)]
    model = model_of(parts)

    assert "stripe api key sub_0JSpv" in words(agent_money(model, model.agents["a"], NOW).lines(parts))


def test_a_sum_that_is_newer_than_the_figure_says_so() -> None:
    model = model_of([part(1_000_000)])
    text = words(agent_money(model, model.agents["a"], NOW).lines([part(1_000_000), part(500_000)]))

    assert "newer lines came: the figure shown follows" in text


def test_a_findings_cost_is_its_rate_24_times() -> None:
    model = model_of([])
    model.apply(next_delta(3, findings=(finding(resource("s").key, usd_per_day="6"),)), NOW)
    text = words(agent_money(model, model.agents["a"], NOW).lines([]))

    assert "no usage line is known of today, which is not the same as no cost" in text
    assert "$6.000000" in text
    assert "24 times $0.25~ an hour" in text
