"""The part of the app that finds: filters, the command line, the palette, and the way back to where one has been."""

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar, runtime_checkable

from textual import events
from typing_extensions import override

from fleet_tui.domain.filter import Filter
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.commanding import CommandingApp
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.places import Place
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table_keys import Counted
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import cut, said, word

if TYPE_CHECKING:
    from fleet_tui.ui.widgets.command_bar import CommandBar
    from fleet_tui.ui.widgets.filter_bar import FilterBar, Filtered
    from fleet_tui.ui.widgets.palette_bar import PaletteBar, Picked
    from fleet_tui.ui.widgets.prompt import HelpAsked

FILTER_SIGN: Final = "/"
COMMAND_SIGN: Final = ":"
LEAVING: Final = frozenset({"enter", "escape"})
"""Keys after which the next one may belong to something else."""
_Bar = TypeVar("_Bar", "FilterBar", "CommandBar", "PaletteBar")


@runtime_checkable
class Heard(Protocol):
    """A line that is typed into."""

    async def heard(self) -> None:
        """Wait until every key that was sent to it is done with, for a moment."""
        ...


class FindingApp(CommandingApp):
    """What is typed is remembered; where one was is come back to."""

    narrowed: Line
    _filter_bar: "FilterBar | None" = None
    """Once it was opened."""
    _opened_at: Place | None = None
    """Where one stood when the filter was opened."""

    @override
    async def on_event(self, event: events.Event) -> None:
        line = self.focused if isinstance(event, events.Key) and event.key in LEAVING else None
        await super().on_event(event)
        if isinstance(line, Heard):
            # The key behind goes where this one leads, and letters before it are in the line.
            await line.heard()

    async def _bar(self, kind: type[_Bar]) -> _Bar:
        """A bar; it is mounted when it is first opened."""
        async with self.mounting:
            there = self.query(kind)
            if there:
                return there.first()
            bar = kind()
            await self.mount(bar, before=self.outcome)
            return bar

    async def action_filter(self) -> None:
        """Type a filter for the view that is shown."""
        from fleet_tui.ui.widgets.filter_bar import FilterBar
        from fleet_tui.views.vocabulary import Vocabulary

        self._opened_at = self.pane.place()
        history = self.session.history.lines(FILTER_SIGN)
        self._filter_bar = await self._bar(FilterBar)
        self._filter_bar.open(self.pane.filter, Vocabulary(self.model), history)
        self._tell_count()

    def on_filtered(self, message: "Filtered") -> None:
        """Show what matches."""
        message.stop()
        self.pane.narrow(message.chosen)
        if message.done:
            self._remember(FILTER_SIGN, message.line)
            if self._opened_at is not None and not self._opened_at.same_rows(self.pane.place()):
                self.places.leave(self._opened_at)
            self._opened_at = None
            self._tell_narrowed()

    def on_counted(self, message: Counted) -> None:
        """Other rows are let through."""
        message.stop()
        self._tell_count()
        self._tell_narrowed()

    @property
    def _filtering(self) -> bool:
        return self._filter_bar is not None and self._filter_bar.display

    def _tell_count(self) -> None:
        bar = self._filter_bar
        if bar is not None and bar.display and (count := self.pane.count) is not None:
            bar.tell_count(*count)

    def _tell_narrowed(self) -> None:
        """What narrows a table is told under it; FLEET, and who draws from a narrowed model, say so above."""
        pane = self.pane
        count = pane.count if pane.narrowed and pane is not self.fleet_pane else None
        self.narrowed.set_class(count is not None and not self._filtering, "told")
        if count is not None:
            shown, every = count
            cells = (
                word(f"{pane.view.value.upper()} filter ", Role.DIM),
                said(pane.filter.text, Role.STRONG),
                word(f"   {shown} of {every}   esc clears it", Role.DIM),
            )
            self.narrowed.show(*cut(cells, max(1, self.size.width)))

    @override
    def shown_another(self) -> None:
        super().shown_another()
        self._tell_narrowed()

    def _remember(self, sign: str, line: str) -> None:
        history = self.session.history
        if line and history.keep(sign, line):
            self.write(history.save)

    async def action_command(self) -> None:
        """Type a command."""
        await self._type_command("")

    async def _type_command(self, line: str) -> None:
        from fleet_tui.ui.commander import Commander
        from fleet_tui.ui.widgets.command_bar import CommandBar
        from fleet_tui.views.vocabulary import Vocabulary

        complete = partial(Commander(self).completed, Vocabulary(self.model))
        history = self.session.history.lines(COMMAND_SIGN)
        bar = await self._bar(CommandBar)
        bar.open(line, complete=complete, carry_out=self._commanded, history=history)

    async def _commanded(self, line: str) -> str:
        from fleet_tui.ui.commander import Commander
        from fleet_tui.ui.commands import CommandError

        try:
            await Commander(self).carry_out(line)
        except CommandError as error:
            return str(error)
        self._remember(COMMAND_SIGN, line)
        return ""

    async def action_palette(self) -> None:
        """Find anything by its letters."""
        from fleet_tui.ui.commands import commands_of
        from fleet_tui.ui.palette import entries_of, found_steps
        from fleet_tui.ui.widgets.palette_bar import PaletteBar

        entries, model = entries_of(commands_of(self.actions), self.theme_names()), self.model
        bar = await self._bar(PaletteBar)
        bar.open(lambda letters: found_steps(letters, entries, model.fleet, model.names.of))

    async def on_picked(self, message: "Picked") -> None:
        """Go there, run it, or have the rest of it typed."""
        from fleet_tui.ui.commander import Commander
        from fleet_tui.ui.commands import CommandError

        message.stop()
        entry = message.entry
        if entry.handle is not None:
            await self._go_to_agent(entry.handle)
        elif entry.unfinished:
            await self._type_command(f"{entry.line} ")
        else:
            try:
                await Commander(self).carry_out(entry.line)
            except CommandError as error:
                self.say(safe_line(str(error)), bad=True)

    async def _go_to_agent(self, handle: str) -> None:
        if handle not in self.model.fleet:
            self.say(SafeText("that agent is gone"))
            return
        self.places.leave(self.pane.place())
        await self.show_view(View.FLEET)
        pane = self.fleet_pane
        if handle not in pane.ranking:
            pane.widen()
        pane.land(handle)

    def action_aliases(self) -> None:
        """Every command and its other names."""
        from fleet_tui.ui.commands import commands_of
        from fleet_tui.ui.screens.help import AliasScreen

        self.push_screen(AliasScreen(commands_of(self.actions)))

    def on_help_asked(self, message: "HelpAsked") -> None:
        """The words of the line that is typed into; it stays as it is."""
        from fleet_tui.ui.screens.help import filter_lines
        from fleet_tui.ui.screens.text import TextScreen

        message.stop()
        if self._filtering:
            self.push_screen(TextScreen(SafeText("words of a filter"), filter_lines()))
        else:
            self.action_aliases()

    async def action_place_back(self) -> None:
        """The place before this one."""
        await self._go(self.places.back(self.pane.place()), SafeText("there is nothing to go back to"))

    async def action_place_forward(self) -> None:
        """The place that one came back from."""
        await self._go(self.places.forward(self.pane.place()), SafeText("there is nothing ahead"))

    async def action_last_view(self) -> None:
        """The view before this one."""
        view = self.places.last_view(self.pane.place())
        if view is None:
            self.say(SafeText("no other view was shown yet"))
        else:
            await self.action_view(view.value)

    async def _go(self, place: Place | None, otherwise: SafeText) -> None:
        if place is None:
            self.say(otherwise)
            return
        if place.view is not self.pane.view:
            await self.show_view(place.view)
        self.pane.restore(place)
        self._tell_narrowed()

    @override
    def narrow_to(self, chosen: Filter) -> None:
        """Narrow the view that is shown, as a place of its own."""
        here = self.pane.place()
        self.pane.narrow(chosen)
        if not here.same_rows(self.pane.place()):
            self.places.leave(here)
        self._tell_narrowed()
