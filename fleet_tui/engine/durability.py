"""What the engine asks of whatever runs its actions over crashes."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Protocol

from fleet_tui.domain.action import ActionId

Body = Callable[[ActionId], Awaitable[None]]


class Durable(Protocol):
    """Runs one body per action id until it has returned once, over crashes."""

    async def launch(self, body: Body) -> None:
        """Begin, and take up what an earlier process did not finish."""
        ...

    async def start(self, action_id: ActionId) -> None:
        """Run the body for this id, unless it runs or ran already."""
        ...

    async def again(self, action_ids: Collection[ActionId]) -> None:
        """Make sure that these, which have no outcome yet, run or will run."""
        ...

    async def tidy(self, before: datetime) -> None:
        """Forget what ended before."""
        ...

    async def close(self) -> None:
        """Stop; what did not finish goes on when it is launched again."""
        ...
