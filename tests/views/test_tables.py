"""SPEND, FAILURES, SPRAWL, plans and outcomes: each figure with its basis, each refusal with its reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet_tui.domain.action import NO_PARAMS, ActionId, IntentId, Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import RULES, FailureClass
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Side
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.plan import plan_for_agents
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RULES as SPRAWL_RULES
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views import detail, failures, outcomes, plan, spend, sprawl
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import TableView, word
from fleet_tui.views.table_text import table_text
from tests.support.facts import NOW, RUNS_CAN, failure, finding, key, resource, status, total
from tests.support.models import model_of, rows_of, words


def a_spending_fleet() -> FleetModel:
    return model_of(
        resource("1", agent="a", team="ci", task="t1", usd="1"),
        resource("2", agent="b", team="ci", usd="2"),
        resource("3", agent="c", source="daytona", usd="4"),
        resource("4", usd="8"),
        totals=(
            total("a", "10", team="ci"),
            total("b", "5", team="ci", unpriced=1),
            total("", "3", source="daytona"),
            total("a", "7", team="ci", source="stripe", side=Side.BILLED),
            total("a", "9", team="ci", source="stripe", side=Side.CARD),
        ),
    )


def test_spend_groups_by_team_and_names_what_belongs_to_nobody() -> None:
    rows = rows_of(spend.spend_table(a_spending_fleet(), NOW))
    assert list(rows) == ["ci", "(unallocated)"]
    assert (rows["ci"]["$/h"], rows["ci"]["TODAY"], rows["ci"]["BILLED"], rows["ci"]["CARD"]) == (
        "3.00~", ">=15.00", "7.00", "9.00",
    )  # fmt: skip
    assert (rows["ci"]["AGENTS"], rows["ci"]["SHARE"]) == ("2", "83%")
    assert rows["(unallocated)"]["TODAY"] == "3.00"
    assert rows["(unallocated)"]["$/h"] == "12.00~"


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (spend.GroupBy.AGENT, ["a", "b", "c", "(unallocated)"]),
        (spend.GroupBy.TASK, ["t1", "(unallocated)"]),
        (spend.GroupBy.PROVIDER, ["e2b", "daytona", "stripe"]),
        (spend.GroupBy.LAYER, ["compute", "(unallocated)"]),
        (spend.GroupBy.SOURCE, ["e2b", "daytona", "stripe"]),
    ],
)
def test_spend_groups_by_anything(by: spend.GroupBy, groups: list[str]) -> None:
    rows = rows_of(spend.spend_table(a_spending_fleet(), NOW, by))
    assert list(rows) == groups
    if by is spend.GroupBy.SOURCE:
        assert (rows["stripe"]["TODAY"], rows["stripe"]["BILLED"]) == ("?", "7.00")


def test_sides_stand_beside_each_other_and_are_never_added() -> None:
    text = words(spend.spend_lines(a_spending_fleet(), NOW, spend.GroupBy.TEAM))
    assert "now $15.00~ an hour" in text
    assert "today >=$18.00" in text
    assert "unallocated $3.00 (16%)" in text
    assert "billed $7.00  what we charge our customers, never added to the cost" in text
    assert "card $9.00" in text
    assert "34" not in text


def test_without_a_line_money_is_unknown() -> None:
    text = words(spend.spend_lines(model_of(resource("1", agent="a", usd=None)), NOW, spend.GroupBy.TEAM))
    assert text.startswith("now ? an hour   today ? (nobody told)")


def test_failures_have_a_class_a_rule_and_a_next_step() -> None:
    seen = [failure(FailureClass.AUTH), failure(FailureClass.AUTH, source="mem0", at_s=300), failure()]
    rows = rows_of(failures.classes_table(seen, NOW))
    assert list(rows) == ["auth", "rate_limited"]
    assert rows["auth"] == {
        "CLASS": "auth", "EVENTS": "2", "RETRY": "never", "WHERE": "e2b, mem0", "LAST": "now",
        "NEXT STEP": RULES[FailureClass.AUTH].next_step,
    }  # fmt: skip
    assert "too many requests" in words(failures.failure_lines(seen))


def test_what_fails_now_is_sources_first_and_then_agents() -> None:
    model = model_of(
        resource("1", agent="fine"),
        resource("2", agent="stuck", phase=Phase.STUCK),
        resource("3", agent="loop", phase=Phase.LOOPING),
        statuses=(status("mem0", ok_s=100, failure=failure(source="mem0")),),
    )
    rows = rows_of(failures.open_table(model, NOW))
    assert list(rows) == ["source mem0", "agent loop", "agent stuck"]
    assert rows["source mem0"]["STATE"] == "UNREACHABLE"
    assert "failing now: 1 source, 2 agents" in words([failures.summary(model, [], NOW)])


def test_sprawl_counts_a_resource_once_however_many_rules_found_it() -> None:
    found = (
        finding(key("1")),
        finding(key("1"), RuleName.NO_END),
        finding(key("2"), RuleName.NO_END, usd_per_day=None),
    )
    model = model_of(resource("1"), resource("2", agent="a"), findings=found)
    assert "3 findings   >=$2.40~ a day" in words([sprawl.summary(model)])
    rules = rows_of(sprawl.rules_table(model, NOW))
    assert set(rules) == {rule.value for rule in SPRAWL_RULES}
    assert (rules["no-end"]["FOUND"], rules["no-end"]["$/DAY"]) == ("2", ">=2.40~")
    assert (rules["idle"]["FOUND"], rules["idle"]["$/DAY"]) == ("0", "-")
    rows = rows_of(sprawl.findings_table(model, NOW))
    assert len(rows) == 3
    assert [row["$/DAY"] for row in rows.values()] == ["2.40~", "2.40~", "?"]
    assert len(rows_of(sprawl.findings_table(model, NOW, rule=RuleName.ORPHAN))) == 1
    assert words([sprawl.summary(model_of())]).startswith("0 findings")


def a_plan_of(verb: Verb, *resources: Resource, params: Params = NO_PARAMS, **changes: object) -> tuple[str, TableView]:
    model = model_of(*resources, **changes)
    made = plan_for_agents(verb, list(model.fleet.values()), statuses=model.statuses, now=NOW, params=params)
    context = plan.PlanContext(fleet="prod", production=False, hidden=("x", "y"))
    return words(plan.plan_lines(made, model, context)), plan.plan_table(made, model, NOW)


def test_a_plan_says_what_happens_what_stays_and_what_it_saves() -> None:
    text, table = a_plan_of(
        Verb.KILL,
        resource("1", agent="a", usd="1.5", region="us"),
        resource("2", agent="a", source="daytona", usd=None),
        resource("3", agent="b", can=RUNS_CAN - {Capability.KILL}),
        resource("m", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE),
        statuses=(status("daytona", ok_s=100),),
    )
    rows = rows_of(table)
    assert [row["WHAT HAPPENS"] for row in rows.values()][:2] == ["kill", "kill"]
    assert [row["SEEN"] for row in rows.values()] == ["STALE 1m40s", "fresh 2s", "fresh 2s"]
    assert "left out: e2b cannot kill this sandbox" in [row["WHAT HAPPENS"] for row in rows.values()]
    assert "hidden 2 marked rows are hidden by the filter: x, y" in text
    assert "joined a: one agent in several sources by its label alone" in text
    assert "stays  memory scope m (mem0)" in text
    assert "saves  >=$1.50~ an hour (1 of 2 have no known price)" in text
    assert "ask it to stop, 30s later kill" in text


@pytest.mark.parametrize(
    ("verb", "params", "shown"),
    [
        (Verb.KILL, Params(now=True), "at once, without asking it to stop"),
        (Verb.EXTEND, Params(extend_s=5400), "its end is then 1h30m from now"),
        (Verb.REASSIGN, Params(assign=((AssignmentField.TEAM, None),)), "team = nobody"),
        (Verb.REASSIGN, Params(task_to="b"), "its task goes to b"),
        (Verb.PAUSE, NO_PARAMS, "undo   resume"),
    ],
)
def test_a_plan_says_how(verb: Verb, params: Params, shown: str) -> None:
    text, _ = a_plan_of(verb, resource("1", agent="a"), params=params)
    assert shown in text


def test_a_plan_of_nothing_confirms_nothing() -> None:
    model = model_of(resource("1", agent="a"))
    made = plan_for_agents(Verb.RESUME, list(model.fleet.values()), statuses=model.statuses, now=NOW)
    table = plan.plan_table(made, model, NOW)
    assert plan.nothing_to_confirm(made, plan.PlanContext(fleet="prod", production=False)) == "there is nothing to do"
    assert [row["WHAT HAPPENS"] for row in rows_of(table).values()] == ["left out: it is not paused"]


def test_titles_count() -> None:
    model = model_of(resource("1", agent="a"), resource("2", agent="a", source="local", kind=Kind.PROCESS))
    both = plan_for_agents(Verb.KILL, [model.fleet["a"]], statuses=model.statuses, now=NOW)
    assert plan.title(both) == "KILL 2 resources"
    assert plan.title(replace(both, targets=both.targets[:1])) == "KILL 1 sandbox"
    assert plan.title(replace(both, targets=both.targets[:1] * 2)) == "KILL 2 sandboxes"
    assert plan.title(replace(both, targets=both.targets[1:] * 2)) == "KILL 2 processes"
    assert plan.title(replace(both, targets=())) == "KILL nothing"


def a_record(**changes: object) -> ActionRecord:
    record = ActionRecord(
        action_id=ActionId("i.0"), intent_id=IntentId("i"), verb=Verb.KILL, params=NO_PARAMS,
        target=resource("s1").target, name="a", actor="kim", host="h", via="console", why="",
        submitted_at=NOW - timedelta(seconds=5), not_after=NOW,
    )  # fmt: skip
    return replace(record, **changes)  # type: ignore[arg-type]


def test_outcomes_tell_failures_first() -> None:
    records = [
        a_record(outcome=Done(detail="gone")),
        a_record(action_id=ActionId("i.1"), state=ActionState.STARTED),
        a_record(action_id=ActionId("i.2"), outcome=Refused(RefusalReason.REPLACED, "another life")),
        a_record(action_id=ActionId("i.3"), outcome=Failed(FailureClass.TIMEOUT, "no answer")),
    ]
    lines = words(outcomes.outcome_lines(records, NOW)).splitlines()
    assert lines == [
        "kill a (e2b): failed, timeout: no answer",
        "kill a (e2b): refused, replaced: another life",
        "kill a (e2b): under way, asked 5s ago",
        "kill a (e2b): done, gone",
    ]
    model = model_of(resource("s1", agent="ci-fix-07"))
    assert words(outcomes.outcome_lines(records[:1], NOW, model)) == "kill ci-fix-07 (e2b a): done, gone"
    assert outcomes.summary(records) == "kill: 1 done, 1 refused, 1 failed, 1 under way (3 of 4 settled)"
    assert not outcomes.settled(records)


def test_the_detail_tells_why_what_next_and_what_stays() -> None:
    box = resource("s1", agent="a", phase=Phase.STUCK, team="ci", ends_in_s=300, raw="started")
    model = model_of(
        box,
        resource("m", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE, usd=None),
        totals=(total("a", "18.4", team="ci"), total("a", "2", team="ci", side=Side.BILLED)),
        findings=(finding(box.key, RuleName.NO_END),),
    )
    text = words(detail.detail_lines(model, model.fleet["a"], NOW))
    for part in (
        "who    team ci  claimed by label fleet.agent",
        "why    STUCK for 11m00s: test, raw state started",
        "found  no timeout or auto-stop, for 3h00m",
        "next   give it an end",
        "holds  sandbox s1 (e2b, STUCK)",
        "stays  memory scope m (mem0)",
        "spent  $18.40 today (reported), $0.10~ an hour now (estimated)",
        "billed $2.00 today, apart from what it cost",
        "ends   ends in 5m00s, at 2026-11-22 12:05Z",
        "seen   e2b now",
    ):
        assert part in text
    assert "dirty" not in text


def test_unsaved_work_is_a_matter_of_agents_on_this_machine() -> None:
    model = model_of(resource("p1", agent="a", source="local", kind=Kind.PROCESS, usd=None))
    text = words(detail.detail_lines(model, model.fleet["a"], NOW))
    assert "dirty  unsaved work is looked for when a kill or restart is planned" in text


def test_what_ends_soon_has_a_next_step() -> None:
    for ends_in_s, shown in ((300, "its provider ends it soon: extend it, or let it end"), (7200, "nothing")):
        model = model_of(resource("s1", agent="a", ends_in_s=ends_in_s))
        assert detail.next_step(model, model.fleet["a"], NOW) == shown


def test_who_waits_at_a_terminal_of_ours_is_answered_there() -> None:
    box = resource("p1", agent="a", source="local", kind=Kind.PROCESS, phase=Phase.WAITING, detail={"terminal": "yes"})
    model = model_of(box)
    assert detail.next_step(model, model.fleet["a"], NOW) == "it waits for a person: fleet-tui attach a"


def test_a_table_as_text_is_aligned_and_cut_to_a_width() -> None:
    columns = (
        Column(name="NAME", width=6, priority=0),
        Column(name="$", width=5, align=Align.RIGHT),
        Column(name="X", width=9),
    )
    rows: list[tuple[Cell, ...]] = [
        (word("a"), word("1.5"), word("end")),
        (word("much-longer"), word("10.25"), word("")),
    ]
    assert table_text(columns, rows) == [
        "NAME            $ X",
        "a             1.5 end",
        "much-longer 10.25",
    ]
    assert table_text(columns, rows, width=12) == ["NAME       $", "a        1.5", "much-… 10.25"]
