"""What an operator's files beside fleet.toml say of a console: theme, keys, columns and plugins, read strictly."""

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual.theme import Theme

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.paths import COLUMNS_FILE, KEYMAP_FILE, PLUGINS_FILE, THEMES_DIR
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.ui.themes import DEFAULT, Themes
from fleet_tui.views.arranging import Arranged
from fleet_tui.views.columns import Column

if TYPE_CHECKING:
    from fleet_tui.config.plugins import Plugin

ColumnsOf = Callable[[View], Sequence[Column]]
"""The columns of a view's tables."""

_PLUGIN: Final = "plugin"
_NO_PLUGINS: Final["tuple[Plugin, ...]"] = ()


@dataclass(kw_only=True)
class Personal:
    """What is in force. Reading a wrong file leaves what was in force and gives the sentence."""

    folder: Path | None
    """Where fleet.toml is, or would be; None: nothing is personal."""
    read_only: bool = False
    """Plugins that are dangerous are left out."""
    theme: str = DEFAULT
    actions: tuple[KeyAction, ...] = ACTIONS
    columns: dict[View, Arranged] = field(default_factory=dict[View, Arranged])
    plugins: "tuple[Plugin, ...]" = ()
    _keys: tuple[KeyAction, ...] = ACTIONS
    """The actions without plugins."""
    _stamps: dict[Path, tuple[int, int] | None] = field(default_factory=dict[Path, "tuple[int, int] | None"])

    @property
    def themes(self) -> Themes:
        return Themes(None if self.folder is None else self.folder / THEMES_DIR)

    @property
    def own_theme(self) -> bool:
        """The theme in force is a file that can change under our hands."""
        return self.themes.file(self.theme) is not None

    def take_theme(self, name: str) -> Theme:
        """Read a theme and let it be the one in force. Raises ConfigError, and then it is not."""
        theme = self.themes.theme(name)
        self.theme = name
        return theme

    def read(self, known: ColumnsOf) -> list[str]:
        """Read keys, plugins and columns; the sentences of what is wrong."""
        if self.folder is None:
            return []
        self._stamps = self._stamped(self.folder)
        folder = self.folder
        troubles = (
            _trouble(lambda: self._read_keys(folder / KEYMAP_FILE)),
            _trouble(lambda: self._read_plugins(folder / PLUGINS_FILE)),
            _trouble(lambda: self._read_columns(folder / COLUMNS_FILE, known)),
        )
        return [trouble for trouble in troubles if trouble]

    def changed(self) -> bool:
        """Whether any of the files is another than when it was read."""
        return self.folder is not None and self._stamps != self._stamped(self.folder)

    def _stamped(self, folder: Path) -> dict[Path, tuple[int, int] | None]:
        own = self.themes.file(self.theme)
        files = [folder / KEYMAP_FILE, folder / COLUMNS_FILE, folder / PLUGINS_FILE, *([own] if own else [])]
        return {file: _stamp(file) for file in files}

    def _read_keys(self, file: Path) -> None:
        plain = ACTIONS
        if file.exists():
            from fleet_tui.ui.keys.mapping import read_keymap

            plain = read_keymap(file, ACTIONS)
        self.actions = (*plain, *(one for one in self.actions if one.id.startswith(f"{_PLUGIN}.")))
        self._keys = plain

    def _read_plugins(self, file: Path) -> None:
        actions, plugins = self._keys, _NO_PLUGINS
        if file.exists():
            from fleet_tui.ui.wishes import read_plugins

            actions, plugins = read_plugins(file, actions, read_only=self.read_only)
        self.actions, self.plugins = actions, plugins

    def _read_columns(self, file: Path, known: ColumnsOf) -> None:
        read: dict[View, Arranged] = {}
        if file.exists():
            from fleet_tui.ui.wishes import read_columns

            read = read_columns(file, known)
        self.columns = read


def _trouble(step: Callable[[], None]) -> str:
    try:
        step()
    except ConfigError as error:
        return briefly(error)
    return ""


def briefly(error: ConfigError) -> str:
    """The sentence with the name of its file and the line: everybody knows where the file is."""
    where = "" if error.path is None else f"{error.path.name}:{error.line}: " if error.line else f"{error.path.name}: "
    return f"{where}{error.sentence}"


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
