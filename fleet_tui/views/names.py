"""Names as they are drawn, no two alike: rows whose safe names look equal carry a digest of what they really are."""

from hashlib import blake2b
from typing import Final

from fleet_tui.domain.text import SafeText, name_cell

_DIGEST_BYTES: Final = 2


class ShownNames:
    """The drawn name of every row."""

    def __init__(self) -> None:
        self._shown: dict[str, SafeText] = {}
        self._alike: dict[SafeText, list[str]] = {}

    def put(self, handle: str, name: str) -> frozenset[str]:
        """Take a row's name in; give the rows whose drawn name changed by that, beside its own."""
        shown = name_cell(name) or SafeText("-")
        before = self._shown.get(handle)
        if before == shown:
            return frozenset()
        changed = self.drop(handle) if before is not None else frozenset[str]()
        self._shown[handle] = shown
        alike = self._alike.setdefault(shown, [])
        alike.append(handle)
        return changed | frozenset(alike) if len(alike) > 1 else changed

    def drop(self, handle: str) -> frozenset[str]:
        shown = self._shown.pop(handle, None)
        if shown is None:
            return frozenset()
        alike = self._alike[shown]
        alike.remove(handle)
        if not alike:
            del self._alike[shown]
        return frozenset(alike) if len(alike) == 1 else frozenset()

    def of(self, handle: str) -> SafeText:
        """What is drawn for a row."""
        shown = self._shown.get(handle, SafeText("-"))
        return suffixed(shown, handle) if len(self._alike.get(shown, ())) > 1 else shown


def suffixed(shown: SafeText, handle: str) -> SafeText:
    digest = blake2b(handle.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return SafeText(f"{shown}#{digest}")
