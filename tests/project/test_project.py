"""What the project promises about itself: true tables, small files, no traces of where it was made."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.project.readme import README, ROOT, pictures, written

SOURCES = sorted((ROOT / "fleet_tui").rglob("*.py"))
MAX_LINES = 400
RUNNER = ROOT / "fleet_tui/providers/local/runner.py"
UNUSED_WORDS = re.compile(r"\b(class|def)\s+\w*(Manager|Helper|Util)s?\b|\bdef process_\w+")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def test_the_tables_of_the_readme_are_what_the_code_says() -> None:
    text = README.read_text(encoding="utf-8")

    assert written(text) == text, "run: python -m tests.project.readme"


def test_the_readmes_pictures_are_those_that_the_tests_hold() -> None:
    shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    made = pictures()

    assert {ROOT / picture for picture in shown} == set(made)
    stale = [path.name for path, picture in made.items() if path.read_text(encoding="utf-8") != picture]
    assert stale == [], "run: python -m tests.project.readme"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_small_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    # The runner is one file by design: it is started without the package.
    assert path == RUNNER or text.count("\n") <= MAX_LINES
    assert ast.get_docstring(ast.parse(text)), "a module begins with its promise"
    assert not UNUSED_WORDS.search(text)


def test_constraints_name_versions_and_no_place() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", line)] == []


def test_no_file_names_the_place_of_this_checkout() -> None:
    place = str(ROOT).encode()

    assert [path.relative_to(ROOT) for path in tracked() if path.is_file() and place in path.read_bytes()] == []


def test_every_package_says_in_one_sentence_what_its_room_is_for() -> None:
    rooms = sorted((ROOT / "fleet_tui").rglob("__init__.py"))

    assert [path.parent.name for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))] == []
