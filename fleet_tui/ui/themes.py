"""Themes are TOML files: closed sets of names, every role said, and one clear sentence where a file is wrong.

Those of a user stand in `themes/` beside fleet.toml, under the same rules as that file; one that says `base` takes the
rest from another theme.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, cast

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import Document, KeyPath, parse_toml, read_toml
from fleet_tui.config.strict import nearest
from fleet_tui.views.cells import Role

DEFAULT: Final = "dark"
BASE: Final = "base"
_SUFFIX: Final = ".toml"
_COLORS: Final = (
    "primary",
    "secondary",
    "accent",
    "success",
    "warning",
    "error",
    "foreground",
    "background",
    "surface",
    "panel",
)
_TABLE_COLORS: Final = (
    "cursor-background",
    "cursor-blur-background",
    "mark-background",
    "header-background",
    "header-foreground",
    "track",
    "thumb",
)
_TABLE_STYLES: Final = ("cursor-style", "cursor-blur-style", "mark-style", "header-style")
_ATTRIBUTES: Final = frozenset({"bold", "dim", "italic", "underline", "reverse", "strike"})
_VARIABLE: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SHADE: Final = re.compile(r"\S+ \d{1,3}%")
"""A colour, or `auto`, and how much of it."""
_PLAIN: Final = "none"
# What no attribute is called where Textual parses a style: it has no word for none.
_NO_ATTRIBUTE: Final = "not blink"


def variable_defaults() -> dict[str, str]:
    """Values for all variables of ours, for themes that are not ours."""
    roles = {f"role-{role}": "#d8d8d8" for role in Role}
    return {**roles, **{f"role-{role}-style": _NO_ATTRIBUTE for role in Role}}


def bundled_names() -> tuple[str, ...]:
    """The themes that come with the console."""
    return tuple(sorted(one.name.removesuffix(_SUFFIX) for one in _bundled().iterdir() if one.name.endswith(_SUFFIX)))


def bundled_theme(name: str) -> Theme:
    """A theme that comes with the console. Raises ConfigError for another name, with the nearest one."""
    return Themes(None).theme(name)


def theme_file(path: Path) -> Theme:
    """A theme of the user's own. Raises ConfigError that names file, line and key."""
    return _Reader(_complete(read_toml(path), set())).theme(path.stem)


class Themes:
    """The themes there are: ours, and those of a folder, which win over ours of the same name."""

    def __init__(self, folder: Path | None) -> None:
        self._folder: Path | None = folder

    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted({*bundled_names(), *self._own_names()}))

    def theme(self, name: str) -> Theme:
        """Read one. Raises ConfigError, with the nearest name where there is none of this one."""
        own = self.file(name)
        if own is not None:
            return theme_file(own)
        if name not in bundled_names():
            known = self.names()
            raise ConfigError(f"there is no theme `{name}`{nearest(name, known)}; there are: {', '.join(known)}")
        return _Reader(_ours(name)).theme(name)

    def file(self, name: str) -> Path | None:
        """Where a theme of the user's own stands; None where it is one of ours, or none."""
        return self._folder / f"{name}{_SUFFIX}" if self._folder is not None and name in self._own_names() else None

    def _own_names(self) -> list[str]:
        if self._folder is None:
            return []
        try:
            return [one.stem for one in self._folder.iterdir() if one.suffix == _SUFFIX and one.stem.isprintable()]
        except OSError:
            return []


def _bundled() -> Path:
    package = Path(__file__).resolve().parents[1]
    packaged = package / "_themes"
    return packaged if packaged.is_dir() else package.parent / "themes"


def _ours(name: str) -> Document:
    file = _bundled() / f"{name}{_SUFFIX}"
    return parse_toml(file.read_text(encoding="utf-8"), file)


def _complete(document: Document, seen: set[str]) -> Document:
    """The file with what it takes from its base, which is another file of its folder or one of ours."""
    base = document.tree.get(BASE)
    if base is None:
        return document
    beside = document.path.parent / f"{base}{_SUFFIX}" if document.path is not None else None
    if not isinstance(base, str) or not base.isprintable() or "/" in base or base in seen:
        raise document.error("`base` is the name of another theme", (BASE,))
    if beside is not None and beside != document.path and beside.exists():
        under = _complete(read_toml(beside), {*seen, base}).tree
    elif base in bundled_names():
        under = _ours(base).tree
    else:
        raise document.error(f"`base`: there is no theme of that name{nearest(base, bundled_names())}", (BASE,))
    own = {key: value for key, value in document.tree.items() if key != BASE}
    return Document(document.path, document.text, _merged(under, own))


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = dict(under)
    for key, value in over.items():
        below = both.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            both[key] = _merged(cast("dict[str, Any]", below), cast("dict[str, Any]", value))
        else:
            both[key] = value
    return both


