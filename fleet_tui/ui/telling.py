"""How a console tells its own terminal: a bell, or a notice of the desktop it runs on. The one place for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

from fleet_tui.config.notify import LoadedChannel, Terminal
from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.notice import Notice, due, notices
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.views.attention import Attention, within
from fleet_tui.views.attention_rows import what
from fleet_tui.views.model import FleetModel

BELL: Final = "\x07"
_CHARACTERS: Final = 120
_ESCAPE: Final = "\x1b"


@runtime_checkable
class TellingDriver(Protocol):
    """A driver that can tell its terminal something beside the frame."""

    def tell(self, how: Terminal, title: SafeText, text: SafeText, *, tmux: bool) -> None: ...


def notice_sequence(how: Terminal, title: SafeText, text: SafeText, *, tmux: bool) -> str:
    """What asks a terminal for it. Inside tmux it is wrapped, and seen where tmux has `allow-passthrough on`.

    Safe text holds no control; the semicolons that separate the parts of OSC 777 are taken out of it.
    """
    if how is Terminal.BELL:
        return BELL
    sequence = f"{_ESCAPE}]9;{title}: {text}{BELL}"
    if how is Terminal.OSC777:
        sequence = f"{_ESCAPE}]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}{BELL}"
    if tmux:
        return f"{_ESCAPE}Ptmux;{sequence.replace(_ESCAPE, _ESCAPE * 2)}{_ESCAPE}\\"
    return sequence


@dataclass(slots=True)
class Telling:
    """What this console's terminal heard. What was there when it was opened stands on the screen and is not told."""

    _told: dict[str, dict[str, Notice]] = field(default_factory=dict[str, dict[str, Notice]])

    def due(
        self, model: FleetModel, channels: Sequence[LoadedChannel], attention: Attention, now: datetime
    ) -> Iterator[tuple[Terminal, SafeText, SafeText]]:
        """How, with which title and which text, the terminal is to be told now; each cause once."""
        for channel in channels:
            how = channel.settings.terminal
            if how is None or model.loading or model.revision < 0:
                continue
            items = within(model, channel.chosen, attention.items, now) if channel.chosen.terms else attention.items
            first = channel.name not in self._told
            told = self._told.setdefault(channel.name, {})
            found = due(items, told, now, least=channel.settings.severity, quiet=channel.quiet)
            told.update({one.cause: one for one in notices(channel.name, found, now)})
            if found and not first:
                yield how, *_words(found)


def _words(found: Sequence[Judged]) -> tuple[SafeText, SafeText]:
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return SafeText("fleet-tui"), safe_line(f"{what(found[0].item)}{more}", _CHARACTERS)


def in_tmux(env: Mapping[str, str]) -> bool:
    return bool(env.get("TMUX"))
