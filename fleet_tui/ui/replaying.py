"""The part of the app that goes back in time: one moment at a time, rebuilt in a thread, beside the live fleet."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ports import FleetReader, StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told

if TYPE_CHECKING:
    from fleet_tui.views.past import PastFleet

Find = Callable[[FleetReader], datetime | None]
"""The moment to show; None: there is none. Run in a thread."""


@dataclass
class PastBuilt(Message):
    """A past moment is rebuilt; None: it cannot be."""

    past: "PastFleet | None"


class ReplayingApp(ConsoleApp):
    """Only looks: the live model takes its deltas in meanwhile and is what verbs act on."""

    def action_at(self, word: str) -> None:
        """The fleet at a moment: `14:05`, `2026-11-26T14:05`, `2h` ago."""
        from fleet_tui.domain.moment import MomentError, moment_of

        try:
            moment = moment_of(word, self.session.now())
        except MomentError as error:
            self.say(safe_line(str(error)), bad=True)
            return
        self._show_moment(moment)

    def action_step_back(self) -> None:
        """The fleet before the newest recorded change."""
        now = self.session.now()
        self._rebuild(lambda reader: reader.at(now).earlier)

    def action_step_forward(self) -> None:
        """There is nothing newer than now."""
        self.say(SafeText("this is live: { steps back to the change before"))

    def _show_moment(self, moment: datetime) -> None:
        self._rebuild(lambda _: moment)

    def _rebuild(self, find: Find) -> None:
        from fleet_tui.views.past import KEPT, past_fleet

        reader, join = self.session.reader, self.session.join
        statuses = dict(self.model.statuses)

        def build() -> None:
            past = None
            try:
                if (moment := find(reader)) is None:
                    self.post_message(Told(SafeText("nothing older is recorded"), bad=True))
                else:
                    watched = reader.watched(since=moment - 2 * KEPT)
                    past = past_fleet(reader.at(moment), watched, statuses, join=join)
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))
            self.post_message(PastBuilt(past))

        self.run_worker(build, thread=True, group="past")

    def on_past_built(self, message: PastBuilt) -> None:
        """Show it, in the screen that is there or in a new one."""
        from fleet_tui.ui.screens.past import PastScreen

        screen = self.screen
        if isinstance(screen, PastScreen):
            if message.past is None:
                screen.failed()
            else:
                screen.show(message.past)
        elif message.past is not None and not self.in_front:
            ascii_only = self.fleet_pane.ascii_only
            front = self.push_screen
            front(PastScreen(message.past, self.session, go=self._show_moment, front=front, ascii_only=ascii_only))
