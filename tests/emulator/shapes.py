"""Fields an answer has and the official schema does not: what a validator of open objects never reports."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.specs import Spec


def undeclared(spec: Spec, method: str, path: str, status: int, body: object) -> list[str]:
    """The paths of all fields of the body that the operation's schema does not name."""
    content = spec.document["paths"][path][method.lower()]["responses"][str(status)].get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return list(_undeclared(spec.document, schema, body, ""))


def _undeclared(document: Mapping[str, Any], schema: Mapping[str, Any], value: object, at: str) -> Iterator[str]:
    known = list(_objects(document, schema))
    if isinstance(value, dict):
        properties: dict[str, Any] = {}
        for option in known:
            properties |= option.get("properties", {})
        if not properties or any(option.get("additionalProperties") for option in known):
            return
        for name, inner in value.items():
            if name not in properties:
                yield f"{at}/{name}"
            else:
                yield from _undeclared(document, properties[name], inner, f"{at}/{name}")
    if isinstance(value, list):
        for option in known:
            for inner in value:
                yield from _undeclared(document, option.get("items", {}), inner, f"{at}/*")


def _objects(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema itself and everything it may stand for."""
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _objects(document, target)
        return
    yield schema
    for union in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(union, ()):
            yield from _objects(document, option)
