"""A screen that goes once: of keys that came together the first one leaves, and the others mean nothing any more."""

from pathlib import Path
from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen
from typing_extensions import override

T = TypeVar("T")


class OnceScreen(ModalScreen[T]):
    """Textual would give a second answer, and take away whatever stands in front by then."""

    CSS_PATH: ClassVar = Path(__file__).parents[1] / "styles" / "front.tcss"
    _left: bool = False

    @override
    def dismiss(self, result: T | None = None) -> AwaitComplete:
        if self._left or not self.is_current:
            return AwaitComplete()
        self._left = True
        return super().dismiss(result)
