"""columns.toml: which columns a view shows, in which order and how wide. Whether they exist is asked elsewhere."""

from pathlib import Path
from typing import Annotated

import msgspec

from fleet_tui.config.files import Document, read_toml
from fleet_tui.config.strict import settings_from

Width = Annotated[int, msgspec.Meta(ge=1, le=200)]


class ColumnsOfView(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file, named for its view."""

    order: tuple[str, ...] = ()
    """These first; the others behind them as they were."""
    hide: tuple[str, ...] = ()
    width: dict[str, Width] = {}
    """In cells."""


def load_columns(path: Path) -> tuple[Document, dict[str, ColumnsOfView]]:
    """What the file says of each view, and the file to name lines of. Raises ConfigError. No file: nothing."""
    if not path.exists():
        return Document(path, "", {}), {}
    document = read_toml(path)
    return document, {
        view: settings_from(document, tree, (view,), ColumnsOfView, view) for view, tree in document.tree.items()
    }
