"""Entry points are found by their files as the standard library finds them, wherever a package stands."""

import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from fleet_tui.config.entry_points import Point, points_of

GROUP = "fleet_tui.providers"


def package(place: Path, folder: str, text: str) -> None:
    (place / folder).mkdir(parents=True)
    (place / folder / "METADATA").write_text(f"Name: {folder.partition('-')[0]}\nVersion: 1\n", encoding="utf-8")
    (place / folder / "entry_points.txt").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("group", [GROUP, "console_scripts", "pytest11", "no.such.group"])
def test_the_same_are_found_as_the_standard_library_finds(group: str) -> None:
    assert {(one.name, one.value) for one in points_of(group)} == {(p.name, p.value) for p in entry_points(group=group)}


def test_only_its_own_section_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(
        tmp_path, "Some_One-1.dist-info", f"[other]\na = a:b\n\n[{GROUP}]\n# c = c:d\n x = x.y : Z \n[last]\nb = b:c\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    assert [one for one in points_of(GROUP) if one.package == "some-one"] == [Point("x", "x.y : Z", "some-one")]


def test_of_two_copies_the_first_on_the_path_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path / "later", "twice-1.dist-info", f"[{GROUP}]\nold = a:b\n")
    package(tmp_path / "first", "twice-2.dist-info", f"[{GROUP}]\nnew = a:b\n")
    monkeypatch.syspath_prepend(str(tmp_path / "later"))
    monkeypatch.syspath_prepend(str(tmp_path / "first"))

    assert [one.name for one in points_of(GROUP) if one.package == "twice"] == ["new"]


def test_a_package_in_an_archive_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "packed.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("packed-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: packed\nVersion: 1\n")
        file.writestr("packed-1.dist-info/entry_points.txt", f"[{GROUP}]\npacked = packed:P\n")
    monkeypatch.syspath_prepend(str(archive))

    assert Point("packed", "packed:P", "packed") in points_of(GROUP)


def test_what_names_nothing_is_refused_when_it_is_loaded() -> None:
    assert Point("a", "pathlib:Path", "x").load() is Path
    assert Point("a", "pathlib : Path [more]", "x").load() is Path
    for value in ("", ":Path", "path lib:Path"):
        with pytest.raises(ValueError, match=r"^.*$"):
            Point("a", value, "x").load()
