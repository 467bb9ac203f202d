"""What an operator's files beside fleet.toml say of a console: theme, keys, columns and plugins, read strictly."""

from collections.abc import Callable, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

from textual.theme import Theme

from fleet_tui.config.columns import ColumnsOfView, load_columns
from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import Document
from fleet_tui.config.paths import COLUMNS_FILE, KEYMAP_FILE, PLUGINS_FILE, THEMES_DIR
from fleet_tui.config.plugins import Plugin, load_plugins
from fleet_tui.config.strict import nearest
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.mapping import clash, key_name, read_keymap, with_keys
from fleet_tui.ui.keys.table import WITH_ROWS, KeyAction, View
from fleet_tui.ui.themes import DEFAULT, Themes
from fleet_tui.views.arranging import Arranged
from fleet_tui.views.columns import Column

ColumnsOf = Callable[[View], Sequence[Column]]
"""The columns of a view's tables."""

_PLUGIN: Final = "plugin"


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
    plugins: tuple[Plugin, ...] = ()
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
            _trouble(lambda: self._read_keys(folder)),
            _trouble(lambda: self._read_plugins(folder)),
            _trouble(lambda: self._read_columns(folder, known)),
        )
        return [trouble for trouble in troubles if trouble]

    def changed(self) -> bool:
        """Whether any of the files is another than when it was read."""
        return self.folder is not None and self._stamps != self._stamped(self.folder)

    def _stamped(self, folder: Path) -> dict[Path, tuple[int, int] | None]:
        own = self.themes.file(self.theme)
        files = [folder / KEYMAP_FILE, folder / COLUMNS_FILE, folder / PLUGINS_FILE, *([own] if own else [])]
        return {file: _stamp(file) for file in files}

    def _read_keys(self, folder: Path) -> None:
        plain = read_keymap(folder / KEYMAP_FILE, ACTIONS)
        self.actions = (*plain, *(one for one in self.actions if one.id.startswith(f"{_PLUGIN}.")))
        self._keys = plain

    def _read_plugins(self, folder: Path) -> None:
        actions = self._keys
        document, plugins = load_plugins(folder / PLUGINS_FILE)
        kept: list[Plugin] = []
        for index, plugin in enumerate(plugins):
            action = _plugin_action(document, index, plugin)
            if trouble := clash(action, actions):
                raise document.error(f"plugin {plugin.name}: `key` {trouble}", (_PLUGIN, index, "key"))
            if not (plugin.dangerous and self.read_only):
                actions = (*actions, action)
                kept.append(plugin)
        self.actions, self.plugins = actions, tuple(kept)

    def _read_columns(self, folder: Path, known: ColumnsOf) -> None:
        document, said = load_columns(folder / COLUMNS_FILE)
        views = {view.value: view for view in View}
        read: dict[View, Arranged] = {}
        for name, one in said.items():
            if name not in views:
                raise document.error(f"there is no view `{name}`{nearest(name, list(views))}", (name,))
            read[views[name]] = _arranged(document, name, one, known(views[name]))
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


def _plugin_action(document: Document, index: int, plugin: Plugin) -> KeyAction:
    at = (_PLUGIN, index)
    views = frozenset(View)
    for name in plugin.scope:
        if name not in views:
            hint = nearest(name, [view.value for view in View])
            raise document.error(f"plugin {plugin.name}: `scope`: there is no view `{name}`{hint}", (*at, "scope"))
    scope = frozenset(View(name) for name in plugin.scope) & WITH_ROWS or WITH_ROWS
    key = None if plugin.key is None else key_name(plugin.key)
    if plugin.key is not None and key is None:
        raise document.error(f'plugin {plugin.name}: `key` is a key, like "f5" or "ctrl+x"', (*at, "key"))
    action = KeyAction(
        keys=(),
        shown=f":{plugin.name}",
        label=plugin.name,
        help=plugin.words,
        action=f"plugin('{plugin.name}')",
        id=f"{_PLUGIN}.{plugin.name}",
        views=scope,
    )
    return action if key is None else with_keys(action, (key,))


def _arranged(document: Document, view: str, said: ColumnsOfView, columns: Sequence[Column]) -> Arranged:
    by_name = {column.name.casefold(): column for column in columns}

    def named(name: str, key: str) -> Column:
        found = by_name.get(name.casefold())
        if found is None:
            known = [column.name for column in columns]
            hint = nearest(name, known) or f"; it has {', '.join(dict.fromkeys(known))}"
            raise document.error(f"{view}: `{key}`: there is no column `{name}`{hint}", (view, key))
        return found

    for name in said.hide:
        if named(name, "hide").priority == 0:
            raise document.error(f"{view}: `hide`: {name} is what a row is known by, and stays", (view, "hide"))
    return Arranged(
        order=tuple(dict.fromkeys(named(name, "order").name for name in said.order)),
        hide=frozenset(named(name, "hide").name for name in said.hide),
        width={named(name, "width").name: cells for name, cells in said.width.items()},
    )
