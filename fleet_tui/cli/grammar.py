"""The grammar of the command line: one table of commands, from which parser, completion and README are made."""

import re
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, HelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from fleet_tui.cli import arguments
from fleet_tui.cli.arguments import Adder
from fleet_tui.cli.out import Ended
from fleet_tui.domain.action import VERBS, Verb
from fleet_tui.domain.exit_code import ExitCode

PROGRAM: Final = "fleet-tui"
_HELP: Final = frozenset({"-h", "--help"})

_INVALID_COMMAND: Final = re.compile(r"argument COMMAND: invalid choice: '(.*)' \(choose", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: what it is called, where its group's `run` is, and what it takes."""

    name: str
    group: str
    """The module of `fleet_tui.cli` that runs it."""
    usage: str
    help: str
    takes: Adder
    more: str = ""
    """What its own help says beside that."""
    words_after: str | None = None
    """The argument to which the words behind `--` belong."""


class UsageError(Ended):
    """Wrong words on the command line."""

    def __init__(self, sentence: str) -> None:
        super().__init__(ExitCode.WRONG, sentence)


class Parser(ArgumentParser):
    """A parser whose mistakes are one sentence on stderr and exit code 2."""

    @override
    def error(self, message: str) -> NoReturn:
        if found := _INVALID_COMMAND.search(message):
            message = _unknown_command(found.group(1))
        raise UsageError(f"{self.prog}: {message} (see `{self.prog} --help`)")

    @override
    def print_help(self, file: object = None) -> None:
        """As any other data: a reader that went away, or a disk that is full, ends in no trace."""
        from fleet_tui.cli.out import put_raw

        del file
        put_raw([self.format_help()])


def _unknown_command(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, BY_NAME, n=1)
    return f"there is no command {word!r}" + (f"; did you mean `{close[0]}`?" if close else "")


_VERB_TAKES: Final[dict[Verb, Adder]] = {
    Verb.KILL: arguments.kill,
    Verb.PAUSE: arguments.of_what_runs,
    Verb.RESUME: arguments.of_what_runs,
    Verb.RESTART: arguments.restart,
    Verb.EXTEND: arguments.extend,
    Verb.REASSIGN: arguments.reassign,
}
_VERB_USAGE: Final = {
    Verb.PAUSE: "[--children] FILTER",
    Verb.RESUME: "[--children] FILTER",
    Verb.RESTART: "[--children] [--rescue] FILTER",
    Verb.KILL: "[--now] [--children] [--rescue] FILTER",
    Verb.EXTEND: "--for DURATION FILTER",
    Verb.REASSIGN: "FILTER [--owner O] [--team T] [--task X] [--parent P] [--task-to B [--confirm]]",
}
_ANSWERS_USAGE: Final = "[--dry-run] [--yes] [--expect N] [--why TEXT] [--json]"


def _of_verb(verb: Verb) -> Command:
    spec = VERBS[verb]
    more = f"Undo: {spec.undo}." if spec.undo else ""
    if spec.final:
        usage = f"{verb} ID... [--dry-run] [--yes --word '{verb} 3'] [--why TEXT] [--json]"
        return Command(
            name=verb.value,
            group="verbs",
            usage=usage,
            help=spec.help,
            takes=arguments.final,
            more=more,
            words_after="words",
        )
    return Command(
        name=verb.value,
        group="verbs",
        usage=f"{verb} {_VERB_USAGE.get(verb, 'FILTER')} {_ANSWERS_USAGE}",
        help=spec.help,
        takes=_VERB_TAKES.get(verb, arguments.verb),
        more=more,
        words_after="words",
    )


def _looking(name: str, text: str) -> Command:
    return Command(
        name=name,
        group="survey",
        usage=f"{name} [FILTER] [--json]",
        help=text,
        takes=arguments.look,
        words_after="words",
    )


COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="demo",
        group="console",
        usage="demo [--agents N] [--seed S] [--chaos] [--once [--resources] [--json]]",
        help="a fleet of emulated vendors and real local processes; needs no account",
        takes=arguments.demo,
    ),
    Command(
        name="run",
        group="local",
        usage="run [--name N] [--team T] [--task X] [--restart never|on-failure|always] [--tty] -- COMMAND...",
        help="start a local agent that outlives this terminal, and print its id",
        takes=arguments.run,
        words_after="command_words",
    ),
    Command(
        name="attach",
        group="local",
        usage="attach ID",
        help="join the terminal of an agent run with --tty",
        takes=arguments.one_id,
    ),
    Command(
        name="logs", group="local", usage="logs ID [--follow]", help="print an agent's last lines", takes=arguments.logs
    ),
    Command(
        name="collect",
        group="collect",
        usage="collect [--once | --status | --stop | --reload | --install]",
        help="poll the sources and carry out actions, without a console",
        takes=arguments.collect,
    ),
    Command(
        name="ls",
        group="look",
        usage="ls [--resources] [FILTER] [--json]",
        help="what is alive: the agents",
        takes=arguments.ls,
        words_after="words",
    ),
    Command(
        name="show", group="look", usage="show ID [--json]", help="one agent with all it holds", takes=arguments.show
    ),
    Command(
        name="attention",
        group="attention",
        usage="attention [FILTER] [--json]",
        help="what needs a person, and what waiting has cost",
        takes=arguments.look,
        words_after="words",
    ),
    Command(
        name="take",
        group="attention",
        usage="take ID... [--why TEXT]",
        help="take what needs a person, in your name",
        takes=arguments.take,
        more="It comes back when it changes, or after 4 h, at most twice. Touches no agent.",
        words_after="words",
    ),
    Command(
        name="snooze",
        group="attention",
        usage="snooze ID... --for DURATION [--why TEXT]",
        help="put it off for a time",
        takes=arguments.snooze,
        more="0 opens it again, also what was taken. Touches no agent.",
        words_after="words",
    ),
    Command(
        name="silence",
        group="attention",
        usage="silence (FILTER | ID) --for DURATION [--why TEXT]",
        help="let nothing of it ask for anybody, for a time",
        takes=arguments.silence,
        more="all: is everything; --for 0m ends a silence. Touches no agent.",
        words_after="words",
    ),
    _looking("spend", "what it costs today, by team and agent"),
    _looking("failures", "what fails, by cause"),
    _looking("sprawl", "what should not exist, and what it costs a day"),
    _looking("tree", "who stands under whom"),
    _looking("stack", "what it stands on, and how often that answered"),
    _looking("audit", "who did what, and how it ended"),
    Command(
        name="watch",
        group="export",
        usage="watch [FILTER] [--json]",
        help="print a line whenever something changes: for logs, scripts and screen readers",
        takes=arguments.watch,
        words_after="words",
    ),
    Command(
        name="export",
        group="export",
        usage="export VIEW [FILTER] [--csv | --json]",
        help="a view's rows with every column, for spreadsheets and scripts",
        takes=arguments.export,
        words_after="words",
    ),
    *(_of_verb(verb) for verb in Verb),
    Command(
        name="config",
        group="config",
        usage="config (init|show|path|schema)",
        help="write a first fleet.toml, show what is in force, where it is, what it may hold",
        takes=arguments.config,
    ),
    Command(
        name="completion",
        group="completion",
        usage="completion (bash|zsh|fish)",
        help="print a completion script for a shell",
        takes=arguments.completion,
    ),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}


