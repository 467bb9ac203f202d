"""The grammar of the command line: one table of commands, from which parser, completion and README are made."""

import re
from argparse import SUPPRESS, ArgumentParser, HelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from typing_extensions import override

from fleet_tui.domain.action import VERBS, Verb

PROGRAM: Final = "fleet-tui"
SHELLS: Final = ("bash", "zsh", "fish")
RESTARTS: Final = ("never", "on-failure", "always")

_INVALID_COMMAND: Final = re.compile(r"argument COMMAND: invalid choice: '(.*)' \(choose", re.DOTALL)

Adder = Callable[[ArgumentParser], None]


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


class UsageError(Exception):
    """Wrong words on the command line."""


class Parser(ArgumentParser):
    """A parser whose mistakes are one sentence on stderr and exit code 2."""

    @override
    def error(self, message: str) -> NoReturn:
        if found := _INVALID_COMMAND.search(message):
            message = _unknown_command(found.group(1))
        raise UsageError(f"{self.prog}: {message} (see `{self.prog} --help`)")


def _unknown_command(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, BY_NAME, n=1)
    return f"there is no command {word!r}" + (f"; did you mean `{close[0]}`?" if close else "")


def _filter(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="FILTER", help="words joined by AND: team:ci phase:stuck age:1h..")


def _json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON array on stdout, exact and ASCII")


def _look(parser: ArgumentParser) -> None:
    _filter(parser)
    _json(parser)


def _ls(parser: ArgumentParser) -> None:
    _look(parser)
    parser.add_argument("--resources", action="store_true", help="resources instead of agents")


