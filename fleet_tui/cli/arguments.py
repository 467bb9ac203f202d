"""What each command takes beside its name."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Final

SHELLS: Final = ("bash", "zsh", "fish")
EXPORTED: Final = (
    *("fleet", "resources", "spend", "spend-by-team", "spend-by-task", "spend-by-provider", "spend-by-layer"),
    *(
        "spend-by-source",
        "failures",
        "failure-classes",
        "sprawl",
        "sprawl-rules",
        "attention",
        "stack",
        "tree",
        "audit",
    ),
)
"""The views that `export` knows."""
RESTARTS: Final = ("never", "on-failure", "always")

Adder = Callable[[ArgumentParser], None]


def filter_words(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="FILTER", help="words joined by AND: team:ci phase:stuck age:1h..")


def json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON array on stdout, exact and ASCII")


def look(parser: ArgumentParser) -> None:
    filter_words(parser)
    json(parser)


def export(parser: ArgumentParser) -> None:
    parser.add_argument("view", metavar="VIEW", choices=EXPORTED, help=", ".join(EXPORTED))
    filter_words(parser)
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--csv", action="store_true", help="a heading and a line per row (the default)")
    one.add_argument("--json", action="store_true", help="one JSON array of the same rows, on stdout")


def watch(parser: ArgumentParser) -> None:
    filter_words(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def take(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="ID", help="an id or cause of `attention`, or an agent")
    _why(parser)


def snooze(parser: ArgumentParser) -> None:
    take(parser)
    _for(parser, "30m, 4h, 2d, at most 30d")


def silence(parser: ArgumentParser) -> None:
    filter_words(parser)
    _for(parser, "30m, 4h, 2d, at most 30d; 0m ends a silence")
    _why(parser)


def _for(parser: ArgumentParser, text: str) -> None:
    parser.add_argument("--for", dest="duration", metavar="DURATION", required=True, help=text)


def _why(parser: ArgumentParser) -> None:
    parser.add_argument("--why", metavar="TEXT", default="", help="kept in the audit")


def ls(parser: ArgumentParser) -> None:
    look(parser)
    parser.add_argument("--resources", action="store_true", help="resources instead of agents")


def one_id(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="an agent, or the id of a resource")


def show(parser: ArgumentParser) -> None:
    one_id(parser)
    json(parser)


def logs(parser: ArgumentParser) -> None:
    one_id(parser)
    parser.add_argument("--follow", action="store_true", help="go on until interrupted")


def answers(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show the plan and end")
    parser.add_argument(
        "--yes", action="store_true", help="do not ask; more than one row, or dirty work, also needs --expect"
    )
    parser.add_argument("--why", metavar="TEXT", default="", help="kept in the audit")
    json(parser)


def verb(parser: ArgumentParser) -> None:
    filter_words(parser)
    answers(parser)
    parser.add_argument("--expect", metavar="N", type=int, help="refuse unless exactly N rows are planned")


def of_what_runs(parser: ArgumentParser) -> None:
    verb(parser)
    parser.add_argument("--children", action="store_true", help="also everything whose parent is one of them")


def restart(parser: ArgumentParser) -> None:
    of_what_runs(parser)
    parser.add_argument(
        "--rescue", action="store_true", help="first keep its diff and last log lines; local agents only"
    )


def kill(parser: ArgumentParser) -> None:
    restart(parser)
    parser.add_argument("--now", action="store_true", help="no time to end by itself")


def extend(parser: ArgumentParser) -> None:
    verb(parser)
    parser.add_argument("--for", dest="duration", metavar="DURATION", required=True, help="30m, 2h, 1h30m, 2d")


def reassign(parser: ArgumentParser) -> None:
    verb(parser)
    for field in ("owner", "team", "task", "parent"):
        parser.add_argument(f"--{field}", metavar=field[0].upper(), help=f"the new {field}; - for none")
    parser.add_argument("--task-to", metavar="B", help="hand its task over to agent B")
    parser.add_argument("--confirm", action="store_true", help="the operator confirms the hand-over: move it, pause A")


def final(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="+", metavar="ID", help="ids of one kind")
    answers(parser)
    parser.add_argument("--word", metavar="WORD", help="the typed word, like 'delete 3'; needed with --yes")


def run(parser: ArgumentParser) -> None:
    parser.add_argument("--name", metavar="N", help="the agent's name; else that of the command")
    parser.add_argument("--team", metavar="T")
    parser.add_argument("--task", metavar="X")
    parser.add_argument("--restart", choices=RESTARTS, default="never", help="what its runner does when it ends")
    parser.add_argument("--tty", action="store_true", help="give it a terminal that `attach` can join")
    parser.add_argument("command_words", nargs="*", metavar="COMMAND", help="behind --, with its own options")


def collect(parser: ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--once", action="store_true", help="read every source once and end")
    one.add_argument("--status", action="store_true", help="say whether one runs, and how its sources are")
    one.add_argument("--stop", action="store_true", help="end the one that runs; touches no agent")
    one.add_argument("--reload", action="store_true", help="let the one that runs read its configuration again")
    one.add_argument("--install", action="store_true", help="write a systemd user unit or a launchd plist")
    one.add_argument("--for-consoles", action="store_true", help="end when no console is left and nothing is open")


def demo(parser: ArgumentParser) -> None:
    parser.add_argument("--agents", metavar="N", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--seed", metavar="S", type=int, default=7, help="same seed, same fleet (default 7)")
    parser.add_argument("--chaos", action="store_true", help="let the vendors fail in every way they can")
    parser.add_argument("--once", action="store_true", help="print the fleet once and end")
    parser.add_argument("--resources", action="store_true", help="with --once: resources instead of agents")
    parser.add_argument("--json", action="store_true", help="with --once: one JSON array")


def config(parser: ArgumentParser) -> None:
    parser.add_argument("what", choices=("init", "show", "path", "schema"))


def completion(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)
