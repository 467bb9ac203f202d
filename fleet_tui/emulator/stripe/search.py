"""Stripe's search language: `field:value`, `~`, comparisons, `metadata["key"]`, negation, all by AND or all by OR."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from fleet_tui.emulator.stripe.errors import invalid

Record = Mapping[str, object]
"""What can be searched: fields by name, metadata under `metadata`."""

_CLAUSE = re.compile(
    r"""\s*(?P<not>-)?(?P<field>[a-z_]+)(?:\[(?P<quote>["'])(?P<key>.*?)(?P=quote)\])?\s*"""
    r"""(?P<op>:|~|>=|<=|>|<)\s*(?:(?P<vq>["'])(?P<text>(?:\\.|(?!(?P=vq)).)*)(?P=vq)|(?P<bare>[\w.-]+))\s*"""
)
_JOINER = re.compile(r"\s*(AND|OR)\b\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    field: str
    key: str | None
    operator: str
    value: str | None
    negated: bool

    def holds(self, record: Record) -> bool:
        return self._met(record) is not self.negated

    def _met(self, record: Record) -> bool:
        actual = record.get(self.field)
        if self.key is not None:
            actual = cast("Record", actual).get(self.key) if isinstance(actual, Mapping) else None
        if self.value is None or actual is None:
            return actual is None and self.value is None
        match self.operator:
            case ":":
                return str(actual).lower() == self.value.lower()
            case "~":
                return self.value.lower() in str(actual).lower()
            case _:
                return isinstance(actual, int) and _compared(self.operator, actual, self.value)


def parse_query(query: str, fields: frozenset[str]) -> Callable[[Record], bool]:
    """The test behind a query; refused in Stripe's words when it cannot be read."""
    clauses: list[_Clause] = []
    joiners: set[str] = set()
    at = 0
    while at < len(query.rstrip()):
        if clauses and (joiner := _JOINER.match(query, at)):
            joiners.add(joiner[1].upper())
            at = joiner.end()
        found = _CLAUSE.match(query, at)
        if found is None or found["field"] not in fields:
            raise invalid(f"We were unable to parse your search query: {query}", param="query")
        clauses.append(_clause(found))
        at = found.end()
    if not clauses or len(joiners) > 1:
        words = "`AND` and `OR` can not be combined" if joiners else "the query is empty"
        raise invalid(f"We were unable to parse your search query: {words}.", param="query")
    combine = any if joiners == {"OR"} else all
    return lambda record: combine(clause.holds(record) for clause in clauses)


def _clause(found: re.Match[str]) -> _Clause:
    bare = found["bare"]
    text = re.sub(r"\\(.)", r"\1", found["text"]) if found["text"] is not None else bare
    return _Clause(
        field=found["field"],
        key=found["key"],
        operator=found["op"],
        value=None if bare == "null" else text,
        negated=found["not"] is not None,
    )


def _compared(operator: str, actual: int, value: str) -> bool:
    try:
        wanted = float(value)
    except ValueError as broken:
        raise invalid(f"Numeric comparison needs a number, not {value}", param="query") from broken
    match operator:
        case ">":
            return actual > wanted
        case "<":
            return actual < wanted
        case ">=":
            return actual >= wanted
        case _:
            return actual <= wanted
