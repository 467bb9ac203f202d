"""Mem0's filter language, term by term, and which scopes a filter can never leave."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fleet_tui.emulator.mem0_book import Memory, MemoryBook, ScopeKind
from fleet_tui.emulator.mem0_filters import matches, passes, scopes_of, single_scope, within

MADE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MEMORY = Memory(
    id="m-1",
    text="Deploys on Friday are forbidden",
    owner={ScopeKind.AGENT: "a-1", ScopeKind.RUN: "r-1"},
    metadata={"team": "ci", "level": 3},
    categories=("work", "rules"),
    created_at=MADE,
    updated_at=MADE,
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, True),
        ({"agent_id": "a-1"}, True),
        ({"agent_id": "a-2"}, False),
        ({"agent_id": "*"}, True),
        ({"user_id": "*"}, False),
        ({"agent_id": {"in": ["a-1", "a-2"]}}, True),
        ({"agent_id": {"ne": "a-1"}}, False),
        ({"AND": [{"agent_id": "a-1"}, {"run_id": "r-2"}]}, False),
        ({"OR": [{"agent_id": "a-9"}, {"run_id": "r-1"}]}, True),
        ({"NOT": [{"run_id": "r-1"}]}, False),
        ({"NOT": {"run_id": "r-2"}}, True),
        ({"metadata": {"team": "ci"}}, True),
        ({"metadata": {"team": "ci", "level": 4}}, False),
        ({"level": {"gte": 3, "lt": 4}}, True),
        ({"level": {"gt": 3}}, False),
        ({"level": {"lte": 2}}, False),
        ({"team": {"gt": 1}}, False),
        ({"team": "ci"}, True),
        ({"created_at": {"gte": "2026-03-02", "lte": "2026-03-02T09:00:00Z"}}, True),
        ({"updated_at": {"lt": "2026-03-02T09:00:00"}}, False),
        ({"categories": "rules"}, True),
        ({"categories": {"contains": "wor"}}, True),
        ({"categories": {"in": ["rules"]}}, False),
        ({"keywords": {"icontains": "friday"}}, True),
        ({"keywords": {"contains": "friday"}}, False),
        ({"memory_id": "m-1"}, True),
    ],
)
def test_a_term_means_what_the_vendor_says(filters: dict[str, Any], expected: bool) -> None:
    assert matches(filters, MEMORY) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, True),
        ({"start_date": "2026-03-02", "end_date": "2026-03-02"}, True),
        ({"start_date": "2026-03-03"}, False),
        ({"end_date": "2026-03-01"}, False),
        ({"end_date": "nonsense"}, True),
        ({"categories": ["rules", "other"]}, True),
        ({"categories": ["other"]}, False),
        ({"keywords": "FORBIDDEN"}, True),
        ({"keywords": "allowed"}, False),
    ],
)
def test_what_stands_beside_the_filters_narrows_further(body: dict[str, Any], expected: bool) -> None:
    assert passes(MEMORY, body, MADE) is expected


def test_a_memory_is_visible_on_its_last_day() -> None:
    assert MEMORY.visible(date(2030, 1, 1))
    assert not passes(
        Memory(
            id="m-2",
            text="x",
            owner={ScopeKind.AGENT: "a-1"},
            metadata={},
            categories=(),
            created_at=MADE,
            updated_at=MADE,
            expires_on=date(2026, 3, 1),
        ),
        {},
        MADE,
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"agent_id": "a-1"}, {("agent", "a-1")}),
        ({"agent_id": {"in": ["a-1", "x"]}}, {("agent", "a-1"), ("agent", "x")}),
        ({"agent_id": "*"}, {("agent", "a-1")}),
        ({"OR": [{"agent_id": "a-1"}, {"run_id": "r-1"}]}, {("agent", "a-1"), ("run", "r-1")}),
        ({"OR": [{"agent_id": "a-1"}, {"team": "ci"}]}, None),
        ({"AND": [{"team": "ci"}, {"run_id": "r-1"}]}, {("run", "r-1")}),
        ({"AND": [{"team": "ci"}]}, None),
        ({"NOT": [{"agent_id": "a-1"}]}, None),
        ({"team": "ci"}, None),
        ({"agent_id": {"ne": "a-1"}}, None),
        ({}, None),
    ],
)
def test_a_filter_stays_in_the_scopes_it_names_or_names_none(
    filters: dict[str, Any], expected: set[tuple[str, str]] | None
) -> None:
    book = MemoryBook()
    book.write(MEMORY)
    found = scopes_of(filters, book)
    assert (None if found is None else {(kind.value, name) for kind, name in found}) == expected


def test_a_memory_of_two_scopes_is_found_once() -> None:
    book = MemoryBook()
    book.write(MEMORY)
    assert within(book, {"OR": [{"agent_id": "a-1"}, {"run_id": "r-1"}]}, MADE) == [MEMORY]
    assert book.remove("m-1", MADE)
    assert not book.remove("m-1", MADE)
    assert within(book, {"run_id": "r-1"}, MADE) == []


@pytest.mark.parametrize(
    ("filters", "single"),
    [
        ({"agent_id": "a-1"}, True),
        ({"AND": [{"agent_id": "a-1"}]}, True),
        ({"AND": [{"AND": [{"agent_id": "a-1"}]}]}, True),
        ({"AND": [{"agent_id": "a-1"}, {"team": "ci"}]}, False),
        ({"agent_id": "*"}, False),
        ({"agent_id": "a-1", "team": "ci"}, False),
        ({"team": "ci"}, False),
    ],
)
def test_only_a_filter_about_one_scope_is_counted_without_reading_rows(filters: dict[str, Any], single: bool) -> None:
    assert single_scope(filters) == ((ScopeKind.AGENT, "a-1") if single else None)
