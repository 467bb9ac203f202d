"""Stripe's form encoding (`items[0][price]=...`) read into trees, and typed, refusing access to what a request says."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias
from urllib.parse import parse_qsl

from fleet_tui.emulator.stripe.errors import StripeRefusedError, invalid, missing

FormValue: TypeAlias = "str | dict[str, FormValue]"
_TRUE, _FALSE = "true", "false"
_MAX_METADATA_KEYS = 50
_MAX_KEY_CHARS = 40
_MAX_VALUE_CHARS = 500


def parse_form(text: str) -> "Params":
    """The tree behind a query string or form body. Lists are trees whose keys are their numbers."""
    tree: dict[str, FormValue] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        _put(tree, _path(key), value)
    return Params(tree)


class Params:
    """The parameters of one request. Every getter refuses with Stripe's own words what it cannot read."""

    def __init__(self, tree: Mapping[str, FormValue], prefix: str = "") -> None:
        self._tree = tree
        self._prefix = prefix

    def names(self) -> frozenset[str]:
        return frozenset(self._tree)

    def has(self, name: str) -> bool:
        return name in self._tree

    def text(self, name: str) -> str | None:
        """The text; None when missing or empty (an empty text unsets in Stripe's forms)."""
        value = self._tree.get(name)
        if isinstance(value, dict):
            raise invalid(f"Invalid string: {value}", param=self._full(name))
        return value or None

    def need(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise missing(self._full(name))
        return value

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.removeprefix("-").isdecimal():
            raise invalid(f"Invalid integer: {text}", param=self._full(name), code="parameter_invalid_integer")
        return int(text)

    def need_number(self, name: str) -> int:
        value = self.number(name)
        if value is None:
            raise missing(self._full(name))
        return value

    def decimal(self, name: str) -> Decimal | None:
        text = self.text(name)
        try:
            return None if text is None else Decimal(text)
        except InvalidOperation as broken:
            raise invalid(f"Invalid decimal: {text}", param=self._full(name)) from broken

    def flag(self, name: str) -> bool | None:
        match self.text(name):
            case None:
                return None
            case "true":
                return True
            case "false":
                return False
            case other:
                raise invalid(f"Invalid boolean: {other}", param=self._full(name))

    def choice(self, name: str, allowed: frozenset[str]) -> str | None:
        text = self.text(name)
        if text is not None and text not in allowed:
            words = f"Invalid {self._full(name)}: must be one of {', '.join(sorted(allowed))}"
            raise invalid(words, param=self._full(name))
        return text

    def inner(self, name: str) -> "Params":
        """The parameters below a name; none when it is missing."""
        value = self._tree.get(name, {})
        if not isinstance(value, dict):
            if value:
                raise invalid("Invalid object", param=self._full(name))
            value = {}
        return Params(value, self._full(name))

    def rows(self, name: str) -> list["Params"]:
        """A list of objects."""
        inner = self.inner(name)
        return [inner.inner(key) for key in sorted(inner.names(), key=_position)]

    def texts(self, name: str) -> list[str]:
        """A list of texts; a single text is a list of one."""
        if isinstance(self._tree.get(name), str):
            one = self.text(name)
            return [one] if one else []
        inner = self.inner(name)
        return [text for key in sorted(inner.names(), key=_position) if (text := inner.text(key))]

    def metadata(self, before: Mapping[str, str]) -> dict[str, str]:
        """The metadata after this request: keys are merged, an empty value removes its key, empty metadata clears."""
        if self._tree.get("metadata") == "":
            return {}
        inner = self.inner("metadata")
        merged = dict(before)
        for key in inner.names():
            value = inner.text(key)
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        _check_metadata(merged)
        return merged

    def flat(self) -> dict[str, str]:
        """The texts directly below."""
        return {name: value for name, value in self._tree.items() if isinstance(value, str)}

    def _full(self, name: str) -> str:
        return f"{self._prefix}[{name}]" if self._prefix else name


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if len(metadata) > _MAX_METADATA_KEYS:
        raise invalid(f"Metadata can have up to {_MAX_METADATA_KEYS} keys.", param="metadata")
    for key, value in metadata.items():
        if len(key) > _MAX_KEY_CHARS:
            raise invalid(f"Metadata keys can have up to {_MAX_KEY_CHARS} characters.", param=f"metadata[{key}]")
        if len(value) > _MAX_VALUE_CHARS:
            raise invalid(f"Metadata values can have up to {_MAX_VALUE_CHARS} characters.", param=f"metadata[{key}]")


def _path(key: str) -> list[str]:
    """`a[b][]` is a, b and the empty name; dots and everything else stay part of a name."""
    first, bracket, rest = key.partition("[")
    if not bracket:
        return [key]
    if not rest.endswith("]"):
        raise invalid(f"Invalid parameter name: {key}", param=key)
    return [first, *rest[:-1].split("][")]


def _put(tree: dict[str, FormValue], path: list[str], value: str) -> None:
    *parents, last = path
    for name in parents:
        below = tree.setdefault(name or str(len(tree)), {})
        if isinstance(below, str):
            raise StripeRefusedError(400, message=f"Invalid parameter: {name} is both a value and an object")
        tree = below
    tree[last or str(len(tree))] = value


def _position(key: str) -> tuple[int, str]:
    return (int(key) if key.isdecimal() else 0, key)