def _path(text: str) -> Path:
    """An empty word, as of a variable that is not set, would mean the current directory."""
    if not text:
        raise ArgumentTypeError("it is empty")
    return Path(text)


def _common(parser: ArgumentParser, *, top: bool) -> None:
    default = None if top else SUPPRESS
    parser.add_argument("--config", type=_path, metavar="FILE", default=default, help="else FLEET_TUI_CONFIG")
    parser.add_argument("--state-dir", type=_path, metavar="DIR", default=default, help="else FLEET_TUI_STATE_DIR")


def add_arguments(parser: ArgumentParser, command: Command) -> None:
    """Give a parser what one command takes."""
    _common(parser, top=False)
    command.takes(parser)


def _formatter(prog: str) -> HelpFormatter:
    return HelpFormatter(prog, max_help_position=28, width=100)


def build_parser(words: Sequence[str] | None = None) -> Parser:
    """The whole grammar; with `words` no more of it than they can mean, which is sooner made."""
    told = None if words is None or not _HELP.isdisjoint(words) else frozenset(words)
    parser = Parser(
        prog=PROGRAM,
        description="The terminal console for fleets of AI agents. Without a command: open it.",
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    _common(parser, top=True)
    parser.add_argument("--version", action="store_true", help="print the version and end")
    below = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        if told is not None and command.name not in told:
            continue
        one = below.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[0].upper()}{command.help[1:]}. {command.more}".strip(),
            formatter_class=_formatter,
            allow_abbrev=False,
            usage=f"{PROGRAM} {command.usage}",
        )
        add_arguments(one, command)
    return parser


def command_table() -> list[tuple[str, str]]:
    """Every command's usage and its one sentence: what a README prints."""
    return [(f"{PROGRAM} {command.usage}", command.help) for command in COMMANDS]
