"""A dialog in the middle of the screen in which doing nothing does nothing."""

from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.screens.once import OnceScreen
from fleet_tui.ui.text import button, title

T = TypeVar("T")


class Dialog(OnceScreen[T | None]):
    """Gives None unless it is accepted. Cancel has the focus; an error of ours is a cancel too."""

    AUTO_FOCUS = "#cancel"
    BINDINGS = [Binding("escape", "cancel", "Cancel", show=False)]  # noqa: RUF012 - Textual's way

    def action_cancel(self) -> None:
        self.dismiss(None)

    def small(self, heading: SafeText) -> Vertical:
        """The frame of a dialog of a few lines."""
        frame = Vertical(id="dialog", classes="small")
        title(frame, heading)
        return frame

    def buttons(self, accept: SafeText | None, *, also: tuple[str, SafeText] | None = None) -> ComposeResult:
        """Cancel, one more by its id, and what accepts where anything can be."""
        with Horizontal(id="buttons"):
            yield button(SafeText("Cancel"), id="cancel", look="primary")
            if also is not None:
                yield button(also[1], id=also[0])
            if accept is not None:
                yield button(accept, id="accept", look="error")

    def accept(self) -> None:
        """The accepting button, or enter in a field: give a value if everything is as it must be."""
        raise NotImplementedError

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button was pressed, once: whatever a subclass makes of it, it overrides `pressed`."""
        event.stop()
        self.pressed(event.button.id or "")

    def pressed(self, button_id: str) -> None:
        """Cancel, or see whether it can be accepted."""
        if button_id == "accept":
            self.accept()
        else:
            self.dismiss(None)
