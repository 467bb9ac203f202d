"""Turns a part of a TOML file into settings, refusing what it does not know by key and line and echoing no value."""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import TypeVar, cast

import msgspec
from msgspec import inspect

from fleet_tui.config.files import Document, KeyPath
from fleet_tui.config.redact import looks_secret

T = TypeVar("T", bound=msgspec.Struct)

_AT = re.compile(r" - at `\$([^`]*)`$")
_STEP = re.compile(r"\.([A-Za-z0-9_\-]+)|\[(\d+)\]")
_MISSING = re.compile(r"^Object missing required field `([^`]+)`")
_TOML_WORDS = {"object": "table", "str": "string", "int": "integer", "bool": "true or false", " | null": ""}
_TABLE = re.compile("|".join(re.escape(word) for word in _TOML_WORDS))


def nearest(word: str, known: Collection[str]) -> str:
    """`; did you mean ...?` with the known word that is most alike, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else ""


def settings_from(document: Document, tree: object, at: KeyPath, type_: type[T], what: str) -> T:
    """Settings of `type_` from the part of the file at `at`, which `what` names for a person. Raises ConfigError."""
    for path, key, known in _unknown_keys(tree, inspect.type_info(type_), at):
        hint = nearest(key, known) or f"; known here: {', '.join(sorted(known))}"
        raise document.error(f"{what}: unknown key `{key}`{hint}", (*path, key))
    try:
        return msgspec.convert(tree, type_, strict=True)
    except msgspec.ValidationError as error:
        raise _explained(document, str(error), at, type_, what) from None


def no_literal_secrets(document: Document, tree: object, at: KeyPath = ()) -> None:
    """Raise ConfigError for the first text of the file that is written like a vendor's key."""
    for path, text in _texts(tree, at):
        if looks_secret(text):
            key = ".".join(str(step) for step in path if isinstance(step, str))
            raise document.error(
                f"{key} holds what looks like a credential: keep it elsewhere and say where, "
                'for example { env = "..." } or { file = "..." }',
                path,
            )


def _texts(tree: object, at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(tree, str):
        yield at, tree
    for step, value in _parts(tree):
        yield from _texts(value, (*at, step))


def _parts(tree: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(tree, dict):
        yield from cast("dict[str, object]", tree).items()
    elif isinstance(tree, list):
        yield from enumerate(cast("list[object]", tree))


def _unknown_keys(tree: object, type_: inspect.Type, at: KeyPath) -> Iterator[tuple[KeyPath, str, Collection[str]]]:
    """Where a key stands that no struct of the type has, with those it has."""
    match type_:
        case inspect.StructType() if isinstance(tree, dict):
            fields: dict[str, inspect.Type] = {field.encode_name: field.type for field in type_.fields}
            for step, value in _parts(cast("object", tree)):
                if step not in fields:
                    yield at, str(step), fields.keys()
                else:
                    yield from _unknown_keys(value, fields[str(step)], (*at, step))
        case inspect.UnionType():
            for one in type_.types:
                yield from _unknown_keys(tree, one, at)
        case inspect.ListType() | inspect.VarTupleType() if isinstance(tree, list):
            for step, value in _parts(cast("object", tree)):
                yield from _unknown_keys(value, type_.item_type, (*at, step))
        case _:
            return


def _explained(document: Document, message: str, at: KeyPath, type_: type[msgspec.Struct], what: str) -> Exception:
    found = _AT.search(message)
    inner = found.group(1) if found else ""
    steps: KeyPath = tuple(int(i) if i else name for name, i in _STEP.findall(inner))
    key = ".".join(str(step) for step in steps if isinstance(step, str))
    sentence = _AT.sub("", message)
    if missing := _MISSING.match(sentence):
        full = f"{key}.{missing.group(1)}" if key else missing.group(1)
        return document.error(f"{what}: `{full}` is missing", (*at, *steps) or at)
    if sentence.startswith("Invalid enum value"):
        allowed = ", ".join(f'"{value}"' for value in _allowed(inspect.type_info(type_), steps))
        return document.error(f"{what}: `{key}` must be one of {allowed}", (*at, *steps))
    plain = _TABLE.sub(lambda m: _TOML_WORDS[m.group()], sentence).replace("`", "")
    return document.error(f"{what}: `{key}`: {plain[0].lower()}{plain[1:]}", (*at, *steps))


def _allowed(type_: inspect.Type, steps: KeyPath) -> list[object]:
    """The values an enum or a Literal at these steps may have."""
    match type_:
        case inspect.UnionType():
            return [value for one in type_.types for value in _allowed(one, steps)]
        case inspect.StructType() if steps:
            below = [field.type for field in type_.fields if field.encode_name == steps[0]]
            return _allowed(below[0], steps[1:]) if below else []
        case inspect.ListType() | inspect.VarTupleType() if steps:
            return _allowed(type_.item_type, steps[1:])
        case inspect.EnumType():
            return [member.value for member in type_.cls]
        case inspect.LiteralType():
            return list(type_.values)
        case _:
            return []
