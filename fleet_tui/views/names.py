"""Names as they are drawn, no two alike: rows whose safe names look equal carry a digest of what they really are."""

from hashlib import blake2b
from typing import Final

from fleet_tui.domain.text import SafeText, name_cell

_DIGEST_BYTES: Final = 2
_NONE: Final[frozenset[str]] = frozenset()


class ShownNames:
    """The drawn name of every row. Most are drawn as their handle, and none other as they are: one entry says so."""

    def __init__(self) -> None:
        self._otherwise: dict[str, SafeText] = {}
        """Names that are drawn otherwise than their handle, which is what unclaimed rows have."""
        self._alike: dict[SafeText, str | set[str]] = {}
        """Whose name is drawn so: a handle, or several."""

    def put(self, handle: str, name: str) -> frozenset[str]:
        """Take a row's name in; give the rows whose drawn name changed by that, beside its own."""
        shown = name_cell(name) or SafeText("-")
        before = self._before(handle)
        if before == shown:
            return _NONE
        changed = _NONE if before is None else self.drop(handle)
        if shown != handle:
            self._otherwise[handle] = shown
        alike = self._alike.setdefault(shown, handle)
        if alike is handle:
            return changed
        if isinstance(alike, set):
            # Whoever was drawn alike before carries a digest already.
            alike.add(handle)
            return changed
        self._alike[shown] = {alike, handle}
        return changed | {alike}

    def drop(self, handle: str) -> frozenset[str]:
        shown = self._before(handle)
        if shown is None:
            return _NONE
        self._otherwise.pop(handle, None)
        alike = self._alike[shown]
        if isinstance(alike, str):
            del self._alike[shown]
            return _NONE
        alike.remove(handle)
        if len(alike) > 1:
            return _NONE
        (left,) = alike
        self._alike[shown] = left
        return frozenset({left})

    def _before(self, handle: str) -> SafeText | None:
        shown = self._otherwise.get(handle)
        if shown is not None:
            return shown
        # A text that stands for itself is safe to draw.
        itself = SafeText(handle)
        alike = self._alike.get(itself)
        if alike is None or (handle != alike if isinstance(alike, str) else handle not in alike):
            return None
        return itself

    def still(self) -> "ShownNames":
        """The names as they are now, whatever rows come later."""
        copied = ShownNames()
        copied._otherwise = dict(self._otherwise)
        copied._alike = {name: set(of) if isinstance(of, set) else of for name, of in self._alike.items()}
        return copied

    def of(self, handle: str) -> SafeText:
        """What is drawn for a row."""
        shown = self._before(handle) or SafeText("-")
        return suffixed(shown, handle) if isinstance(self._alike.get(shown), set) else shown


def suffixed(shown: SafeText, handle: str) -> SafeText:
    digest = blake2b(handle.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return SafeText(f"{shown}#{digest}")