def _id(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an agent, or the id of a resource")


def _show(parser: ArgumentParser) -> None:
    _id(parser)
    _json(parser)


def _logs(parser: ArgumentParser) -> None:
    _id(parser)
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")


def _answers(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show the plan and end")
    parser.add_argument("--yes", action="store_true", help="do not ask; more than one row also needs --expect")
    parser.add_argument("--why", metavar="TEXT", default="", help="kept in the audit")
    _json(parser)


def _verb(parser: ArgumentParser) -> None:
    _filter(parser)
    _answers(parser)
    parser.add_argument("--expect", metavar="N", type=int, help="refuse unless exactly N rows are planned")


def _kill(parser: ArgumentParser) -> None:
    _verb(parser)
    parser.add_argument("--now", action="store_true", help="no time to end by itself")


def _extend(parser: ArgumentParser) -> None:
    _verb(parser)
    parser.add_argument("--for", dest="duration", metavar="DURATION", required=True, help="30m, 2h, 1h30m, 2d")


def _reassign(parser: ArgumentParser) -> None:
    _verb(parser)
    for field in ("owner", "team", "task", "parent"):
        parser.add_argument(f"--{field}", metavar=field[0].upper(), help=f"the new {field}; - for none")
    parser.add_argument("--task-to", metavar="B", help="hand its task over to agent B")
    parser.add_argument("--confirm", action="store_true", help="the operator confirms the hand-over: move it, pause A")


def _final(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="ID", help="ids of one kind")
    _answers(parser)
    parser.add_argument("--word", metavar="WORD", help="the typed word, like 'delete 3'; needed with --yes")


def _run(parser: ArgumentParser) -> None:
    parser.add_argument("--name", metavar="N", help="the agent's name; else that of the command")
    parser.add_argument("--team", metavar="T")
    parser.add_argument("--task", metavar="X")
    parser.add_argument("--restart", choices=RESTARTS, default="never", help="what its runner does when it ends")
    parser.add_argument("--tty", action="store_true", help="give it a terminal that `attach` can join")
    parser.add_argument("command_words", nargs="*", metavar="COMMAND", help="behind --, with its own options")


def _collect(parser: ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--once", action="store_true", help="read every source once and end")
    one.add_argument("--status", action="store_true", help="say whether one runs, and how its sources are")
    one.add_argument("--stop", action="store_true", help="end the one that runs; touches no agent")
    one.add_argument("--reload", action="store_true", help="let the one that runs read its configuration again")
    one.add_argument("--install", action="store_true", help="write a systemd user unit or a launchd plist")
    one.add_argument("--for-consoles", action="store_true", help="end when no console is left and nothing is open")


def _demo(parser: ArgumentParser) -> None:
    parser.add_argument("--agents", metavar="N", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--seed", metavar="S", type=int, default=7, help="same seed, same fleet (default 7)")
    parser.add_argument("--chaos", action="store_true", help="let the vendors fail in every way they can")
    parser.add_argument("--once", action="store_true", help="print the fleet once and end")
    parser.add_argument("--resources", action="store_true", help="with --once: resources instead of agents")
    parser.add_argument("--json", action="store_true", help="with --once: one JSON array")


def _config(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("init", "show", "path", "schema"))


def _completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


_VERB_TAKES: Final[dict[Verb, Adder]] = {Verb.KILL: _kill, Verb.EXTEND: _extend, Verb.REASSIGN: _reassign}
_VERB_USAGE: Final = {
    Verb.KILL: "[--now] FILTER",
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
            name=verb.value, group="verbs", usage=usage, help=spec.help, takes=_final, more=more, words_after="words"
        )
    return Command(
        name=verb.value,
        group="verbs",
        usage=f"{verb} {_VERB_USAGE.get(verb, 'FILTER')} {_ANSWERS_USAGE}",
        help=spec.help,
        takes=_VERB_TAKES.get(verb, _verb),
        more=more,
        words_after="words",
    )


def _looking(name: str, text: str) -> Command:
    return Command(
        name=name, group="look", usage=f"{name} [FILTER] [--json]", help=text, takes=_look, words_after="words"
    )


COMMANDS: Final[tuple[Command, ...]] = (
    Command(
        name="demo",
        group="console",
        usage="demo [--agents N] [--seed S] [--chaos] [--once [--resources] [--json]]",
        help="a fleet of emulated vendors and real local processes; needs no account",
        takes=_demo,
    ),
    Command(
        name="run",
        group="local",
        usage="run [--name N] [--team T] [--task X] [--restart never|on-failure|always] [--tty] -- COMMAND...",
        help="start a local agent that outlives this terminal, and print its id",
        takes=_run,
        words_after="command_words",
    ),
    Command(
        name="attach", group="local", usage="attach ID", help="join the terminal of an agent run with --tty", takes=_id
    ),
    Command(name="logs", group="local", usage="logs ID [--follow]", help="print an agent's last lines", takes=_logs),
    Command(
        name="collect",
        group="collect",
        usage="collect [--once | --status | --stop | --reload | --install]",
        help="poll the sources and carry out actions, without a console",
        takes=_collect,
    ),
    Command(
        name="ls",
        group="look",
        usage="ls [--resources] [FILTER] [--json]",
        help="what is alive: the agents",
        takes=_ls,
        words_after="words",
    ),
    Command(name="show", group="look", usage="show ID [--json]", help="one agent with all it holds", takes=_show),
    _looking("spend", "what it costs today, by team and agent"),
    _looking("failures", "what fails, by cause"),
    _looking("sprawl", "what should not exist, and what it costs a day"),
    _looking("audit", "who did what, and how it ended"),
    *(_of_verb(verb) for verb in Verb),
    Command(
        name="config",
        group="config",
        usage="config (init|show|path|schema)",
        help="write a first fleet.toml, show what is in force, where it is, what it may hold",
        takes=_config,
    ),
    Command(
        name="completion",
        group="completion",
        usage="completion (bash|zsh|fish)",
        help="print a completion script for a shell",
        takes=_completion,
    ),
)
BY_NAME: Final = {command.name: command for command in COMMANDS}


def _common(parser: ArgumentParser, *, top: bool) -> None:
    default = None if top else SUPPRESS
    parser.add_argument("--config", type=Path, metavar="FILE", default=default, help="else FLEET_TUI_CONFIG")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", default=default, help="else FLEET_TUI_STATE_DIR")


def add_arguments(parser: ArgumentParser, command: Command) -> None:
    """Give a parser what one command takes."""
    _common(parser, top=False)
    command.takes(parser)


def _formatter(prog: str) -> HelpFormatter:
    return HelpFormatter(prog, max_help_position=28, width=100)


def build_parser() -> Parser:
    """The whole grammar."""
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
