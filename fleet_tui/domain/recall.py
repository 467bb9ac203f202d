"""Remembers what each record of a listing was mapped to: a record that says the same again is not read again.

Decoding and mapping ten thousand records costs a quarter of a second, recognising their bytes half a millisecond. What
did not change is the same object as before, which the reconciler sees at once.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import compress, filterfalse
from operator import ne
from typing import Final, Generic, TypeVar

from fleet_tui.domain.payload import TooMuch

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)

MOST: Final = 100_000
"""Making rows of more would hold everything else up for seconds."""
_FEW: Final = 4
"""Up to one record in so many elsewhere than before is looked up one by one."""


class Recall(Generic[K, T]):
    """For one kind of record of one source, mapped by the record alone: not by the time, nor by other records.

    A record is its bytes, or a tuple of these and of whatever else it is mapped by.
    """

    def __init__(self, make: Callable[[K], T]) -> None:
        self._make = make
        self._made: dict[K, T] = {}
        self._records: list[K] = []
        self._rows: list[T] = []

    def rows(self, records: Sequence[K]) -> list[T]:
        """What the records of one whole listing mean, in their order. What was not listed is forgotten.

        What `make` raises goes through, and then nothing is remembered anew. Raises TooMuch for more than `MOST`.
        """
        if len(records) > MOST:
            raise TooMuch(f"it lists {len(records)} rows, and at most {MOST} are read")
        # A vendor lists in one order, so most records stand where they stood: comparing bytes is cheaper than hashing.
        same_length = len(records) == len(self._records)
        moved = list(compress(range(len(records)), map(ne, records, self._records))) if same_length else []
        if not same_length or len(moved) * _FEW > len(records):
            self._anew(records)
        elif moved:
            self._replace(records, moved)
        return self._rows.copy()

    def _replace(self, records: Sequence[K], moved: Sequence[int]) -> None:
        made = self._made
        fresh = {r: self._make(r) for r in filterfalse(made.__contains__, [records[index] for index in moved])}
        made.update(fresh)
        rows, kept = self._rows.copy(), self._records.copy()
        for index in moved:
            kept[index] = records[index]
            rows[index] = made[records[index]]
        self._records, self._rows = kept, rows
        # Records that nobody lists any more may pile up to as many as there are, then they go.
        if len(made) > 2 * len(records):
            self._made = dict(zip(kept, rows, strict=True))

    def _anew(self, records: Sequence[K]) -> None:
        made = self._made
        fresh = {record: self._make(record) for record in filterfalse(made.__contains__, records)}
        if fresh:
            made = {**made, **fresh}
        self._rows = list(map(made.__getitem__, records))
        self._records = list(records)
        self._made = dict(zip(self._records, self._rows, strict=True))


class RecallById(Generic[R, T]):
    """The same for records that come decoded and cannot be hashed: each is compared with the one of the same id."""

    def __init__(self, make: Callable[[R], T]) -> None:
        self._make = make
        self._made: dict[str, tuple[R, T]] = {}

    def rows(self, records: Mapping[str, R]) -> list[T]:
        """What the records of one whole listing mean, in their order. What was not listed is forgotten."""
        made: dict[str, tuple[R, T]] = {}
        for id_, record in records.items():
            known = self._made.get(id_)
            made[id_] = known if known is not None and known[0] == record else (record, self._make(record))
        self._made = made
        return [row for _, row in made.values()]
