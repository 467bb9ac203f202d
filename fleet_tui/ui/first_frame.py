"""Holds the first frame and the keys back until rows are there: nothing half full is drawn, no key meets nothing."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from textual.app import App

from fleet_tui.ui.driver import KeyHolder

WITHOUT_ROWS_S: Final = 1.5
"""A store that cannot be read gives none: then the frame around them is drawn."""


class FirstFrame:
    """`then` is what can wait until the frame is drawn."""

    def __init__(self, app: App[Any], then: Callable[[], object]) -> None:
        self._app: App[Any] = app
        self._then: Callable[[], object] = then
        self._held: ExitStack = ExitStack()
        self._shown: bool = False

    def hold(self) -> None:
        self._held.enter_context(self._app.batch_update())
        driver = self._app._driver  # noqa: SLF001 - Textual has no other way to it
        if isinstance(driver, KeyHolder):
            self._held.callback(self._app.call_after_refresh, driver.let_keys)
        self._app.set_timer(WITHOUT_ROWS_S, self.show)

    def show(self) -> None:
        """Draw from now on, and hear keys."""
        if not self._shown:
            self._shown = True
            self._held.close()
            self._app.screen.refresh()
            self._app.call_after_refresh(self._then)
