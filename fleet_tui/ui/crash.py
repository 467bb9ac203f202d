"""What a person reads when the console breaks: what happened, where, what to do next; never a variable's value."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fleet_tui.domain.text import SafeText, safe_block, safe_line

_FRAMES: Final = 6
_OURS: Final = "fleet_tui"
_PASSES_ON: Final = "guarded.py"
"""Every event goes through it, so it is never where something broke."""


def crash_lines(error: BaseException, log_path: Path | None, redact: Callable[[str], str]) -> list[SafeText]:
    """The crash screen, line by line. The message of the error passes through `redact`."""
    kind = type(error).__name__
    said = redact(str(error))
    lines = [
        safe_line("The console broke and stopped. Agents and the collector run on; nothing that was accepted is lost.")
    ]
    lines += [safe_line(""), safe_line(f"  what   {kind}: {safe_line(said, 300)}" if said else f"  what   {kind}")]
    lines += [
        safe_line(f"  where  {place}" if at == 0 else f"         {place}") for at, place in enumerate(_places(error))
    ]
    lines.append(safe_line(""))
    if log_path is None:
        lines.append(safe_line("Start fleet-tui again. If it breaks the same way, report the lines above."))
    else:
        lines.append(safe_line(f"Start fleet-tui again. If it breaks the same way, report the end of {log_path}"))
    return lines


def crash_record(error: BaseException, redact: Callable[[str], str]) -> str:
    """The whole traceback for the log: code lines and messages, no variables; every line safe to read in a terminal."""
    return "\n".join(safe_block(redact("".join(traceback.format_exception(error)))))


def _places(error: BaseException) -> list[str]:
    """The innermost frames, ours first of all: file, line and function."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename))]
    told = (ours or list(frames))[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in reversed(told)]


def _is_ours(path: Path) -> bool:
    return _OURS in path.parts and path.name != _PASSES_ON


def _short(filename: str) -> str:
    parts = Path(filename).parts
    return "/".join(parts[len(parts) - parts[::-1].index(_OURS) - 1 :]) if _OURS in parts else "/".join(parts[-2:])
