"""Commands of an operator's own on the row under the cursor, from plugins.toml: lists of words, never a shell."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from fleet_tui.config.files import Document, KeyPath, read_toml
from fleet_tui.config.strict import nearest, no_literal_secrets, settings_from

_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9-]{0,31}$")
_PLACEHOLDER: Final = re.compile(r"^\{([a-z_]+)\}$")
_BRACES: Final = re.compile(r"\{[A-Za-z_]*\}")
_VARIABLE: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
_KEPT: Final = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "NO_COLOR"),
    *("LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "TZ", "TMPDIR", "EDITOR", "PAGER"),
)
"""What of the environment a command gets without being told; no vendor's key is among them."""
END_OF_OPTIONS: Final = "--"


class Value(StrEnum):
    """What of a row a command can be given, each as a word of its own."""

    AGENT = "agent"
    ID = "id"
    SOURCE = "source"
    PROVIDER = "provider"
    KIND = "kind"
    OWNER = "owner"
    TEAM = "team"
    TASK = "task"


class RunIn(StrEnum):
    """Where a command runs."""

    TERMINAL = "terminal"
    """The console steps aside until it ends."""
    SCREEN = "screen"
    """Behind the console; what it printed is shown when it ends."""


class Plugin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[plugin]]`."""

    name: str
    command: tuple[str, ...]
    scope: tuple[str, ...] = ()
    """Views in which it can be run; empty: all whose rows are agents."""
    key: str | None = None
    """None: by its name only."""
    help: str = ""
    run: RunIn = RunIn.TERMINAL
    confirm: bool = False
    dangerous: bool = False
    """True: only in an open write window, and never where access is read-only."""
    env: tuple[str, ...] = ()
    """Names of variables it gets beside the usual harmless ones."""

    @property
    def words(self) -> str:
        """What it does, for help and palette."""
        return self.help or " ".join(self.command)


class PluginRefused(Exception):
    """A command cannot be made for this row; the sentence says why."""


def load_plugins(path: Path) -> tuple[Document, tuple[Plugin, ...]]:
    """The plugins of a file, and the file to name lines of. Raises ConfigError. No file: none."""
    if not path.exists():
        return Document(path, "", {}), ()
    document = read_toml(path)
    for key in document.tree:
        if key != "plugin":
            raise document.error(f"unknown key `{key}`{nearest(key, ['plugin'])}", (key,))
    no_literal_secrets(document, document.tree)
    tables: object = document.tree.get("plugin", [])
    if not isinstance(tables, list):
        raise document.error("a plugin is written [[plugin]], with two brackets", ("plugin",))
    plugins = tuple(_plugin(document, index, one) for index, one in enumerate(cast("list[object]", tables)))
    seen: set[str] = set()
    for index, plugin in enumerate(plugins):
        if plugin.name in seen:
            raise document.error(f"two plugins have the name `{plugin.name}`", ("plugin", index, "name"))
        seen.add(plugin.name)
    return document, plugins


def _plugin(document: Document, index: int, tree: object) -> Plugin:
    at: KeyPath = ("plugin", index)
    what = _called(tree, index)
    plugin = settings_from(document, tree, at, Plugin, what)
    for key, sentence in _wrong(plugin):
        raise document.error(f"{what}: `{key}` {sentence}", (*at, key))
    return plugin


def _called(tree: object, index: int) -> str:
    name: object = cast("dict[str, Any]", tree).get("name") if isinstance(tree, dict) else None
    return f"plugin {name}" if isinstance(name, str) and name.isprintable() else f"plugin {index + 1}"


def _wrong(plugin: Plugin) -> Iterator[tuple[str, str]]:
    if not _NAME.match(plugin.name):
        yield "name", "must be small letters, digits and `-`, at most 32"
    program = plugin.command[0] if plugin.command else ""
    if not program or _BRACES.search(program) or ("/" in program and not program.startswith("/")):
        yield "command", "must begin with a program's name, or where it is from / on"
    for word in plugin.command:
        if "\0" in word or "\n" in word:
            yield "command", "holds a control character"
        yield from _wrong_placeholder(word)
    for name in plugin.env:
        if not _VARIABLE.match(name):
            yield "env", "must be names of variables"


def _wrong_placeholder(word: str) -> Iterator[tuple[str, str]]:
    found = _BRACES.search(word)
    if found is None:
        return
    whole = _PLACEHOLDER.match(word)
    if whole is None:
        yield "command", f"{found.group()} must be a word of its own: a value is never a part of another word"
    elif whole.group(1) not in set(Value):
        known = [one.value for one in Value]
        yield "command", f"unknown placeholder {word}{nearest(whole.group(1), known) or '; known: ' + ', '.join(known)}"


def argv(plugin: Plugin, values: Mapping[Value, str | None]) -> tuple[str, ...]:
    """The words to run, each value exactly as it is. Raises PluginRefused where one could mean something else."""
    words: list[str] = []
    for word in plugin.command:
        placeholder = _PLACEHOLDER.match(word)
        words.append(word if placeholder is None else _value(plugin, Value(placeholder.group(1)), values, words))
    return tuple(words)


def _value(plugin: Plugin, wanted: Value, values: Mapping[Value, str | None], before: list[str]) -> str:
    value = values.get(wanted)
    if not value:
        raise PluginRefused(f"{plugin.name}: this row has no {wanted}")
    if not value.isprintable():
        raise PluginRefused(f"{plugin.name}: the {wanted} of this row holds a control or hidden character")
    if value.startswith("-") and END_OF_OPTIONS not in before:
        raise PluginRefused(
            f"{plugin.name}: the {wanted} of this row begins with `-` and would be an option; "
            f'put "{END_OF_OPTIONS}" before {{{wanted}}} in plugins.toml if the program knows it'
        )
    return value


def environment(plugin: Plugin, env: Mapping[str, str]) -> dict[str, str]:
    """What the command gets of the environment."""
    return {name: env[name] for name in (*_KEPT, *plugin.env) if name in env}
