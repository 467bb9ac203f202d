"""How commands speak: data on stdout, talk on stderr."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.text import safe_line


class Ended(Exception):
    """The command ends here, with a code and one sentence for stderr."""

    def __init__(self, code: ExitCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def guarded(run: Callable[[], int]) -> int:
    """Run; expected trouble is one sentence on stderr and an exit code."""
    os.umask(0o077)
    settle_streams()
    try:
        return run()
    except Ended as ended:
        say(ended.sentence)
        return ended.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def in_words(run: Callable[[], int], name: str) -> int:
    """Run a command; what is wrong with the configuration, the store or the system ends it in words."""
    from fleet_tui.config.errors import ConfigError
    from fleet_tui.ports import StoreError, StoreUnwritable

    try:
        return run()
    except StoreUnwritable as error:
        raise Ended(ExitCode.SOME_FAILED, f"{error}; nothing was accepted") from error
    except (ConfigError, StoreError) as error:
        raise Ended(ExitCode.WRONG, str(error)) from error
    except OSError as error:
        about = f" ({error.filename})" if error.filename else ""
        why = f"the system refuses what `{name}` needs: {error.strerror}{about}"
        raise Ended(ExitCode.SOME_FAILED, why) from error


def settle_streams() -> None:
    """A character that the terminal's encoding lacks is spelled out; what is closed takes everything and keeps nothing.

    A descriptor that stood free would go to the first file that is opened, and be written into by whoever talks.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(number))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere(number: int) -> TextIO:
    try:
        os.fstat(number)
    except OSError:
        # Opened again it gets the lowest number that is free, which need not be this one.
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    return Path(os.devnull).open("r" if number == 0 else "w", encoding="utf-8")


def say(sentence: str) -> None:
    """Talk: one line on stderr, freed of controls."""
    _write(sys.stderr, f"{safe_line(sentence)}\n")


def say_lines(lines: Iterable[str]) -> None:
    """Talk of several lines."""
    _write(sys.stderr, "".join(f"{safe_line(line)}\n" for line in lines))


def put(lines: Iterable[str]) -> bool:
    """Data as text, each line made safe to draw; False when nobody reads any more."""
    return _write(sys.stdout, "".join(f"{safe_line(line)}\n" for line in lines))


def put_json(rows: list[dict[str, Any]]) -> None:
    """Data as JSON: one array, a row on each line, exact, ASCII only."""
    body = ",\n ".join(map(_one_line, rows))
    _write(sys.stdout, f"[{body}]\n")


def _one_line(row: dict[str, Any]) -> str:
    # Eight times as fast, and right for most rows: it leaves what is not ASCII as it is, and refuses half a character.
    from msgspec.json import encode

    with suppress(UnicodeEncodeError):
        line = encode(row)
        if line.isascii():
            return line.decode("ascii")
    return json.dumps(row, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def put_line(line: str) -> bool:
    """One line of data, at once; False when nobody reads any more."""
    return put([line])


def put_raw(lines: Iterable[str]) -> bool:
    """Data in a format of its own, each with its line break, of cells that are safe already."""
    return _write(sys.stdout, "".join(lines))


def table_width() -> int | None:
    """The terminal's width where stdout is one; None says that nothing need be cut."""
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def draws_boxes() -> bool:
    """Whether stdout can say more than ASCII."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def _write(stream: TextIO, text: str) -> bool:
    try:
        stream.write(text)
        stream.flush()
        return True
    except BrokenPipeError:
        # The reader has what it wanted; what the command does goes on to its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is sys.stderr:
            return False
        raise Ended(ExitCode.SOME_FAILED, f"the output could not be written: {error.strerror}") from error
