"""The whole story of an agent, and what is stored of it: complete, honest about what is stale, and without a key."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.resource import Event, pairs
from fleet_tui.views.book import text_of
from fleet_tui.views.model import FleetModel
from fleet_tui.views.raw import raw_lines
from fleet_tui.views.story import Past, story_lines
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, status, vitals, whole
from tests.support.models import words


def a_model() -> FleetModel:
    box = resource("sbx", agent="a", team="ci", labels={"env": "prod"}, detail={"cpu": "2"})
    box = replace(box, assignment=replace(box.assignment, parent="lead"), generation="3")
    memory = resource("mem", agent="a", kind=Kind.MEMORY_SCOPE, source="mem0", usd=None)
    child = resource("child", agent="kid")
    child = replace(child, assignment=replace(child.assignment, parent="a"))
    model = FleetModel()
    model.apply(whole(box, memory, child), NOW)
    model.apply(next_delta(2, vitals=(replace(vitals(box.key), cpu_percent=12.5),), findings=(finding(box.key),)), NOW)
    return model


def test_the_story_tells_holdings_on_every_layer_family_orders_failures_and_events() -> None:
    model = a_model()
    event = Event(event_id="1", at=NOW, source="e2b", key=key("sbx"), agent=None, type="paused", text="by kim")
    past = Past(events=(event,), failures=(failure(FailureClass.AUTH, text="401", of=key("sbx")),))
    text = words(story_lines(model, model.agents["a"], NOW, past))

    for part in (
        "holds: compute", "sandbox sbx", "run                 3", "cpu                 2", "label env           prod",
        "cpu, memory         12.5 %, ?, measured", "holds: memory", "memory scope mem", "family",
        "parent              lead is not in the fleet", "child               kid is RUN", "orders", "none is kept",
        "failures, 24 h: 1 failure", "auth e2b, list sandboxes: 401", "paused by kim",
    ):  # fmt: skip
        assert part in text, part


def test_what_is_still_being_read_is_said_so() -> None:
    model = a_model()

    assert "reading what happened" in words(story_lines(model, model.agents["a"], NOW, None))


def test_a_source_that_is_stale_stands_above_everything_it_said() -> None:
    model = a_model()
    model.apply(next_delta(3, statuses=(status(ok_s=300, failure=failure()),)), NOW)
    agent = model.agents["a"]

    for lines in (story_lines(model, agent, NOW, Past()), raw_lines(model, agent, NOW)):
        assert text_of(lines[0]) == "e2b UNREACHABLE 5m00s (429): what it says here may not be so any more"


def test_raw_is_json_of_the_agent_and_of_each_resource_as_stored() -> None:
    model = a_model()
    text = words(raw_lines(model, model.agents["a"], NOW))
    agent, *resources = _objects(text)
    box, memory = sorted(resources, key=lambda one: str(one["layer"]))

    assert agent["handle"] == "a"
    assert memory["layer"] == "memory"
    assert (box["generation"], box["labels"], box["detail"]) == ("3", {"env": "prod"}, {"cpu": "2"})
    assert box["phase"]["since"] == "2026-11-22T11:49:00Z"
    assert box["vitals"]["cpu_percent"] == 12.5
    assert box["findings"][0]["rule"] == "orphan"


def _objects(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    rest = text
    while "{" in rest:
        value, end = json.JSONDecoder().raw_decode(rest, rest.index("{"))
        found.append(value)
        rest = rest[end:]
    return found


def test_what_is_written_like_a_key_is_masked() -> None:
    secret = "sk_live_0123456789abcdef"
    box = replace(resource("x", agent="a"), detail=pairs({"command": f"run --token {secret}"}))
    model = FleetModel()
    model.apply(whole(box), NOW + timedelta(0))

    assert secret not in words(raw_lines(model, model.agents["a"], NOW))
