"""The vendors' official specifications, where `FLEET_TUI_SPECS` points, and whether an answer keeps to them."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

_ROOT = Path(__file__).resolve().parents[2]
# Read at import: tests start from an empty environment.
_FOLDER = Path(os.environ.get("FLEET_TUI_SPECS") or _ROOT.parent / "shared" / "specs")


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checks("date-time", raises=ValueError)(_is_date_time)


class Spec:
    """One OpenAPI 3.0 or Swagger 2.0 document."""

    def __init__(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
        self.document: dict[str, Any] = _with_nulls(raw)

    def check(self, method: str, path: str, status: int, body: object) -> None:
        """Raise AssertionError, naming every difference, unless the operation answers with such a body."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        assert str(status) in responses, f"{method} {path} never answers {status}, only {sorted(responses)}"
        response = self._resolved(responses[str(status)])
        schema = response.get("schema") or response.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            assert body is None, f"{method} {path} {status} has no body, got {body!r}"
            return
        self.check_schema(schema, body, what=f"{method} {path} {status}")

    def check_schema(self, schema: dict[str, Any], body: object, *, what: str) -> None:
        """Raise AssertionError, naming every difference, unless the body is as the schema says."""
        roots: dict[str, Any] = {
            key: self.document[key] for key in ("components", "definitions") if key in self.document
        }
        whole: dict[str, Any] = {**roots, "allOf": [schema]}
        validator = jsonschema.Draft202012Validator(whole, format_checker=_FORMATS)
        wrong = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(body)]
        assert not wrong, f"{what} differs from the specification: {wrong[:8]}"

    def component(self, name: str) -> dict[str, Any]:
        return {"$ref": f"#/components/schemas/{name}"}

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


class Specs:
    """The specifications in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder

    def read(self, name: str) -> Spec:
        path = self.folder / name
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        return Spec(path)


def _with_nulls(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema; bare `{}` bounds of numbers stay as they are."""
    if isinstance(node, list):
        return [_with_nulls(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _with_nulls(value) for key, value in node.items() if key not in {"example", "examples"}}
    if changed.pop("nullable", None) is True:
        return {"anyOf": [changed, {"type": "null"}]}
    return changed


@pytest.fixture(scope="session")
def specs() -> Specs:
    """The official specifications; a test that wants them is skipped, with the reason printed, without them."""
    if not _FOLDER.is_dir():
        reason = f"no specifications at {_FOLDER}: set FLEET_TUI_SPECS to a folder that holds them"
        print(reason)
        pytest.skip(reason)
    return Specs(_FOLDER)
