"""Sorts long lists in small steps, so that a caller can draw between them; the old order stands until the last step."""

from collections.abc import Callable, Generator, Sequence
from typing import Final, TypeVar

CHUNK_ROWS: Final = 8192
SORTED_AT_ONCE: Final = 16 * CHUNK_ROWS
"""So many rows are sorted within some 30 ms, in half the time that steps take."""

T = TypeVar("T")
PackedKeys = Sequence[int] | Sequence[str] | Sequence[bytes] | Sequence[float | str]
"""One precomputed sort key per row, all of one type: comparing them needs no Python code."""


def sort_steps(
    packed: PackedKeys, start: Sequence[int] | None = None, *, descending: bool = False, chunk: int = CHUNK_ROWS
) -> Generator[None, None, list[int]]:
    """Return the row numbers in the order of their keys, stable against `start` (by default 0, 1, 2..).

    Yields after each piece of work of a few milliseconds. Starting from the last order makes a new sort cheap:
    list.sort itself finds sorted runs and merges them, both in linear time.
    """
    rows = list(range(len(packed)) if start is None else start)
    key: Callable[[int], float | str | bytes] = packed.__getitem__
    runs: list[list[int]] = []
    for begin in range(0, len(rows), chunk):
        run = rows[begin : begin + chunk]
        run.sort(key=key, reverse=descending)
        runs.append(run)
        yield
    while len(runs) > 1:
        merged: list[list[int]] = []
        for one in range(0, len(runs), 2):
            both = [row for run in runs[one : one + 2] for row in run]
            both.sort(key=key, reverse=descending)
            merged.append(both)
            yield
        runs = merged
    return runs[0] if runs else []


def key_steps(keys: Sequence[str], packed: PackedKeys, *, descending: bool = False) -> Generator[None, None, list[str]]:
    """The same, returning the rows' keys in their order, as a table takes them."""
    rows = yield from sort_steps(packed, descending=descending)
    yield
    return [keys[row] for row in rows]


def finished(steps: Generator[None, None, T]) -> T:
    """All steps at once, and what they return."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
