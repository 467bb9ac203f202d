"""The part of the app that opens and shuts the write window; its line in the audit holds up nothing else."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from textual.worker import Worker, WorkerError

from fleet_tui.domain.text import SafeText
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told, WindowMoved
from fleet_tui.views.pieces import said

AT_ONCE_S: Final = 0.25
"""So long the next key waits: a write takes some milliseconds, and `W p` means a plan in the open window."""


class ArmingApp(ConsoleApp):
    """Read-only until an operator opens it; never open before that is in the audit."""

    _moving: bool = False
    """The store has not taken yet that it is opened or shut."""

    async def action_window(self) -> None:
        """Open the write window of this console, or shut it."""
        session = self.session
        if session.read_only:
            self.say(SafeText('fleet.toml says access = "read-only": nothing can be done from here'), bad=True)
        elif self._moving:
            self.say(SafeText("the store has not taken the last word about the window yet"))
        elif session.may_act():
            session.window_until = None
            await self._move(session.close_window, "shut, but the audit could not be written")
        elif session.production:
            from fleet_tui.ui.dialogs.ask import WordDialog

            asked = f"{session.fleet} is production. Type its name to open this console for 10 minutes."
            dialog = WordDialog(SafeText("WRITE WINDOW"), session.fleet, asked)
            self.push_screen(dialog, self._agreed)
        else:
            await self._agreed(agreed=True)

    async def _agreed(self, agreed: bool | None) -> None:
        if agreed:
            await self._move(self.session.open_window, "the window stays shut")

    async def _move(self, change: Callable[[], None], otherwise: str) -> None:
        """Change it in a thread, and let the next key wait a moment for it."""

        def attempt() -> None:
            try:
                change()
            except StoreError as error:
                self.post_message(Told(said(f"{otherwise}: {error}").text, bad=True))
            self._moving = False
            self.post_message(WindowMoved())

        self._moving = True
        worker = self.run_worker(self.writes.counted(attempt), thread=True, group="writes")
        await asyncio.wait({asyncio.create_task(_over(worker))}, timeout=AT_ONCE_S)
        if self._moving:
            self.say(SafeText("another process holds the store: waiting for it"))
        self.told_standing()

    def on_window_moved(self, message: WindowMoved) -> None:
        """Show what this console may do now."""
        message.stop()
        self.told_standing()


async def _over(worker: Worker[None]) -> None:
    """Until it has ended, also with the console: what there is to say it says itself."""
    with suppress(WorkerError):
        await worker.wait()
