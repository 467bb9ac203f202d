"""Mem0's filter language: AND, OR, NOT, comparisons and wildcards over one memory; which scopes a filter stays in."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fleet_tui.emulator.mem0_book import Memory, MemoryBook, ScopeKey, ScopeKind
from fleet_tui.emulator.mem0_http import as_date, as_list, as_object

_SCOPE_FIELDS = {kind.field: kind for kind in ScopeKind}
_ANY = "*"
_OPERATORS = frozenset({"in", "gte", "lte", "gt", "lt", "contains", "icontains", "ne"})

Filters = Mapping[str, object]


def scopes_of(filters: Filters, book: MemoryBook) -> set[ScopeKey] | None:
    """The scopes outside of which nothing can match; None when the filter names no entity positively."""
    found: set[ScopeKey] | None = None
    for name, value in filters.items():
        here = _scopes_of_term(name, value, book)
        if here is not None:
            found = here if found is None else min(found, here, key=len)
    return found


def single_scope(filters: Filters) -> ScopeKey | None:
    """The one scope a filter is about when it says nothing else, so that a count needs no row."""
    terms = dict(filters)
    while set(terms) == {"AND"}:
        inner = as_list(terms["AND"]) or []
        only = as_object(inner[0]) if len(inner) == 1 else None
        if only is None:
            return None
        terms = only
    if len(terms) != 1:
        return None
    name, value = next(iter(terms.items()))
    kind = _SCOPE_FIELDS.get(name)
    return (kind, value) if kind and isinstance(value, str) and value != _ANY else None


def matches(filters: Filters, memory: Memory) -> bool:
    """Whether the memory passes every term."""
    return all(_term(name, value, memory) for name, value in filters.items())


def within(book: MemoryBook, filters: Filters, now: datetime) -> list[Memory]:
    """The memories that pass the filter, each once, newest first within a scope."""
    rows: dict[str, Memory] = {}
    for key in sorted(scopes_of(filters, book) or ()):
        rows.update((row.id, row) for row in book.rows(key, now) if matches(filters, row))
    return list(rows.values())


def passes(memory: Memory, body: Mapping[str, object], now: datetime) -> bool:
    """Whether the memory passes what stands beside the filters: dates, categories, keywords, expiry."""
    start, end = as_date(body.get("start_date")), as_date(body.get("end_date"))
    categories, keywords = as_list(body.get("categories")), body.get("keywords")
    made_on = memory.created_at.date()
    return (
        (body.get("show_expired") is True or memory.visible(now.date()))
        and (start is None or made_on >= start)
        and (end is None or made_on <= end)
        and (not categories or any(name in categories for name in memory.categories))
        and (not isinstance(keywords, str) or keywords.lower() in memory.text.lower())
    )


def _scopes_of_term(name: str, value: object, book: MemoryBook) -> set[ScopeKey] | None:
    if name in {"AND", "OR"}:
        parts = [scopes_of(part, book) for part in _parts(value)]
        known = [part for part in parts if part is not None]
        if not known or (name == "OR" and len(known) < len(parts)):
            return None
        return set[ScopeKey]().union(*known) if name == "OR" else min(known, key=len)
    kind = _SCOPE_FIELDS.get(name)
    if kind is None:
        return None
    if value == _ANY:
        return {(scope.kind, scope.id) for scope in book.scopes() if scope.kind is kind}
    if isinstance(value, str):
        return {(kind, value)}
    wanted = as_list((as_object(value) or {}).get("in"))
    return {(kind, str(item)) for item in wanted} if wanted else None


def _parts(value: object) -> list[dict[str, object]]:
    one = as_object(value)
    if one is not None:
        return [one]
    return [part for item in as_list(value) or [] if (part := as_object(item)) is not None]


def _term(name: str, value: object, memory: Memory) -> bool:
    match name:
        case "AND":
            return all(matches(part, memory) for part in _parts(value))
        case "OR":
            return any(matches(part, memory) for part in _parts(value))
        case "NOT":
            return not any(matches(part, memory) for part in _parts(value))
        case "metadata":
            wanted = as_object(value) or {}
            return all(memory.metadata.get(key) == item for key, item in wanted.items())
        case _:
            return _compared(_actual(name, memory), value)


def _actual(name: str, memory: Memory) -> object:
    kind = _SCOPE_FIELDS.get(name)
    if kind is not None:
        return memory.owner.get(kind)
    match name:
        case "created_at":
            return memory.created_at
        case "updated_at":
            return memory.updated_at
        case "categories":
            return list(memory.categories)
        case "keywords" | "memory":
            return memory.text
        case "id" | "memory_id":
            return memory.id
        case _:
            return memory.metadata.get(name)


def _compared(actual: object, wanted: object) -> bool:
    operators = as_object(wanted)
    if operators is not None and operators and set(operators) <= _OPERATORS:
        return all(_operator(operator, actual, operand) for operator, operand in operators.items())
    if wanted == _ANY:
        return actual is not None
    if isinstance(actual, list):
        return wanted in actual
    return actual == wanted


def _operator(operator: str, actual: object, operand: object) -> bool:
    match operator:
        case "ne":
            return actual != operand
        case "in":
            return actual in (as_list(operand) or [])
        case "contains":
            return str(operand) in _words(actual)
        case "icontains":
            return str(operand).lower() in _words(actual).lower()
        case _:
            return _ordered(operator, actual, operand)


def _words(actual: object) -> str:
    parts = as_list(actual)
    return " ".join(str(part) for part in parts) if parts is not None else str(actual or "")


def _ordered(operator: str, actual: object, operand: object) -> bool:
    left, right = _number(actual), _number(operand)
    if left is None or right is None:
        return False
    match operator:
        case "gt":
            return left > right
        case "gte":
            return left >= right
        case "lt":
            return left < right
        case _:
            return left <= right


def _number(value: object) -> float | None:
    """Numbers as they are, times as Unix seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, int | float):
        return float(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
