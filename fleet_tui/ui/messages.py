"""What workers tell the app. Handlers draw; workers never do."""

from collections.abc import Callable

from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.session import Session


class FleetPolled(Message):
    """The store was read; what changed waits in the feed. One is as good as many."""

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FleetPolled)


class RowPicked(Message):
    """The cursor stands on another agent, or on none; or something was marked."""


@dataclass
class StoreTrouble(Message):
    """The store cannot be read now; what is shown is the last known state. Empty: it can be read again."""

    sentence: str


@dataclass
class Submitted(Message):
    """An order is in the store, or was not taken; then `refused` says why. `told` says of it what its rows do not."""

    intent_id: str
    rows: int
    refused: str = ""
    told: str = ""


@dataclass
class Looked(Message):
    """Something was read, or looked through, beside the loop; `draw` shows it and belongs into a handler."""

    draw: Callable[[], None]


@dataclass
class Reread(Message):
    """The configuration was read again: what takes it into a session, or the sentence that says why not."""

    found: Callable[[Session], None] | str


class WindowMoved(Message):
    """The store has taken that the write window was opened or shut, or refused to."""


@dataclass
class Told(Message):
    """Something to say in a toast."""

    text: SafeText
    bad: bool = False
