"""What should not exist: only after complete, healthy readings and a grace in watched time, and gone by itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.watch import Watch
from fleet_tui.domain.work import Quiet
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.sprawl import Found, Memory, Overlays, by_subject, look, recalled, whole_of
from tests.support.facts import NOW, resource

OWNED = {"agent": "x", "team": "t", "ends_in_s": 3600.0}


def picture(*rows: Resource, streak: int = 9, watched_min: float = 600, at: datetime = NOW) -> Picture:
    status = SourceStatus(
        name=SourceName("e2b"),
        provider="e2b",
        cadence_s=5.0,
        last_try_at=at,
        last_ok_at=at,
        last_complete_at=at,
        complete_streak=streak,
    )
    return picture_of(status, rows, (Watch(at - timedelta(minutes=watched_min), at),), known_before=True)


def found(
    seen: Picture,
    memory: Memory | None = None,
    *,
    silences: dict[tuple[Kind, str], Quiet] | None = None,
    overlays: Overlays | None = None,
    at: datetime = NOW,
) -> Found:
    whole = whole_of([(Layer.COMPUTE, seen)], at, lambda row: row.assignment.task)
    return look(
        seen,
        memory if memory is not None else Memory(),
        whole,
        silences=silences or {},
        overlays=overlays or {},
        now=at,
    )


def rules(result: Found) -> dict[str, set[str]]:
    by_row: dict[str, set[str]] = {}
    for finding in result.findings:
        by_row.setdefault(finding.subject.id, set()).add(finding.rule)
    return by_row


def owned(id_: str, **more: object) -> Resource:
    return resource(id_, **{**OWNED, **more})  # type: ignore[arg-type]


def test_what_nobody_claims_is_an_orphan() -> None:
    result = found(picture(resource("a", created_s=7200, ends_in_s=99), owned("b")))
    assert rules(result)["a"] >= {RuleName.ORPHAN, RuleName.UNLABELLED}
    assert "b" not in rules(result)
    orphan = next(f for f in result.findings if f.rule is RuleName.ORPHAN)
    assert orphan.microusd_per_day == 2_400_000
    assert orphan.since == NOW - timedelta(seconds=7200)


def test_money_without_a_team_is_a_matter_of_what_somebody_is_billed_for() -> None:
    more = {"created_s": 7200, "kind": Kind.PROCESS, "team": None}
    result = found(
        picture(owned("unpriced", usd=None, **more), owned("free", usd="0", **more), owned("priced", **more))
    )
    assert {id_ for id_, names in rules(result).items() if RuleName.UNLABELLED in names} == {"priced"}


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (lambda: picture(resource("a", created_s=7200), streak=2), "two readings are not three"),
        (lambda: picture(resource("a", created_s=1200)), "20 minutes are not 30"),
        (lambda: picture(resource("a", created_s=7200), watched_min=20), "unwatched time does not count"),
        (
            lambda: replace(
                picture(resource("a", created_s=7200)),
                status=replace(picture().status, failures=1),
            ),
            "its source fails",
        ),
    ],
)
def test_without_proof_nothing_is_an_orphan(seen: Callable[[], Picture], why: str) -> None:
    assert RuleName.ORPHAN not in rules(found(seen())).get("a", set()), why


def test_an_orphan_is_gone_by_itself_when_an_owner_shows_up() -> None:
    memory = Memory()
    row = resource("a", created_s=7200, ends_in_s=99, team="t")
    assert rules(found(picture(row), memory)) == {"a": {RuleName.ORPHAN}}
    overlays = by_subject([Overlay(subject=row.key.packed(), field=AssignmentField.OWNER, value="ann", set_by="ann")])
    gone = found(picture(row), memory, overlays=overlays)
    assert gone.findings == ()
    assert gone.gone == ((RuleName.ORPHAN, row.key),)


def test_a_label_that_was_taken_away_gets_the_whole_grace_again() -> None:
    memory = Memory()
    found(picture(resource("a", created_s=7200, agent="x")), memory)
    bare = resource("a", created_s=7200)
    assert RuleName.ORPHAN not in rules(found(picture(bare, at=NOW), memory)).get("a", set())
    early, late = NOW + timedelta(minutes=29), NOW + timedelta(minutes=31)
    assert RuleName.ORPHAN not in rules(found(picture(bare, at=early), memory, at=early)).get("a", set())
    kept = recalled(memory.packed())
    assert RuleName.ORPHAN in rules(found(picture(bare, at=late), kept, at=late))["a"], "over a restart too"


def test_a_finding_of_an_earlier_collector_that_no_longer_holds_is_gone() -> None:
    memory = Memory()
    found(picture(resource("a", created_s=7200)), memory)
    after = found(picture(owned("a")), recalled(memory.packed()))
    assert {rule for rule, _ in after.gone} >= {RuleName.ORPHAN, RuleName.UNLABELLED}


def test_a_finding_goes_with_its_row_and_is_told_only_once() -> None:
    memory = Memory()
    row = resource("a", created_s=7200, ends_in_s=99, team="t")
    assert found(picture(row), memory).findings
    assert found(picture(row), memory).findings == ()
    ended = replace(row, phase=replace(row.phase, phase=Phase.ENDED_OK))
    assert found(picture(ended), memory).gone == ((RuleName.ORPHAN, row.key),)
    assert memory.findings == {}


def test_silence_costs_only_where_something_is_billed() -> None:
    hour = Quiet(NOW - timedelta(minutes=61), 61 * 60)
    silences = {(Kind.SANDBOX, "a"): hour, (Kind.SANDBOX, "free"): hour, (Kind.SANDBOX, "unknown"): hour}
    rows = (owned("a"), owned("free", usd="0"), owned("unknown", usd=None))
    assert rules(found(picture(*rows), silences=silences)) == {"a": {RuleName.IDLE}}
    short = {(Kind.SANDBOX, "a"): Quiet(NOW - timedelta(minutes=59), 59 * 60)}
    assert rules(found(picture(*rows), silences=short)) == {}


def test_a_sandbox_without_an_end_is_found_unless_it_stops_by_itself() -> None:
    rows = (
        owned("a", ends_in_s=None),
        owned("stops", ends_in_s=None, detail={"auto_stop_min": "15"}),
        owned("never", ends_in_s=None, detail={"auto_stop_min": "0"}),
        owned("paused", ends_in_s=None, phase=Phase.PAUSED),
    )
    assert rules(found(picture(*rows))) == {"a": {RuleName.NO_END}, "never": {RuleName.NO_END}}


def test_paused_for_long_counts_the_providers_own_time_but_not_ours() -> None:
    told = owned("a", phase=Phase.PAUSED, since_s=8 * 86400.0, ends_in_s=None)
    seen = picture(told)
    assert rules(found(seen)) == {}
    kinds = {Kind.SANDBOX: replace(seen.kinds[Kind.SANDBOX], listed={"a": told})}
    assert rules(found(replace(seen, kinds=kinds))) == {"a": {RuleName.PAUSED_LONG}}


def test_of_two_agents_on_one_task_the_older_is_named() -> None:
    rows = (owned("old", task="t", created_s=3600.0), owned("new", task="t", agent="y", created_s=900.0))
    assert rules(found(picture(*rows))) == {"old": {RuleName.DUPLICATE_TASK}}
    same = (owned("one", task="t"), owned("two", task="t"))
    assert rules(found(picture(*same))) == {}


def test_a_memory_is_without_its_agent_only_when_all_compute_can_be_seen() -> None:
    scope = resource("m", kind=Kind.MEMORY_SCOPE, agent="x", team="t", created_s=7200)
    memories = replace(picture(scope), source=SourceName("mem0"))
    for compute, expected in (
        (picture(owned("a", agent="y")), {RuleName.MEMORY_WITHOUT_AGENT}),
        (picture(owned("a", agent="x")), set[str]()),
        (picture(owned("a", agent="y"), streak=1), set[str]()),
    ):
        whole = whole_of([(Layer.COMPUTE, compute), (Layer.MEMORY, memories)], NOW, lambda row: row.assignment.task)
        result = look(memories, Memory(), whole, silences={}, overlays={}, now=NOW)
        assert rules(result).get("m", set()) == expected
