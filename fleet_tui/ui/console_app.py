"""What every part of the console's app stands on: session, model, the pane that is shown, how to say something."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual.css.query import NoMatches
from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.action import Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.feed import Feed
from fleet_tui.ui.guarded import GuardedApp
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.ui.messages import Submitted, Told
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.panes.beside import pane_class
from fleet_tui.ui.panes.fleet import FleetPane
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line, toast
from fleet_tui.ui.widgets.panel import Panel
from fleet_tui.ui.widgets.panes import Panes
from fleet_tui.ui.writes import Writes
from fleet_tui.views.model import FleetModel

if TYPE_CHECKING:
    from fleet_tui.views.proposal import Proposal

TOAST_S: Final = 6.0


class ConsoleApp(GuardedApp[None]):
    """Knows the fleet and which pane is shown; draws nothing."""

    session: Session
    model: FleetModel
    feed: Feed
    fleet_pane: FleetPane
    panel: Panel
    outcome: Line
    actions: tuple[KeyAction, ...]
    """What keys mean here, after the operator's own keymap."""

    panes: Panes
    unheard: list[SafeText]
    """What went wrong when the screen was gone already, for whoever opened the console to say."""

    writes: Writes
    """What is being written to the store, for whoever opened the console to wait for."""

    _made: dict[View, Pane]
    mounting: asyncio.Lock
    """A key that asks for what another one has begun to mount waits until it is whole."""

    @property
    def pane(self) -> Pane:
        """The pane that is shown."""
        shown = None
        with contextlib.suppress(NoMatches):
            # The panes are taken down while a last timer may still ask.
            shown = self.panes.visible_content
        return shown if isinstance(shown, Pane) else self.fleet_pane

    def pane_of(self, view: View) -> Pane:
        """The pane of a view, made when it is first asked for; `bring` mounts it."""
        made = self._made.get(view)
        if made is None:
            made = self._made[view] = pane_class(view)(self.model, self.session, ascii_only=self.ascii_only)
        return made

    async def bring(self, view: View) -> None:
        """Let the pane of a view be the one that is shown."""
        pane = self.pane_of(view)
        async with self.mounting:
            if not pane.is_attached:
                await self.panes.add_content(pane)
                self.arrange(pane)
        self.panes.current = view.value

    def arrange(self, pane: Pane) -> None:
        """Give the tables of a pane the columns that the operator wants."""
        raise NotImplementedError

    @property
    def in_front(self) -> bool:
        """A dialog or another screen stands in front of the panes."""
        return len(self.screen_stack) > 1

    def say(self, text: SafeText, *, bad: bool = False, for_s: float = TOAST_S) -> None:
        toast(self, text, severity="error" if bad else "information", timeout_s=for_s)

    def agent_under_cursor(self) -> Agent | None:
        """The agent a key means, resolved now; says so where there is none."""
        handle = self.pane.handle_under_cursor()
        agent = None if handle is None else self.model.agents.get(handle)
        if agent is None:
            self.say(SafeText("no agent is under the cursor"))
        return agent

    def meant(self, verb: Verb) -> tuple[Agent, ...] | str:
        """Whom a verb means now: the marked agents, else the one under the cursor; or why nobody."""
        pane = self.pane
        if pane.lost() and not pane.table.marks:
            # The row under the cursor was never meant.
            return f"what was marked is not there any more: {', '.join(pane.lost())}; U forgets it"
        agents = tuple(self.model.agents[handle] for handle in pane.chosen() if handle in self.model.agents)
        return agents or f"nothing to {verb}: no agent is marked or under the cursor"

    def write(self, what: Callable[[], object]) -> None:
        """Write to the store in a thread; trouble is told, never raised."""

        def attempt() -> None:
            try:
                what()
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))

        self.run_worker(self.writes.counted(attempt), thread=True, group="writes")

    @override
    def post_message(self, message: Message) -> bool:
        taken = super().post_message(message)
        if not taken and isinstance(message, Told) and message.bad:
            self.unheard.append(message.text)
        elif not taken and isinstance(message, Submitted) and message.refused:
            self.unheard.append(safe_line(message.refused))
        return taken

    def on_told(self, message: Told) -> None:
        """Say it."""
        self.say(message.text, bad=message.bad)

    def look_again(self) -> None:
        """Read again what changed of the operator's own files."""
        raise NotImplementedError

    def show_plan(self, proposal: "Proposal", hidden: tuple[str, ...] = ()) -> None:
        """Show the plan of a verb, and submit what is confirmed of it."""
        raise NotImplementedError

    def told_standing(self) -> None:
        """The header and the footer show what this console may do."""
        raise NotImplementedError
