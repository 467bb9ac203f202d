"""Hostile data for tests: the project's own in tests/corpora/, larger ones where `FLEET_TUI_CORPORA` points."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[2]
OWN = _ROOT / "tests" / "corpora"
# Read at import: tests start from an empty environment.
_ELSEWHERE = Path(os.environ.get("FLEET_TUI_CORPORA") or _ROOT.parent / "shared" / "corpora")


class Corpora:
    """Files of hostile strings below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a .jsonl file."""
        path = self.folder / name
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]

    def hostile(self) -> dict[str, str]:
        """Texts by name; they may hold lone surrogates."""
        return {row["name"]: row["text"] for row in self.rows("hostile_strings.jsonl")}

    def invalid_utf8(self) -> dict[str, bytes]:
        """Bytes that are no UTF-8, by name."""
        return {row["name"]: base64.b64decode(row["base64"]) for row in self.rows("invalid_utf8.jsonl")}

    def naughty(self) -> list[str]:
        """The big list of naughty strings."""
        path = self.folder / "blns.json"
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        strings: list[str] = json.loads(path.read_text(encoding="utf-8"))
        return strings


def own_hostile_names() -> dict[str, str]:
    """The project's own hostile names, always there."""
    return {row["name"]: row["text"] for row in Corpora(OWN).rows("hostile_names.jsonl")}


@pytest.fixture
def corpora() -> Corpora:
    """The larger corpora; a test that wants them is skipped, with the reason printed, where they are absent."""
    if not _ELSEWHERE.is_dir():
        reason = f"no corpora at {_ELSEWHERE}: set FLEET_TUI_CORPORA to a folder that holds them"
        print(reason)
        pytest.skip(reason)
    return Corpora(_ELSEWHERE)
