"""Holds the first frame back until the rows are there, so that nothing half full is drawn, or drawn twice."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from textual.app import App

WITHOUT_SPLASH_S: Final = 0.3
"""Only for a store that cannot be read: what needs a person most is drawn as soon as it is here."""
WITH_SPLASH_S: Final = 0.5
"""The last known fleet stands on the screen meanwhile, so that all can be counted before anything is drawn."""


class FirstFrame:
    """`then` is what can wait until it is drawn."""

    def __init__(self, app: App[Any], longest_s: float, then: Callable[[], object]) -> None:
        self._app: App[Any] = app
        self._longest_s: float = longest_s
        self._then: Callable[[], object] = then
        self._patient: bool = longest_s > WITHOUT_SPLASH_S
        self._held: ExitStack = ExitStack()
        self._shown: bool = False

    def hold(self) -> None:
        self._held.enter_context(self._app.batch_update())
        self._app.set_timer(self._longest_s, self.show)

    def has_rows(self) -> None:
        """The first rows are here, more are to come."""
        if not self._patient:
            self.show()

    def show(self) -> None:
        """Draw from now on."""
        if not self._shown:
            self._shown = True
            self._held.close()
            self._app.screen.refresh()
            self._app.call_after_refresh(self._then)
