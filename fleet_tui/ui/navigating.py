"""The part of the app that goes from pane to pane, sorts, and leaves."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.table import VIEW_KEYS, View
from fleet_tui.ui.messages import Looked, Told
from fleet_tui.ui.places import Places
from fleet_tui.ui.widgets.table import Activated, FleetTable
from fleet_tui.views.logs import logged

_VIEWS: Final = tuple(VIEW_KEYS)
_FROM_TABLE: Final = frozenset({"filter", "command", "palette", "view"})
"""Keys heard before what has the focus; in a line that is typed into they are letters."""
_VIEWS_OF: Final = {one.action.partition("(")[0]: one.views for one in ACTIONS}


class NavigatingApp(ConsoleApp):
    """Views, order, help, and the way out."""

    _read_s: float = 0.0
    _tail_of: Resource | None = None
    """Whose last log lines are wanted."""
    _tails_asked: int = 0
    _tail_read: bool = False
    """They are being read."""

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _FROM_TABLE and (self.in_front or not isinstance(self.focused, FleetTable)):
            # A table of the past stands in front of the panes: what is behind it is not what one looks at.
            return False
        views = _VIEWS_OF.get(action)
        return views is None or self.pane.view in views

    places: Places

    def shown_another(self) -> None:
        """Another pane is shown now."""
        raise NotImplementedError

    async def action_view(self, view: str) -> None:
        """Show a view; the one before is remembered."""
        here = self.pane.place()
        if here.view is not View(view):
            self.places.leave(here)
        await self.show_view(View(view))

    async def show_view(self, view: View) -> None:
        """Show a view."""
        self._greeted()
        await self.bring(view)
        self.pane.refill()
        self.screen.set_focus(self.pane.table)
        self.shown_another()
        self.read_for_pane()

    async def action_next_view(self) -> None:
        """Show the view after this one."""
        await self.action_view(_VIEWS[(_VIEWS.index(self.pane.view) + 1) % len(_VIEWS)])

    def read_for_pane(self) -> None:
        """What no delta carries is read when its pane is shown, in a thread."""
        pane, now = self.pane, self.session.now()
        if not pane.reads:
            return
        self._read_s = clock.monotonic_s()

        def read() -> None:
            try:
                self.post_message(Looked(pane.read(self.session.reader, now)))
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))

        self.run_worker(read, thread=True, group="reads")

    def reading_is_due(self) -> bool:
        """What the pane read is old."""
        every_s = self.pane.reads_every_s
        return every_s is not None and clock.monotonic_s() - self._read_s >= every_s

    def on_looked(self, message: Looked) -> None:
        """Draw it."""
        if self.screen_stack:
            # Else the console is being left, and what it would be drawn on is taken down already.
            message.draw()

    def draw_tail(self, agent: Agent | None) -> None:
        """The last log lines that the store holds of the row under the cursor. Asks nobody for newer ones: `l` does."""
        resource = None if agent is None else next(iter(logged(agent)), None)
        if resource is None or not self.panel.has_class("beside"):
            self._tail_of = None
            self.panel.tail([], SafeText("no log") if agent is not None else SafeText(""))
            return
        self._tail_of = resource
        self._tails_asked += 1
        if not self._tail_read:
            self._read_tail(resource)

    def _read_tail(self, resource: Resource) -> None:
        """In a thread: whoever loads a hundred thousand rows through the same reader keeps it for seconds."""
        self._tail_read = True
        asked, limit, reader = self._tails_asked, max(1, self.panel.size.height), self.session.reader

        def read() -> None:
            try:
                found = reader.log_tail(resource.key, limit=limit)
            except StoreError:
                found = ()
            self.post_message(Looked(partial(self._show_tail, resource, found, asked)))

        self.run_worker(read, thread=True, group="reads")

    def _show_tail(self, resource: Resource, found: Sequence[tuple[datetime | None, str]], asked: int) -> None:
        self._tail_read = False
        wanted = self._tail_of
        if wanted is not None and wanted.key == resource.key:
            lines = [safe_line(text, 400) for _, text in found]
            said = (SafeText("log of "), safe_line(resource.name, 40), SafeText(" (l follows it)"))
            self.panel.tail(lines, safe_join(said))
        if wanted is not None and asked != self._tails_asked:
            self._read_tail(wanted)

    def action_sort_step(self, by: int) -> None:
        """Sort by the column beside."""
        self.fleet_pane.ranking.step(by, self.fleet_pane.table.shown_columns)
        self.fleet_pane.resort()

    def action_sort(self, order: str) -> None:
        """Sort by a column."""
        self.fleet_pane.sort_by(order)

    def action_sort_reverse(self) -> None:
        """Turn the order round."""
        ranking = self.fleet_pane.ranking
        ranking.descending = not ranking.descending
        self.fleet_pane.resort()

    def action_faults(self) -> None:
        """Faults only, or everything again."""
        ranking = self.fleet_pane.ranking
        ranking.faults_only = not ranking.faults_only
        self.fleet_pane.resort()

    def action_freeze(self) -> None:
        """Hold the table still, or bring everything that came meanwhile."""
        self.fleet_pane.freeze()
        self.told_standing()

    def action_follow(self) -> None:
        """Let the page go where the row under the cursor goes, or no more."""
        pane = self.fleet_pane
        pane.follows = not pane.follows
        pane.table.follow(pane.follows)
        pane.tell_status(self.session.now())

    def action_zoom(self) -> None:
        """The pane on the whole screen, or within its frame."""
        self.screen.toggle_class("zoomed")

    def action_window_of_time(self) -> None:
        """Look at the next window of time."""
        self.pane.next_window()
        self.read_for_pane()

    def action_group(self) -> None:
        """Group the money by the next thing."""
        self.pane.next_group()

    async def on_activated(self, message: Activated) -> None:
        """Enter: the story of the row."""
        from fleet_tui.ui.screens.text import TextScreen

        message.stop()
        pane = self.pane
        if pane.opens():
            return
        if (handle := pane.row_in_fleet()) is not None:
            await self._go_to_row(handle)
        elif pane.handle_under_cursor() is not None and not pane.tells:
            self.run_action_soon("detail")
        elif (chosen := pane.leads_to()) is not None:
            self.fleet_pane.narrow(chosen)
            await self.action_view(View.FLEET.value)
        elif (story := pane.story()) is not None:
            self.push_screen(TextScreen(*story))

    async def _go_to_row(self, handle: str) -> None:
        """Show an agent's row in FLEET; what hides it is let go."""
        await self.action_view(View.FLEET.value)
        if not self.fleet_pane.table.move_to_key(handle):
            await self.action_up()
            if not self.fleet_pane.table.move_to_key(handle):
                self.say(SafeText("its row is not in FLEET any more"))

    async def action_attend(self) -> None:
        """Show what needs somebody."""
        await self.action_view(View.ATTENTION.value)

    def run_action_soon(self, action: str) -> None:
        """Run one of the app's own actions."""
        self.call_later(self.run_action, action)

    def action_help(self) -> None:
        """The keys of this view."""
        from fleet_tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.pane.view, self.actions))

    async def action_up(self) -> None:
        """Clear what narrows this view; where nothing does, go back to FLEET. What was said leaves the screen."""
        self.clear_notifications()
        self._greeted()
        pane = self.pane
        if pane.narrowed:
            self.places.leave(pane.place())
            pane.widen()
        elif pane is not self.fleet_pane:
            await self.action_view(View.FLEET.value)

    def _greeted(self) -> None:
        """What was said at first gives its line back."""
        if self.session.greeting:
            self.session.greeting = ""
            self.outcome.remove_class("told")

    async def action_leave(self) -> None:
        """Back to FLEET; from there out. Nothing that was accepted is lost."""
        if self.pane is not self.fleet_pane:
            await self.action_view(View.FLEET.value)
        else:
            self.exit()

    def action_interrupt(self) -> None:
        """Out at once; what stands in front is cancelled first."""
        if self.in_front:
            self.screen.dismiss(None)
        else:
            self.exit()
