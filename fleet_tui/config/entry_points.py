"""Finds entry points by their files alone: the standard library parses a package's whole metadata for its name."""

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

_DIST_INFO: Final = ".dist-info"
_FOLDERS: Final = (_DIST_INFO, ".egg-info")
_FILE: Final = "entry_points.txt"
_VALUE: Final = re.compile(r"(?P<module>[\w.]+)\s*(?::\s*(?P<attribute>[\w.]+)\s*)?(?:\[.*\])?$")
_SEPARATORS: Final = re.compile(r"[-_.]+")


class Point(NamedTuple):
    """What a package says it has: `value` is `module:attribute`; `package` its name, lower case and with dashes."""

    name: str
    value: str
    package: str

    def load(self) -> object:
        """Import it. Raises whatever the foreign module raises, and ValueError for a value that names nothing."""
        found = _VALUE.match(self.value)
        if found is None:
            raise ValueError(self.value)
        loaded: object = import_module(found["module"])
        for name in (found["attribute"] or "").split("."):
            loaded = getattr(loaded, name) if name else loaded
        return loaded


def points_of(group: str) -> list[Point]:
    """Those of every installed package, by name; of two copies of one package the first on the path counts."""
    return sorted(set(_in_folders(group) if _all_are_folders() else _by_metadata(group)))


def _all_are_folders() -> bool:
    """No package stands in an archive, or where only an import hook of somebody's finds it."""
    hooks = (getattr(finder, "find_distributions", None) for finder in sys.meta_path)
    # The standard library's own finder is a class there, a foreign one mostly an object.
    foreign = [one for one in hooks if one is not None and one.__module__ != "_frozen_importlib_external"]
    return not foreign and not any(os.path.isfile(place) for place in sys.path)  # noqa: PTH113 - at every start


def _by_metadata(group: str) -> Iterator[Point]:
    from importlib.metadata import entry_points

    for point in entry_points(group=group):
        yield Point(point.name, point.value, _normal(point.dist.name if point.dist is not None else ""))


def _in_folders(group: str) -> Iterator[Point]:
    seen: set[str] = set()
    for place in dict.fromkeys(sys.path):
        try:
            names = os.listdir(place or ".")  # noqa: PTH208 - at every start
        except OSError:
            continue
        # dist-info comes first, as it is what installers write today.
        for name in sorted(one for one in names if one.endswith(_FOLDERS)):
            package = _normal(name.rpartition(".")[0].partition("-")[0])
            if package not in seen:
                seen.add(package)
                yield from _in_file(Path(place or ".", name, _FILE), group, package)


def _in_file(path: Path, group: str, package: str) -> Iterator[Point]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if group not in text:
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield Point(name.strip(), value.strip(), package)


def _normal(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
