"""Where objects stand: insertion order, look-up by id, and Stripe's cursor pages, newest first."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fleet_tui.emulator.stripe.errors import invalid, no_such
from fleet_tui.emulator.stripe.forms import Params

MAX_LIMIT = 100
DEFAULT_LIMIT = 10
PAGE_PARAMS = frozenset({"limit", "starting_after", "ending_before"})


class Stood(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


S = TypeVar("S", bound=Stood)
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[R_co]):
    """One page of objects, newest first."""

    rows: Sequence[R_co]
    has_more: bool


class Shelf(Generic[S]):
    """All objects of one kind. With `group_of`, one group's objects are found without looking at the others."""

    def __init__(self, noun: str, *, group_of: Callable[[S], str] | None = None) -> None:
        self.noun = noun
        self._rows: dict[str, S] = {}
        self._order: list[str] = []
        self._position: dict[str, int] = {}
        self._groups: dict[str, list[int]] = {}
        self._group_of = group_of

    def put(self, row: S) -> None:
        """Add an object, or replace the one of that id where it stands."""
        if row.id not in self._position:
            self._position[row.id] = len(self._order)
            if self._group_of is not None:
                self._groups.setdefault(self._group_of(row), []).append(len(self._order))
            self._order.append(row.id)
        self._rows[row.id] = row

    def find(self, row_id: str) -> S | None:
        return self._rows.get(row_id)

    def get(self, row_id: str, *, param: str = "id") -> S:
        """The object; refused in Stripe's words when there is none."""
        row = self._rows.get(row_id)
        if row is None:
            raise no_such(self.noun, row_id, param=param)
        return row

    def remove(self, row_id: str) -> None:
        self._rows.pop(row_id, None)

    def __iter__(self) -> Iterator[S]:
        """Every object, oldest first."""
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, group: str) -> list[S]:
        """The objects of one group, newest first."""
        return [row for at in reversed(self._groups.get(group, [])) if (row := self._rows.get(self._order[at]))]

    def page(self, params: Params, keep: Callable[[S], bool] | None = None, *, group: str | None = None) -> Page[S]:
        """The page a list request asks for."""
        limit = limit_of(params)
        before, after = params.text("ending_before"), params.text("starting_after")
        if before and after:
            raise invalid("You may only specify one of these parameters: ending_before, starting_after.")
        places: Sequence[int] = range(len(self._order)) if group is None else self._groups.get(group, [])
        if before:
            newer = places[bisect_left(places, self._place(before, "ending_before") + 1) :]
            rows = self._walk(newer, limit, keep)
            return Page(rows=rows[:limit][::-1], has_more=len(rows) > limit)
        older = places[: bisect_left(places, self._place(after, "starting_after"))] if after else places
        rows = self._walk(reversed(older), limit, keep)
        return Page(rows=rows[:limit], has_more=len(rows) > limit)

    def _walk(self, places: "Iterator[int] | Sequence[int]", limit: int, keep: Callable[[S], bool] | None) -> list[S]:
        """One row more than asked for, so that the caller knows whether there are more."""
        rows: list[S] = []
        for place in places:
            row = self._rows.get(self._order[place])
            if row is not None and (keep is None or keep(row)):
                rows.append(row)
                if len(rows) > limit:
                    break
        return rows

    def _place(self, row_id: str, param: str) -> int:
        place = self._position.get(row_id)
        if place is None:
            raise no_such(self.noun, row_id, param=param)
        return place


def limit_of(params: Params) -> int:
    """How many rows a page may hold, 1 to 100."""
    limit = params.number("limit")
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        words = f"Invalid integer: limit must be between 1 and {MAX_LIMIT}"
        raise invalid(words, param="limit", code="parameter_invalid_integer")
    return limit


def in_range(params: Params, name: str) -> Callable[[int], bool]:
    """The test a time filter asks for: one second exactly, or gt, gte, lt and lte."""
    if not params.has(name):
        return lambda _: True
    if name in params.flat():
        exact = params.need_number(name)
        return lambda value: value == exact
    inner = params.inner(name)
    above, from_, below, until = (inner.number(bound) for bound in ("gt", "gte", "lt", "lte"))

    def within(value: int) -> bool:
        return (
            (above is None or value > above)
            and (from_ is None or value >= from_)
            and (below is None or value < below)
            and (until is None or value <= until)
        )

    return within
