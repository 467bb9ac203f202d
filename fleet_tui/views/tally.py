"""Counts and burn rate of the rows in FLEET, moved along with each row that changes."""

from collections import Counter

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.identity import Layer
from fleet_tui.domain.money import Basis
from fleet_tui.domain.phase import BURNING, ENDED, Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.views.amounts import SOFT, Sum


def rate_sum(resources: tuple[Resource, ...]) -> Sum:
    """What these cost an hour now; compute that burns without a known rate makes it an `at least`."""
    total = Sum()
    for resource in resources:
        add_rate(total, resource)
    return total


def add_rate(total: Sum, resource: Resource) -> None:
    """Add what one costs an hour now."""
    phase, rate = resource.phase.phase, resource.rate
    if phase in ENDED:
        return
    if rate is not None:
        amounts = total.amounts
        amounts[rate.currency] = amounts.get(rate.currency, 0) + rate.microusd_per_hour
        total.bases.add(rate.basis)
    elif phase in BURNING and resource.layer is Layer.COMPUTE:
        total.unpriced += 1


class Tally:
    """How many rows there are of each sort, and what they cost an hour together."""

    def __init__(self) -> None:
        self.agents = 0
        """Claimed rows."""
        self.unclaimed = 0
        self.phases: Counter[Phase] = Counter()
        self.unobserved = 0
        """Rows that run and that no source of work signals watches: never idle, never stuck."""
        self._amounts: Counter[str] = Counter()
        self._bases: Counter[Basis] = Counter()
        self._unpriced = 0

    def add(self, agent: Agent) -> None:
        self._move(agent, 1)

    def remove(self, agent: Agent) -> None:
        self._move(agent, -1)

    def _move(self, agent: Agent, step: int) -> None:
        if agent.claimed:
            self.agents += step
        else:
            self.unclaimed += step
        lead, resources = agent.lead, agent.resources
        if lead is not None:
            phase = lead.phase.phase
            self.phases[phase] += step
            if not lead.observes_work and phase in BURNING and not any(r.observes_work for r in resources):
                self.unobserved += step
        for resource in resources:
            if (rate := resource.rate) is None:
                if resource.phase.phase in BURNING and resource.layer is Layer.COMPUTE:
                    self._unpriced += step
            elif resource.phase.phase not in ENDED:
                self._amounts[rate.currency] += step * rate.microusd_per_hour
                self._bases[rate.basis] += step

    @property
    def rows(self) -> int:
        return self.agents + self.unclaimed

    def rate(self) -> Sum:
        """What the fleet costs an hour now."""
        return Sum(
            amounts={code: amount for code, amount in self._amounts.items() if amount or code == "usd"},
            bases={basis for basis, count in self._bases.items() if count},
            unpriced=self._unpriced,
        )

    @property
    def soft(self) -> bool:
        """Something in the rate is an estimate."""
        return any(self._bases[basis] for basis in SOFT)
