"""keymap.toml: other keys for actions, by their ids. A file in which two meanings meet on one key is refused whole."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

from textual.binding import Binding
from textual.keys import Keys, _character_to_key, format_key

from fleet_tui.config.files import Document, KeyPath, read_toml
from fleet_tui.config.strict import nearest
from fleet_tui.domain.action import Verb
from fleet_tui.ui.keys.table import KeyAction
from fleet_tui.ui.widgets.table_keys import TABLE_BINDINGS

_TABLE: Final = "keys"
_NEEDED: Final = frozenset({"interrupt", "leave"})
"""Ways out: they may go to another key but not away."""
_NEVER: Final = frozenset({"ctrl+c", "ctrl+q", "escape", "enter", "tab", "ctrl+i", "ctrl+j", "ctrl+m"})
"""Keys with one meaning on every terminal; the last three are tab and enter there."""
_THEIRS: Final = frozenset({"interrupt", "up", "next_view"})
_GUARDED: Final = frozenset({Verb.KILL})
_MODIFIERS: Final = frozenset({"ctrl", "alt", "shift", "super"})
_MODIFIED: Final = re.compile(r"^(?:(?:ctrl|alt|shift|super)\+)+.+$|^f([1-9]|1[0-9]|2[0-4])$")
_PRINTED: Final = {chr(code): _character_to_key(chr(code)) for code in range(0x21, 0x7F)}
_NAMED: Final = frozenset({key.value for key in Keys if "+" not in key.value} | set(_PRINTED.values()))
_KEYS_OF_TABLES: Final = frozenset(
    key for one in TABLE_BINDINGS if isinstance(one, Binding) for key in one.key.split(",")
)


def read_keymap(path: Path, actions: Sequence[KeyAction]) -> tuple[KeyAction, ...]:
    """The actions with the keys that the file gives them. Raises ConfigError; without a file they are as they were."""
    return mapped(read_toml(path), actions) if path.exists() else tuple(actions)


def mapped(document: Document, actions: Sequence[KeyAction]) -> tuple[KeyAction, ...]:
    """The actions with the keys of a file. Raises ConfigError with the line of the first thing that is wrong."""
    for key in document.tree:
        if key != _TABLE:
            raise document.error(f"unknown key `{key}`{nearest(key, [_TABLE])}", (key,))
    table: object = document.tree.get(_TABLE, {})
    if not isinstance(table, dict):
        raise document.error('`keys` is a table: [keys], then lines like  detail = "i"', (_TABLE,))
    by_id = {one.id: one for one in actions}
    said = {".".join(at): (at, value) for at, value in _lines(cast("dict[str, object]", table))}
    for name, (at, value) in said.items():
        if name not in by_id:
            raise document.error(f"keys: there is no action `{name}`{nearest(name, list(by_id))}", (_TABLE, *at))
        by_id[name] = with_keys(by_id[name], _keys(document, name, at, value))
    changed = tuple(by_id[one.id] for one in actions)
    for name, (at, _) in said.items():
        if trouble := clash(by_id[name], changed):
            raise document.error(f"keys: `{name}` {trouble}", (_TABLE, *at))
    return changed


def with_keys(action: KeyAction, keys: Sequence[str]) -> KeyAction:
    """The same action on other keys; without one it is reached by its word."""
    names = dict.fromkeys(shown(key) for key in keys)
    return replace(action, keys=tuple(keys), shown="/".join(names) or f":{action.label.replace(' ', '-')}")


def shown(key: str) -> str:
    """A key as a person reads it: `^k`, `alt+x`, `F9`, `/`."""
    head, _, last = key.rpartition("+")
    name = last.upper() if re.match(r"^f\d+$", last) else format_key(last) if len(last) > 1 else last
    name = name if name.isascii() else last
    return f"^{name}" if head == "ctrl" else f"{head}+{name}" if head else name


def key_name(written: str) -> str | None:
    """What Textual calls a key that a person writes as `/`, `ctrl-k`, `^k` or `F9`; None for no key."""
    text = written.strip()
    if len(text) > 1 and text[0] == "^":
        text = f"ctrl+{text[1:]}"
    *modifiers, last = re.split(r"(?<=.)[+-](?=.)", text) or [""]
    modifiers = [one.lower() for one in modifiers]
    name = _PRINTED.get(last, last.lower())
    if name not in _NAMED or set(modifiers) - _MODIFIERS:
        return None
    return "+".join([*modifiers, name.lower() if "ctrl" in modifiers else name])


def clash(action: KeyAction, actions: Iterable[KeyAction]) -> str:
    """Why an action cannot have its keys beside the others; empty where it can."""
    if action.verb in _GUARDED and not all(_MODIFIED.match(key) for key in action.keys):
        return "needs a key with ctrl or alt, or a function key: it ends what runs"
    for key in action.keys:
        if key in _NEVER and action.id not in _THEIRS:
            return f"cannot have {shown(key)}: that key always means the same"
        if key in _KEYS_OF_TABLES:
            return f"cannot have {shown(key)}: it moves or marks in every table"
        for other in actions:
            if other.id != action.id and key in other.keys and _meet(action, other):
                return f"cannot have {shown(key)}: it is that of `{other.id}`"
    if action.id in _NEEDED and not action.keys:
        return "cannot be without a key: it is the way out"
    return ""


def _meet(one: KeyAction, other: KeyAction) -> bool:
    """Two meanings on one key: in the same view, or anywhere where one of them is a verb."""
    return bool(one.views & other.views) or one.verb is not None or other.verb is not None


def _lines(table: dict[str, object], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """An id with a dot in it may be written without quotes, which makes a table of it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _lines(cast("dict[str, object]", value), (*at, key))
        else:
            yield (*at, key), value


def _keys(document: Document, name: str, at: KeyPath, value: object) -> list[str]:
    written: Collection[object] = cast("list[object]", value) if isinstance(value, list) else [value] if value else []
    keys: list[str] = []
    for one in written:
        key = key_name(one) if isinstance(one, str) else None
        if key is None:
            raise document.error(
                f'keys: `{name}` is a key or a list of keys, like "i", "ctrl+x", "f6", ["x", "f7"]; "" takes it away',
                (_TABLE, *at),
            )
        keys.append(key)
    return keys
