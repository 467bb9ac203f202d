"""Themes are TOML files: closed sets of names, every role said, and one clear sentence where a file is wrong."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, cast

from textual.color import Color, ColorParseError
from textual.theme import Theme

from fleet_tui.config.errors import ConfigError
from fleet_tui.views.cells import Role

DEFAULT: Final = "dark"
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
_PLAIN: Final = "none"
# What no attribute is called where Textual parses a style: it has no word for none.
_NO_ATTRIBUTE: Final = "not blink"


def variable_defaults() -> dict[str, str]:
    """Values for all variables of ours, for themes that are not ours."""
    roles = {f"role-{role}": "#d8d8d8" for role in Role}
    return {**roles, **{f"role-{role}-style": _NO_ATTRIBUTE for role in Role}}


def bundled_names() -> tuple[str, ...]:
    """The themes that come with the console."""
    return tuple(sorted(one.name.removesuffix(".toml") for one in _bundled().iterdir() if one.name.endswith(".toml")))


def bundled_theme(name: str) -> Theme:
    """A theme that comes with the console. Raises ConfigError for another name, with the nearest one."""
    known = bundled_names()
    if name not in known:
        raise ConfigError(f"there is no theme `{name}`{_nearest(name, known)}; there are: {', '.join(known)}")
    file = _bundled() / f"{name}.toml"
    return _theme(file.read_text(encoding="utf-8"), Path(str(file)))


def theme_file(path: Path) -> Theme:
    """A theme of the user's own. Raises ConfigError that names file and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the theme cannot be read ({type(error).__name__})", path=path) from error
    return _theme(text, path)


def _bundled() -> Traversable:
    packaged = resources.files("fleet_tui") / "_themes"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2] / "themes"


def _theme(text: str, path: Path) -> Theme:
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the theme is no TOML: {error}", path=path) from None
    return _Reader(path).theme(tree)


class _Reader:
    """Reads one file; every refusal names it and the key."""

    def __init__(self, path: Path) -> None:
        self._path: Path = path

    def theme(self, tree: Mapping[str, object]) -> Theme:
        self._known(tree, "", {"name", "dark", "colors", "table", "roles", "variables"}, {"variables"})
        name, dark = tree["name"], tree["dark"]
        if not isinstance(name, str) or not isinstance(dark, bool):
            raise self._wrong("`name` is text and `dark` is true or false")
        colors = self._table(tree, "colors")
        self._known(colors, "colors.", set(_COLORS))

        def color(key: str) -> str:
            return self._color(colors, "colors", key)

        variables: Mapping[str, object] = self._table(tree, "variables") if "variables" in tree else {}
        return Theme(
            name=name,
            dark=dark,
            variables={
                **{key: self._text(variables, "variables", key) for key in variables},
                **self._table_look(self._table(tree, "table")),
                **self._roles(self._table(tree, "roles")),
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

    def _table_look(self, table: Mapping[str, object]) -> dict[str, str]:
        self._known(table, "table.", {*_TABLE_COLORS, *_TABLE_STYLES})
        look = {f"table-{key}": self._color(table, "table", key) for key in _TABLE_COLORS}
        return look | {f"table-{key}": self._style(table, "table", key) for key in _TABLE_STYLES}

    def _roles(self, roles: Mapping[str, object]) -> dict[str, str]:
        self._known(roles, "roles.", set(Role))
        look: dict[str, str] = {}
        for role in Role:
            one = self._table(roles, role)
            self._known(one, f"roles.{role}.", {"color", "style"})
            look[f"role-{role}"] = self._color(one, f"roles.{role}", "color")
            look[f"role-{role}-style"] = self._style(one, f"roles.{role}", "style")
        return look

    def _known(
        self, table: Mapping[str, object], at: str, known: Collection[str], optional: Collection[str] = ()
    ) -> None:
        for key in table:
            if key not in known:
                raise self._wrong(f"unknown key `{at}{key}`{_nearest(key, known)}")
        for key in sorted(set(known) - set(optional)):
            if key not in table:
                raise self._wrong(f"`{at}{key}` is missing")

    def _table(self, tree: Mapping[str, object], key: str) -> Mapping[str, object]:
        table = tree[key]
        if not isinstance(table, dict):
            raise self._wrong(f"`{key}` is a table")
        return cast("dict[str, object]", table)

    def _text(self, table: Mapping[str, object], at: str, key: str) -> str:
        value = table[key]
        if not isinstance(value, str):
            raise self._wrong(f"`{at}.{key}` is text")
        return value

    def _color(self, table: Mapping[str, object], at: str, key: str) -> str:
        value = self._text(table, at, key)
        try:
            _ = Color.parse(value)
        except ColorParseError:
            raise self._wrong(f"`{at}.{key}` is no colour; write it as #rrggbb") from None
        return value

    def _style(self, table: Mapping[str, object], at: str, key: str) -> str:
        words = self._text(table, at, key).split()
        if words == [_PLAIN]:
            return _NO_ATTRIBUTE
        for word in words:
            if word not in _ATTRIBUTES:
                raise self._wrong(f"`{at}.{key}`: unknown attribute `{word}`{_nearest(word, {*_ATTRIBUTES, _PLAIN})}")
        return " ".join(words) or _NO_ATTRIBUTE

    def _wrong(self, sentence: str) -> ConfigError:
        return ConfigError(sentence, path=self._path)


def _nearest(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""
