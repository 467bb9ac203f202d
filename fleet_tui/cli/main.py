"""Reads the command line, runs the command's group, and turns how it ended into an exit code and one sentence."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from fleet_tui.cli.grammar import BY_NAME, PROGRAM, Parser, UsageError, build_parser
from fleet_tui.cli.out import guarded, in_words, put
from fleet_tui.domain.exit_code import ExitCode


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; give its exit code. Expected trouble is a sentence on stderr and never a traceback."""

    def run() -> int:
        words = sys.argv[1:] if argv is None else argv
        return _run(parse(build_parser(words), words))

    return guarded(run)


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
    name = f"{PROGRAM} {options.command or ''}".rstrip()
    return in_words(lambda: int(module.run(options)), name)
