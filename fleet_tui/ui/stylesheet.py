"""A stylesheet whose sources are parsed once, where Textual parses all of them several times before a first frame."""

from typing import Final

from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from typing_extensions import override

_SOURCES: Final = 1024
"""Textual remembers 64 parsed sources; with one more, read in a ring, it would never find any."""


class OnceParsed(Stylesheet):
    """Parses again what is new, and everything where a variable has another value."""

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(_SOURCES)

    @override
    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            super().set_variables(variables)
            self._require_parse = True

    @override
    def reparse(self) -> None:
        # Textual starts from nothing here; ours is known to be right, so what was parsed before may stay.
        if self._require_parse:
            self.parse()