class _Reader:
    """Reads one file; every refusal names it, the line and the key."""

    def __init__(self, document: Document) -> None:
        self._document: Document = document

    def theme(self, called: str) -> Theme:
        tree = self._document.tree
        self._known(tree, (), {"name", "dark", "colors", "table", "roles", "variables"}, {"variables"})
        name, dark = tree["name"], tree["dark"]
        if not isinstance(name, str) or not isinstance(dark, bool):
            raise self._wrong("`name` is text and `dark` is true or false", ("dark",))
        colors = self._table(tree, "colors", ())
        self._known(colors, ("colors",), set(_COLORS))

        def color(key: str) -> str:
            return self._color(colors, ("colors", key))

        variables: Mapping[str, object] = self._table(tree, "variables", ()) if "variables" in tree else {}
        return Theme(
            name=called,
            dark=dark,
            variables={
                **{key: self._variable(variables, key) for key in variables},
                **self._table_look(self._table(tree, "table", ())),
                **self._roles(self._table(tree, "roles", ())),
            },
            primary=color("primary"),
            secondary=color("secondary"),
            accent=color("accent"),
            success=color("success"),
            warning=color("warning"),
            error=color("error"),
            foreground=color("foreground"),
            background=color("background"),
            surface=color("surface"),
            panel=color("panel"),
        )

    def _variable(self, variables: Mapping[str, object], key: str) -> str:
        """A style sheet is made of it, and one that cannot be read ends the console: so colours and attributes only."""
        at = ("variables", key)
        if not _VARIABLE.fullmatch(key):
            raise self._wrong("a variable's name is of small letters, digits and `-`", at)
        value = self._text(variables, at)
        if key.endswith("-style"):
            _ = self._style(variables, at)
            return value
        if not _SHADE.fullmatch(value):
            _ = self._color(variables, at)
        elif not value.startswith("auto"):
            _ = self._color({key: value.rpartition(" ")[0]}, at)
        return value

    def _table_look(self, table: Mapping[str, object]) -> dict[str, str]:
        self._known(table, ("table",), {*_TABLE_COLORS, *_TABLE_STYLES})
        look = {f"table-{key}": self._color(table, ("table", key)) for key in _TABLE_COLORS}
        return look | {f"table-{key}": self._style(table, ("table", key)) for key in _TABLE_STYLES}

    def _roles(self, roles: Mapping[str, object]) -> dict[str, str]:
        self._known(roles, ("roles",), set(Role))
        look: dict[str, str] = {}
        for role in Role:
            one = self._table(roles, role, ("roles",))
            self._known(one, ("roles", role.value), {"color", "style"})
            look[f"role-{role}"] = self._color(one, ("roles", role.value, "color"))
            look[f"role-{role}-style"] = self._style(one, ("roles", role.value, "style"))
        return look

    def _known(
        self, table: Mapping[str, object], at: KeyPath, known: Collection[str], optional: Collection[str] = ()
    ) -> None:
        for key in table:
            if key not in known:
                place = "; colours stand below [colors]" if not at and key in _COLORS else ""
                hint = place or nearest(key, sorted(known))
                raise self._wrong(f"unknown key `{_spelled((*at, key))}`{hint}", (*at, key))
        for key in sorted(set(known) - set(optional)):
            if key not in table:
                raise self._wrong(f"`{_spelled((*at, key))}` is missing", at)

    def _table(self, tree: Mapping[str, object], key: str, at: KeyPath) -> Mapping[str, object]:
        table = tree[key]
        if not isinstance(table, dict):
            raise self._wrong(f"`{key}` is a table", (*at, str(key)))
        return cast("dict[str, object]", table)

    def _text(self, table: Mapping[str, object], at: KeyPath) -> str:
        value = table[str(at[-1])]
        if not isinstance(value, str):
            raise self._wrong(f"`{_spelled(at)}` is text", at)
        return value

    def _color(self, table: Mapping[str, object], at: KeyPath) -> str:
        value = self._text(table, at)
        try:
            _ = Color.parse(value)
        except ColorParseError:
            raise self._wrong(f"`{_spelled(at)}` is no colour; write it as #rrggbb", at) from None
        return value

    def _style(self, table: Mapping[str, object], at: KeyPath) -> str:
        words = self._text(table, at).split()
        if words == [_PLAIN]:
            return _NO_ATTRIBUTE
        for word in words:
            if word not in _ATTRIBUTES:
                hint = nearest(word, sorted({*_ATTRIBUTES, _PLAIN}))
                raise self._wrong(f"`{_spelled(at)}`: unknown attribute `{word}`{hint}", at)
        return " ".join(words) or _NO_ATTRIBUTE

    def _wrong(self, sentence: str, at: KeyPath) -> ConfigError:
        return self._document.error(sentence, at)


def _spelled(at: KeyPath) -> str:
    return ".".join(str(step) for step in at)
