"""STACK says only what was measured, and how much of it."""

from datetime import timedelta

import pytest

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.reach import Attempt, ReachHour, ReachKey, counted_in
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import TableView
from fleet_tui.views.stack import (
    Measured,
    chain_lines,
    measured,
    row_key,
    share_text,
    stack_detail,
    stack_rows,
    stack_table,
)
from fleet_tui.views.stack import fleet_standings as standings
from fleet_tui.views.table_text import plain
from tests.support.facts import NOW, failure, next_delta, resource, status, whole


def loaded() -> FleetModel:
    model = FleetModel()
    model.apply(
        whole(
            resource("s1", agent="a"),
            resource("s2", agent="b"),
            resource("m1", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE),
        ),
        NOW,
    )
    model.apply(next_delta(2, statuses=(status("mem0", ok_s=None), status("stripe"))), NOW)
    return model


def hours(source: str, *ends: FailureClass | None, ago_h: float = 1) -> list[ReachHour]:
    found: dict[ReachKey, ReachHour] = {}
    for end in ends:
        attempt = Attempt(
            source=SourceName(source),
            at=NOW - timedelta(hours=ago_h),
            operation="list",
            failure_class=end,
            latency_ms=120,
            covered_ms=5000,
        )
        counted_in(found, attempt)
    return list(found.values())


def row(table: TableView, provider: str) -> dict[str, str]:
    names = [column.name for column in table.columns]
    found = next(one for one in table.rows if one.key.endswith(provider))
    return dict(zip(names, (cell.text for cell in found.cells), strict=True))


def test_no_sample_no_figure() -> None:
    shown = row(stack_table(loaded(), Measured(), NOW), "e2b")
    assert (shown["OK 24h"], shown["READ"], shown["OK 7d"], shown["ANSWERS IN"]) == ("?", "0", "?", "?")
    assert (shown["AGENTS"], shown["HELD"], shown["NOW"]) == ("2", "2 sandboxes", "ok")


def test_a_figure_stands_beside_how_many_readings_it_rests_on() -> None:
    ends = [None] * 3 + [FailureClass.PROVIDER_DOWN, FailureClass.RATE_LIMITED]
    found = measured([*hours("e2b", *ends), *hours("e2b", *[None] * 4, ago_h=30)], (), NOW)
    shown = row(stack_table(loaded(), found, NOW), "e2b")
    assert (shown["OK 24h"], shown["READ"], shown["OK 7d"], shown["READ 7d"]) == ("75.00%", "4", "87.50%", "8")
    assert shown["ANSWERS IN"] == "120ms"


def test_haste_of_ours_and_a_refused_key_are_told_apart_in_the_detail() -> None:
    model = loaded()
    found = measured(hours("e2b", None, FailureClass.RATE_LIMITED, FailureClass.AUTH), (failure(),), NOW)
    key = row_key(standings(model)[0])
    text = "\n".join(plain(stack_detail(model, key, found)))
    assert "1 by our own haste, 1 by a refused key or account" in text
    assert "100% of 1 reading" in text
    assert "2 agents on it" in text
    assert stack_detail(model, "nobody", found) == []


def test_the_chain_is_unknown_where_one_of_it_was_not_measured() -> None:
    model = loaded()
    both = measured([*hours("e2b", None), *hours("mem0", None, FailureClass.TIMEOUT)], (), NOW)
    one = measured(hours("e2b", None), (), NOW)
    assert "all of them at once 50.00% in 24 h" in plain(chain_lines(model, both))[1]
    assert "mem0 costs most: 50.00%" in plain(chain_lines(model, both))[1]
    assert "? in 24 h" in plain(chain_lines(model, one))[1]
    assert "not measured: mem0" in plain(chain_lines(model, one))[1]


@pytest.mark.parametrize(
    ("share", "shown"), [(None, "?"), (1.0, "100%"), (0.99999, "99.99%"), (0.5, "50.00%"), (0.0, "0.00%")]
)
def test_only_what_never_failed_is_all_of_it(share: float | None, shown: str) -> None:
    assert share_text(share) == shown


def test_what_is_unknown_is_null_in_json() -> None:
    rows = {one["provider"]: one for one in stack_rows(loaded(), measured(hours("e2b", None), (), NOW), NOW)}
    assert rows["e2b"]["last_24h"]["availability"] == 1.0
    assert rows["mem0"]["last_24h"] == {
        "availability": None,
        "samples": 0,
        "answered": 0,
        "down": 0,
        "rate_limited": 0,
        "refused": 0,
        "watched_s": 0,
        "latency_mean_ms": None,
        "latency_max_ms": None,
    }
    assert (rows["stripe"]["layer"], rows["stripe"]["held"]) == (None, {})
