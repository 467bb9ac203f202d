"""A line to type into that takes any paste: cut, made safe, one line."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from textual import events
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input
from typing_extensions import override

from fleet_tui.config.history import LINE_CHARACTERS
from fleet_tui.domain.text import SafeText, safe_line

_PASTED: Final = 8 * LINE_CHARACTERS
"""Of a longer paste not even the first line is looked for."""

Meant = Callable[[], Awaitable[None] | None]
"""What a key of a bar does."""
HEARD_S: Final = 1.0


class HelpAsked(Message):
    """`?` where a word would begin, or F1."""


class _Ghost(Suggester):
    """Shows behind the cursor how the line could go on."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest: Callable[[str], str | None] = suggest

    @override
    async def get_suggestion(self, value: str) -> str | None:
        return self._suggest(value)


class Prompt(Input):
    """At most a line of history long."""

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - Textual's name
        placeholder: SafeText,
        suggest: Callable[[str], str | None],
        keys: Mapping[str, Meant],
    ) -> None:
        super().__init__(
            id=id,
            placeholder=placeholder,
            max_length=LINE_CHARACTERS,
            select_on_focus=False,
            suggester=_Ghost(suggest),
        )
        self._keys: Mapping[str, Meant] = keys

    async def heard(self) -> None:
        """Wait until every key that was sent here is done with, for a moment."""
        done = asyncio.Event()
        self.call_later(done.set)
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), HEARD_S)

    def on_paste(self, event: events.Paste) -> None:
        """Put the first line in, as it would be drawn."""
        event.stop()
        event.prevent_default()
        lines = event.text[:_PASTED].strip().splitlines()
        if lines and not self.selection.is_empty:
            self.delete_selection()
        room = LINE_CHARACTERS - len(self.value)
        if lines and room > 0:
            self.insert_text_at_cursor(safe_line(lines[0], room)[:room])

    async def on_key(self, event: events.Key) -> None:
        """The bar's own keys, in the order they were typed. `?` is a letter in a word, a question where one begins."""
        if meant := self._keys.get(event.key):
            event.stop()
            event.prevent_default()
            if (done := meant()) is not None:
                await done
            return
        begins = not self.value[: self.cursor_position].strip() or self.value[: self.cursor_position][-1:].isspace()
        if event.key == "f1" or (event.key == "question_mark" and begins):
            event.stop()
            event.prevent_default()
            self.post_message(HelpAsked())
