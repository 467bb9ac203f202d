"""Whether a run calls for a person: the bell or a notification as the last thing it wrote. Pure.

Only what a program sends to be noticed counts. Words that look like a question do not: they are in every log.
"""

import re
from dataclasses import dataclass
from typing import Final

TAIL_BYTES: Final = 16_384
"""How much of the end of a log is looked at."""
_REDRAWN_CHARACTERS: Final = 2000
"""So much may a full-screen program draw after its call: the dialog it calls for."""
_LINES_AFTER: Final = 1
"""So many whole lines may other programs write after it: the question itself."""
_WORDS_LIMIT: Final = 160
_PIECE: Final = re.compile(
    rb"\x1b\](?P<command>[^\x07\x1b]{0,4096})(?:\x07|\x1b\\)"
    rb"|\x1b[PX^_][^\x1b]{0,4096}\x1b\\"
    rb"|\x1b\[[0-?]*[ -/]*[@-~]"
    rb"|(?P<bell>\x07)"
    rb"|(?P<text>[^\x00-\x1f\x7f]+)"
    rb"|(?P<line>\n)"
    rb"|[\x00-\x1f\x7f]",
    re.DOTALL,
)
_PROGRESS: Final = re.compile(rb"9;4(?:;|$)")
_PLACE: Final = re.compile(rb"9;9;")
_KITTY: Final = re.compile(rb"99;[^;]*;(?P<words>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that nothing followed. `words` are the program's own, unfit to draw or keep as they are; may be empty."""

    notified: bool
    words: str


def call_in(tail: bytes, *, screen: bool) -> Call | None:
    """The last call in the end of a log, unless the program went on after it. `screen`: it draws on a terminal."""
    call: Call | None = None
    shown = lines = 0
    line, before = b"", b""
    for piece in _PIECE.finditer(tail):
        command, text = piece["command"], piece["text"]
        if piece["bell"] or (command is not None and _notifies(command)):
            # A bell right behind a notification belongs to it.
            if call is None or command is not None or shown:
                call = Call(command is not None, _text(_words(command) if command is not None else b""))
            shown = lines = 0
        elif text is not None:
            shown += len(text.strip())
            line += text
        elif piece["line"]:
            if line.strip():
                before, lines = line.strip(), lines + bool(shown)
            line = b""
    if call is None or (shown > _REDRAWN_CHARACTERS if screen else lines > _LINES_AFTER):
        return None
    if not call.words and not screen:
        return Call(call.notified, _text(line.strip() or before))
    return call


def _text(words: bytes) -> str:
    return words.decode("utf-8", "replace")[:_WORDS_LIMIT]


def _notifies(command: bytes) -> bool:
    """OSC 9 of iTerm2, 99 of kitty, 777 of urxvt; not the progress and the directory that others send as 9."""
    if command.startswith(b"9;"):
        return not _PROGRESS.match(command) and not _PLACE.match(command)
    return command.startswith((b"777;notify;", b"99;"))


def _words(command: bytes) -> bytes:
    if command.startswith(b"777;"):
        title, _, body = command.removeprefix(b"777;notify;").partition(b";")
        return (body or title).strip()
    if found := _KITTY.match(command):
        return found["words"].strip()
    return command.removeprefix(b"9;").strip()
