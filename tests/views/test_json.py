"""`--json` has the keys it promises, exact texts, RFC 3339 times, decimal strings, and null for what is absent."""

from decimal import Decimal

from fleet_tui.domain.action import Verb
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.plan import plan_for_agents
from fleet_tui.views.as_json import agent_rows, basis_word, outcome_words, plan_rows, resource_row, time_text
from fleet_tui.views.model import FleetModel
from tests.support.facts import NOW, RUNS_CAN, next_delta, resource, status, total, whole

PROMISED = {
    "source",
    "provider",
    "layer",
    "kind",
    "id",
    "agent",
    "name",
    "phase",
    "phase_since",
    "raw_state",
    "seen_at",
    "stale",
    "owner",
    "team",
    "task",
    "parent",
    "labels",
    "region",
    "created_at",
    "ends_at",
    "usd_per_hour",
    "usd_today",
    "basis",
    "capabilities",
}


def a_model() -> FleetModel:
    model = FleetModel()
    model.apply(
        whole(
            resource("s1", agent="a", team="ci", task="x", labels={"k": "v"}, region="us", ends_in_s=60, usd="1.25"),
            resource("s2", source="daytona", usd=None, since_s=None, created_s=None),
            resource("m1", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE, usd=None),
        ),
        NOW,
    )
    model.apply(next_delta(2, totals=(total("a", "3.10", team="ci"),), statuses=(status("daytona", ok_s=None),)), NOW)
    return model


def test_every_element_has_what_is_promised() -> None:
    model = a_model()
    rows = agent_rows(model, sorted(model.fleet), NOW)
    resources = [resource_row(model, one, NOW) for one in model.resources.values()]
    for element in [*rows, *resources, *rows[0]["resources"]]:
        assert set(element) >= PROMISED
    assert all("resources" in element for element in rows)
    assert not any("resources" in element for element in resources)


def test_an_agent_speaks_for_all_it_has() -> None:
    model = a_model()
    (mine,) = agent_rows(model, ["a"], NOW)
    assert (mine["id"], mine["agent"], mine["phase"], mine["team"]) == ("s1", "a", "running", "ci")
    assert (mine["usd_per_hour"], mine["usd_today"], mine["basis"]) == ("1.25", "3.1", "estimated")
    assert Decimal(mine["usd_today"]) == Decimal("3.10")
    assert (mine["phase_since"], mine["seen_at"]) == ("2026-11-22T11:49:00Z", "2026-11-22T11:59:58Z")
    assert [one["id"] for one in mine["resources"]] == ["s1", "m1"]
    assert mine["labels"] == {"k": "v"}


def test_absent_is_null() -> None:
    model = a_model()
    row = next(row for row in agent_rows(model, model.fleet, NOW) if not row["claimed"])
    absent = ["agent", "owner", "team", "task", "parent", "region", "phase_since", "created_at", "ends_at", "seen_at"]
    absent += ["usd_per_hour", "usd_today"]
    assert [row[name] for name in absent] == [None] * len(absent)
    assert row["stale"] is True
    assert row["basis"] == "unpriced"
    assert basis_word(None) is None


def test_a_plan_has_one_element_per_row() -> None:
    model = FleetModel()
    model.apply(
        whole(
            resource("s1", agent="a"),
            resource("s2", agent="a", can=RUNS_CAN - {Capability.KILL}),
            resource("m1", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE),
        ),
        NOW,
    )
    plan = plan_for_agents(Verb.KILL, [model.fleet["a"]], statuses=model.statuses, now=NOW)
    assert {row["id"]: row["outcome"] for row in plan_rows(plan)} == {"s1": "planned", "s2": "left_out", "m1": "stays"}


def test_outcomes_in_words() -> None:
    assert outcome_words(None) == (None, None)
    assert outcome_words(Done()) == ("done", None)
    assert outcome_words(Done(confirmed_after_restart=True)) == ("done", "confirmed after a restart")
    assert outcome_words(Refused(RefusalReason.GONE, "it has ended")) == ("refused", "gone: it has ended")
    word, reason = outcome_words(Failed(FailureClass.TIMEOUT, "no answer", uncertain=True))
    assert word == "failed"
    assert reason == "timeout: no answer; uncertain: nobody can tell whether it took effect"


def test_times_are_rfc_3339_in_utc() -> None:
    assert time_text(NOW) == "2026-11-22T12:00:00Z"
    assert time_text(NOW.replace(microsecond=500_000)) == "2026-11-22T12:00:00.500Z"
    assert time_text(None) is None
