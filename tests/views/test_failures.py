"""FAILURES: incidents on top, each row with its story; SPRAWL: why, since when, for how much."""

from dataclasses import replace

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.failures import Window, open_incidents, open_table, story_of, summary
from fleet_tui.views.model import FleetModel
from fleet_tui.views.sprawl import finding_lines, findings_table
from fleet_tui.views.table_text import plain
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, status, whole


def a_fleet(*, phase: Phase = Phase.RUNNING) -> FleetModel:
    model = FleetModel()
    model.apply(whole(*(resource(f"s{number}", agent=f"a{number}", phase=phase) for number in range(4))), NOW)
    return model


def down() -> Failure:
    return failure(FailureClass.PROVIDER_DOWN, at_s=60)


def test_a_source_that_fails_is_one_incident_of_all_who_stand_on_it() -> None:
    model = a_fleet()
    model.apply(next_delta(2, statuses=(status(failure=down()),)), NOW)
    (told,) = open_incidents(model, [down()])
    view = open_table(model, NOW, told=(told,))
    assert [cell.text for cell in view.rows[0].cells][:3] == ["INCIDENT 4 agents", "provider_down", "1m"]
    text = "\n".join(plain(story_of(model, told.key, [down()], (told,), NOW)))
    assert "first 22 Nov 11:59:00Z" in text
    assert "4 agents stand on it: a0, a1, a2, a3" in text


def test_an_incident_that_is_over_says_so_and_stands_last() -> None:
    model = a_fleet(phase=Phase.STUCK)
    told = open_incidents(model, [down()])
    rows = open_table(model, NOW, told=told).rows
    assert rows[0].cells[0].text == "INCIDENT 4 agents"
    assert [cell.text for cell in rows[-1].cells][::4] == ["over: 4 agents", "nothing: it is over"]


def test_agents_that_fail_of_one_cause_at_one_time_are_one_incident() -> None:
    model = a_fleet(phase=Phase.ENDED_FAILED)
    (told,) = open_incidents(model, [])
    assert (told.state, told.source, len(told.incident.agents)) == ("FAILED", None, 4)
    model.apply(next_delta(2, resources=(resource("s0", agent="a0"), resource("s1", agent="a1"))), NOW)
    assert open_incidents(model, []) == ()


def test_a_failed_source_tells_its_failures_and_an_agent_its_story() -> None:
    model = a_fleet(phase=Phase.STUCK)
    other = replace(down(), source=key("x", source="mem0").source)
    assert "sandbox s0" in "\n".join(plain(story_of(model, "agent a0", [], (), NOW)))
    assert len(story_of(model, "source e2b", [down(), other], (), NOW)) == 1
    assert "w looks further back" in plain(story_of(model, "source e2b", [], (), NOW))[0]


def test_the_line_says_the_window_and_that_there_may_be_more() -> None:
    text = "".join(cell.text for cell in summary(a_fleet(), [down()], NOW, window=Window.WEEK, at_most=1))
    assert text.startswith(">=1 failure in 7 d")


def test_not_read_yet_is_not_the_same_as_nothing_fails() -> None:
    model = FleetModel()
    model.apply(next_delta(1, whole=True, statuses=(replace(status(ok_s=None), last_try_at=None),)), NOW)
    assert open_table(model, NOW).empty == "reading 1 source for the first time"
    assert findings_table(model, NOW).empty == "reading 1 source for the first time"
    assert open_table(a_fleet(), NOW).empty == "no source and no agent fails now"


def test_a_finding_says_why_since_when_and_for_how_much() -> None:
    model = a_fleet()
    found = (finding(key("s1"), RuleName.IDLE, usd_per_day="24"), finding(key("s1"), RuleName.UNLABELLED))
    model.apply(next_delta(2, findings=found), NOW)
    rows = findings_table(model, NOW).rows
    told = "\n".join(plain(finding_lines(model, rows[0].key, NOW)))
    assert "no owner in 3 complete readings   idle over 60 min: billed; no work for 60 watched minutes" in told
    assert "22 Nov 09:00Z, 3h00m ago   found after 3 complete readings and 1h00m watched" in told
    assert "$24.00~ a day, $3.00~ since then" in told
    assert "also    no team" in told
    assert "sandbox s1 (e2b, RUN)   id s1   of agent a1" in told
    gone = next_delta(3, gone_findings=((RuleName.IDLE.value, key("s1").packed()),))
    model.apply(gone, NOW)
    assert finding_lines(model, rows[0].key, NOW) == []
