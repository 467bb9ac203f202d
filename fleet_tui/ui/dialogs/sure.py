"""Asks whether something shall be done, and shows exactly what."""

from collections.abc import Sequence

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.dialogs.base import Dialog
from fleet_tui.ui.text import label


class SureDialog(Dialog[bool]):
    """A few lines, Cancel, and one word that does it."""

    def __init__(self, heading: SafeText, lines: Sequence[SafeText], yes: SafeText) -> None:
        super().__init__()
        self._heading: SafeText = heading
        self._told: Sequence[SafeText] = lines
        self._yes: SafeText = yes

    @override
    def compose(self) -> ComposeResult:
        with self.small(self._heading):
            for line in self._told:
                yield label(line)
            yield from self.buttons(self._yes)

    @override
    def accept(self) -> None:
        self.dismiss(True)  # noqa: FBT003 - the value of the dialog
