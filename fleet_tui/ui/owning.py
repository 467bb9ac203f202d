"""The part of the app that is the operator's own: theme, keys, columns, mouse, header. Never what may be done."""

from typing import Final

from textual.app import App
from textual.binding import BindingsMap
from textual.timer import Timer
from typing_extensions import override

from fleet_tui.config.errors import ConfigError
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.driver import MouseDriver
from fleet_tui.ui.keymap import bindings
from fleet_tui.ui.messages import Reread
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.personal import Personal, briefly
from fleet_tui.ui.session import Session
from fleet_tui.ui.stylesheet import OnceParsed
from fleet_tui.ui.text import Line
from fleet_tui.ui.themes import DEFAULT, bundled_theme
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.views.arranging import PLAIN
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import said

LOOK_S: Final = 3.0
"""So seldom a theme file of the operator's own is looked at; nothing else of the kind ticks."""
TROUBLE_S: Final = 20.0


class OwningApp(ConsoleApp):
    """Reads the files beside fleet.toml when it opens, and again when told to; a wrong one changes nothing."""

    personal: Personal
    header: Line
    strip: Line
    _wide: bool = False
    _has_mouse: bool = True
    _theme_trouble: str = ""
    _looking: Timer | None = None

    def begin_own(self, session: Session, theme: str) -> None:
        """Before anything is drawn. A theme that cannot be used is told later and replaced by ours."""
        self.personal = Personal(folder=session.beside, read_only=session.read_only)
        self.actions = self.personal.actions
        try:
            found = self.personal.take_theme(theme)
        except ConfigError as error:
            self._theme_trouble = briefly(error)
            found = bundled_theme(DEFAULT)
        self.register_theme(found)
        self.theme = found.name
        self.stylesheet = OnceParsed(variables=self.get_css_variables())

    def show_own(self) -> None:
        """When the panes are there: keys, columns, header and mouse as the operator wants them."""
        self._tell([self._theme_trouble, *self._take_files()])
        self._show_header(shown=self.session.console.header)
        self._watch_file()
        if self.session.greeting:
            self.outcome.add_class("told")
            self.outcome.show(said(self.session.greeting, Role.KEY))

    def _take_files(self) -> list[str]:
        troubles = self.personal.read(lambda view: self.pane_of(view).columns())
        self.actions = self.personal.actions
        ours = BindingsMap(bindings(self.actions))
        self._bindings = BindingsMap.from_keys({**BindingsMap(App.BINDINGS).key_to_bindings, **ours.key_to_bindings})
        self.refresh_bindings()
        self._arrange()
        self.told_standing()
        return troubles

    def _tell(self, troubles: list[str]) -> None:
        for trouble in troubles:
            if trouble:
                self.say(safe_line(f"{trouble}; what was in force stays"), bad=True, for_s=TROUBLE_S)

    def _arrange(self) -> None:
        for pane in self.query(Pane):
            self.arrange(pane)

    @override
    def arrange(self, pane: Pane) -> None:
        key = next((action.shown for action in self.actions if action.id == "wide"), "")
        for table in pane.query(FleetTable):
            table.wish(self.personal.columns.get(pane.view, PLAIN), wide=self._wide, wide_key=key)

    def action_wide(self) -> None:
        """The columns that find no room, or those that do."""
        self._wide = not self._wide
        self._arrange()
        self.pane.refill()

    def action_header(self) -> None:
        """Hide the two lines on top, or show them."""
        self._show_header(shown=not self.header.display)

    def _show_header(self, *, shown: bool) -> None:
        self.header.display = self.strip.display = shown

    def action_mouse(self) -> None:
        """Let the terminal have the mouse, or take it again."""
        if isinstance(self._driver, MouseDriver):
            self._has_mouse = not self._has_mouse
            self._driver.switch_mouse(on=self._has_mouse)
        now = "the mouse is the console's" if self._has_mouse else "the mouse is the terminal's: select text with it"
        # What was said of it before is not so any more.
        self.clear_notifications()
        self.say(safe_line(now))

    def action_theme(self, name: str = "") -> None:
        """Draw in another theme: the named one, or the next."""
        names = self.personal.themes.names()
        now = names.index(self.personal.theme) if self.personal.theme in names else -1
        self._use_theme(name.strip() or names[(now + 1) % len(names)], told=True)

    def theme_names(self) -> tuple[str, ...]:
        """Ours and the operator's own."""
        return tuple(self.personal.themes.names())

    def _use_theme(self, name: str, *, told: bool = False) -> None:
        try:
            found = self.personal.take_theme(name)
        except ConfigError as error:
            self._tell([briefly(error)])
            return
        self.register_theme(found)
        if self.theme == found.name:
            # The same name in other colours: nothing would be noticed.
            self._watch_theme(found.name)
        self.theme = found.name
        self._watch_file()
        if told:
            self.clear_notifications()
            self.say(safe_line(f"theme {name}"))

    def _watch_file(self) -> None:
        """A theme that is a file of the operator's own is looked at while it is in force."""
        if self._looking is not None:
            self._looking.stop()
        self._looking = self.set_interval(LOOK_S, self.look_again) if self.personal.own_theme else None

    @override
    def look_again(self) -> None:
        """Read again what changed of the operator's own files."""
        if self.personal.changed():
            # What was wrong with them may be right by now.
            self.clear_notifications()
            self._tell(self._take_files())
            self._use_theme(self.personal.theme)

    def action_reload(self) -> None:
        """Read everything again: the files beside fleet.toml here, fleet.toml here and in the collector."""
        self.clear_notifications()
        self._tell(self._take_files())
        self._use_theme(self.personal.theme)
        self.run_worker(lambda: self.post_message(Reread(self.session.reread())), thread=True, group="reads")

    def on_reread(self, message: Reread) -> None:
        """Take it, or say why not."""
        if isinstance(message.found, str):
            self._tell([message.found])
            return
        theme = self.session.console.theme
        message.found(self.session)
        self.personal.read_only = self.session.read_only
        wanted = self.session.console.theme
        if wanted is not None and wanted != theme:
            self._use_theme(wanted)
        self._show_header(shown=self.session.console.header)
        self.told_standing()
        self.say(SafeText("the configuration was read again; the collector was told to do so too"))
