"""Reads the command line, runs the command's group, and turns how it ended into an exit code and one sentence."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

from fleet_tui.cli.grammar import BY_NAME, PROGRAM, Parser, UsageError, build_parser
from fleet_tui.cli.out import Ended, ExitCode, put, say, settle_streams


def main(argv: Sequence[str] | None = None, *, splash: AbstractContextManager[object] | None = None) -> int:
    """Run one command; give its exit code. Expected trouble is a sentence on stderr and never a traceback.

    `splash` holds the terminal; it is left before anything is said there.
    """
    os.umask(0o077)
    settle_streams()
    try:
        with splash or nullcontext():
            words = sys.argv[1:] if argv is None else argv
            options = parse(build_parser(words), words)
            options.splash = splash
            return int(_run(options))
    except UsageError as error:
        say(str(error))
        return ExitCode.WRONG
    except Ended as ended:
        say(ended.sentence)
        return ended.code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def parse(parser: Parser, argv: Sequence[str]) -> Namespace:
    """Parse; words may stand between options, and what stands behind `--` belongs to the command as it is.

    Raises UsageError, SystemExit for --help.
    """
    words = list(argv)
    behind: list[str] = []
    if "--" in words:
        at = words.index("--")
        words, behind = words[:at], words[at + 1 :]
    options, left = parser.parse_known_args(words)
    command = BY_NAME.get(options.command or "")
    takes = command.words_after if command is not None else None
    for word in left:
        if takes is None or word.startswith("-"):
            hint = "" if takes is None else ": a word that leaves rows out, like -team:ci, is written behind --"
            raise UsageError(f"{parser.prog}: {word!r} is not understood here{hint} (see `{parser.prog} --help`)")
    if behind and takes is None:
        raise UsageError(f"{parser.prog}: nothing may stand behind -- here")
    if takes is not None:
        setattr(options, takes, [*getattr(options, takes), *left, *behind])
    return options


def _run(options: Namespace) -> int:
    if options.version:
        from fleet_tui import __version__

        put([f"fleet-tui {__version__}"])
        return ExitCode.DONE
    group = BY_NAME[options.command].group if options.command else "console"
    module = import_module(f"fleet_tui.cli.{group}")
    from fleet_tui.config.errors import ConfigError
    from fleet_tui.ports import StoreError, StoreUnwritable

    try:
        code: int = module.run(options)
    except ConfigError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error
    except StoreUnwritable as error:
        raise Ended(ExitCode.SOME_FAILED, f"{error}; nothing was accepted") from error
    except StoreError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error
    except OSError as error:
        about = f" ({error.filename})" if error.filename else ""
        why = (
            f"the system refuses what `{PROGRAM} {options.command or ''}".rstrip() + f"` needs: {error.strerror}{about}"
        )
        raise Ended(ExitCode.SOME_FAILED, why) from error
    return code
