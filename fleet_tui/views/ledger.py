"""The counted money of each day, by agent, team and source, as the store's totals say it."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import date
from typing import Final

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.views.amounts import Sum
from fleet_tui.views.ordering import finished

_AT_ONCE: Final = 2000
"""Agents of one piece."""
_Key = tuple[str, SourceName, Side, str]


class _Running:
    """The sum of one day and side, moved along with each total."""

    def __init__(self) -> None:
        self._lines: Counter[str] = Counter()
        self._amounts: Counter[str] = Counter()
        self._bases: Counter[Basis] = Counter()
        self._unpriced = 0

    def move(self, total: DayTotal, step: int) -> None:
        self._lines[total.currency] += step
        self._amounts[total.currency] += step * total.amount_micro
        for basis in total.bases:
            self._bases[basis] += step
        self._unpriced += step * total.unpriced_lines

    @property
    def empty(self) -> bool:
        return not any(self._lines.values())

    def sum(self) -> Sum:
        return Sum(
            amounts={code: self._amounts[code] for code, lines in self._lines.items() if lines},
            bases={basis for basis, count in self._bases.items() if count},
            unpriced=self._unpriced,
        )


class Ledger:
    """Day totals. A total that comes again replaces the one before it, and one that rests on nothing takes it away:
    what all moved elsewhere is not a zero that somebody told.
    """

    def __init__(self) -> None:
        self._by_agent: dict[date, dict[str, dict[_Key, DayTotal]]] = {}
        self._fleet: dict[tuple[date, Side], _Running] = {}
        self._keys: dict[_Key, _Key] = {}
        """One object for each, which thousands of agents share."""

    def take(self, totals: Iterable[DayTotal]) -> set[str]:
        """Take totals in; give the agents they are about."""
        agents: set[str] = set()
        for total in totals:
            new = (total.team, total.source, total.side, total.currency)
            key = self._keys.setdefault(new, new)
            mine = self._by_agent.setdefault(total.day, {}).setdefault(total.agent, {})
            running = self._fleet.setdefault((total.day, total.side), _Running())
            if (before := mine.pop(key, None)) is not None:
                running.move(before, -1)
            if total.bases:
                running.move(total, 1)
                mine[key] = total
            elif not mine:
                self._forget(total)
            agents.add(total.agent)
        return agents

    def _forget(self, total: DayTotal) -> None:
        """Nothing is known any more of an agent's day, nor of the day where it was the only one."""
        of_day = self._by_agent[total.day]
        del of_day[total.agent]
        if not of_day:
            del self._by_agent[total.day]

    def of_day(self, day: date, side: Side = Side.COST) -> Iterator[DayTotal]:
        for by_key in self._by_agent.get(day, {}).values():
            for total in by_key.values():
                if total.side is side:
                    yield total

    def still(self, day: date) -> "Ledger":
        """The totals of one day as they are now; those of the other days go on."""
        copied = Ledger()
        copied._by_agent = dict(self._by_agent)
        copied._fleet = dict(self._fleet)
        if day in copied._by_agent:
            copied._by_agent[day] = {agent: dict(by_key) for agent, by_key in copied._by_agent[day].items()}
        return copied

    def pieces(self, days: Iterable[date], side: Side = Side.COST) -> Iterator[list[DayTotal]]:
        """The totals of several days, some at a time; between two pieces the ledger may take more in."""
        for day in days:
            books = list(self._by_agent.get(day, {}).values())
            for begin in range(0, len(books), _AT_ONCE):
                piece = books[begin : begin + _AT_ONCE]
                yield [total for by_key in piece for total in by_key.values() if total.side is side]

    def pieces_of(self, agents: Iterable[str]) -> Iterator[list[DayTotal]]:
        """All totals of these agents, every day and side, some at a time."""
        names = list(agents)
        for book in list(self._by_agent.values()):
            for begin in range(0, len(names), _AT_ONCE):
                piece = (book.get(name, {}) for name in names[begin : begin + _AT_ONCE])
                yield [total for by_key in piece for total in by_key.values()]

    def days(self) -> tuple[date, ...]:
        """The days of which anything is known, oldest first."""
        return tuple(sorted(self._by_agent))

    def over(self, days: Iterable[date], side: Side = Side.COST) -> Sum | None:
        """Everything of several days and one side; None where not one line is known."""
        return added(sum_ for day in days if (sum_ := self.fleet(day, side)) is not None)

    def by_over(self, key: Callable[[DayTotal], str], days: Iterable[date]) -> dict[str, Sum]:
        """What several days cost, grouped by whatever `key` says."""
        return finished(self.by_over_steps(key, days, Side.COST))

    def by_over_steps(
        self, key: Callable[[DayTotal], str], days: Iterable[date], side: Side = Side.COST
    ) -> Generator[None, None, dict[str, Sum]]:
        """The same in steps of some milliseconds."""
        groups: dict[str, Sum] = {}
        for totals in self.pieces(days, side):
            for total in totals:
                group = groups.setdefault(key(total), Sum())
                group.add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
            yield
        return groups

    def fleet(self, day: date, side: Side = Side.COST) -> Sum | None:
        """Everything of one day and side; None where not one line is known."""
        running = self._fleet.get((day, side))
        return None if running is None or running.empty else running.sum()

    def agent(self, agent: str, day: date, *, team: str | None = None, side: Side = Side.COST) -> Sum | None:
        """One agent's money of a day; `team` narrows it where two teams use one id."""
        mine = self._by_agent.get(day, {}).get(agent)
        if not mine:
            return None
        return _added(t for t in mine.values() if t.side is side and (team is None or t.team == team))


def added(sums: Iterable[Sum]) -> Sum | None:
    """Sums together; None where there is none."""
    result: Sum | None = None
    for one in sums:
        result = result or Sum()
        for currency, amount in one.amounts.items():
            result.add(amount, currency, one.bases)
        result.bases |= one.bases
        result.unpriced += one.unpriced
    return result


def _added(totals: Iterable[DayTotal]) -> Sum | None:
    result: Sum | None = None
    for total in totals:
        result = result or Sum()
        result.add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
    return result
