"""Holds the first frame back until the rows are there, so that nothing half full is drawn, or drawn twice."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from textual.app import App

WITHOUT_SPLASH_S: Final = 0.3
WITH_SPLASH_S: Final = 1.5
"""The last known fleet stands on the screen meanwhile."""


class FirstFrame:
    """`then` is what can wait until it is drawn."""

    def __init__(self, app: App[Any], longest_s: float, then: Callable[[], object]) -> None:
        self._app: App[Any] = app
        self._longest_s: float = longest_s
        self._then: Callable[[], object] = then
        self._held: ExitStack = ExitStack()
        self._shown: bool = False

    def hold(self) -> None:
        self._held.enter_context(self._app.batch_update())
        self._app.set_timer(self._longest_s, self.show)

    def show(self) -> None:
        """Draw from now on."""
        if not self._shown:
            self._shown = True
            self._held.close()
            self._app.screen.refresh()
            self._app.call_after_refresh(self._then)
