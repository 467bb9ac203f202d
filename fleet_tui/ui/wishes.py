"""Reads the operator's files of keys, plugins and columns: strictly, each as a whole or not at all."""

from collections.abc import Callable, Sequence
from pathlib import Path

from fleet_tui.config.columns import ColumnsOfView, load_columns
from fleet_tui.config.files import Document
from fleet_tui.config.plugins import Plugin, load_plugins
from fleet_tui.config.strict import nearest
from fleet_tui.ui.keys.mapping import clash, key_name, with_keys
from fleet_tui.ui.keys.table import WITH_ROWS, KeyAction, View
from fleet_tui.views.arranging import Arranged
from fleet_tui.views.columns import Column

PLUGIN = "plugin"


def read_plugins(
    file: Path, actions: tuple[KeyAction, ...], *, read_only: bool
) -> tuple[tuple[KeyAction, ...], tuple[Plugin, ...]]:
    """The actions with those of plugins behind them, and the plugins; `read_only` leaves out what is dangerous.

    Raises ConfigError.
    """
    document, plugins = load_plugins(file)
    kept: list[Plugin] = []
    for index, plugin in enumerate(plugins):
        action = _plugin_action(document, index, plugin)
        if trouble := clash(action, actions):
            raise document.error(f"plugin {plugin.name}: `key` {trouble}", (PLUGIN, index, "key"))
        if not (plugin.dangerous and read_only):
            actions = (*actions, action)
            kept.append(plugin)
    return actions, tuple(kept)


def read_columns(file: Path, known: Callable[[View], Sequence[Column]]) -> dict[View, Arranged]:
    """How the columns of each view are arranged. Raises ConfigError."""
    document, said = load_columns(file)
    views = {view.value: view for view in View}
    read: dict[View, Arranged] = {}
    for name, one in said.items():
        if name not in views:
            raise document.error(f"there is no view `{name}`{nearest(name, list(views))}", (name,))
        read[views[name]] = _arranged(document, name, one, known(views[name]))
    return read


def _plugin_action(document: Document, index: int, plugin: Plugin) -> KeyAction:
    at = (PLUGIN, index)
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
        id=f"{PLUGIN}.{plugin.name}",
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
