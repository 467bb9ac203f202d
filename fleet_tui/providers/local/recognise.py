"""Which agent CLI a command line belongs to: rules as data, matched by pure functions."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import Tree, read_toml

_INTERPRETER: Final = re.compile(r"^(node|nodejs|bun|deno|pypy3?|python[0-9.]*|bash|dash|sh|zsh)$")
_TAKES_A_VALUE: Final = frozenset(
    {"-r", "--require", "--import", "--loader", "--experimental-loader", "--title", "-X", "-W", "--env-file", "-o"}
)
_HAS_NO_SCRIPT: Final = frozenset({"-c", "-e", "-p", "--eval", "--print", "-i", "-"})
_RUN_A_SCRIPT: Final = frozenset({"run", "x"})
"""Words of bun and deno before the script."""


class AgentKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one agent CLI is recognised; see agents.toml."""

    title: str = ""
    executables: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    off: bool = False


Kinds = Mapping[str, AgentKind]


class AgentsFileError(Exception):
    """agents.toml cannot be used; the text names the file and what is wrong in it."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What of a command line decides: the program, the script it interprets and the first word after them."""

    program: str
    script: str
    first_argument: str

    @property
    def shown(self) -> str:
        """The part that may be shown and kept: a name, never an argument."""
        return _name(self.script or self.program)


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def read_command_line(argv: Sequence[str], executable: str = "") -> CommandLine:
    """Take a command line apart. `executable` is the path behind /proc/PID/exe, where it could be read."""
    # A program that renamed itself puts all its words into the first one.
    program = argv[0].split(" ", 1)[0] if argv and argv[0] else executable
    arguments = list(argv[1:])
    if not _INTERPRETER.match(_name(program).lstrip("-")):
        return CommandLine(program, "", _first_word(arguments))
    while arguments:
        word = arguments.pop(0)
        if word == "-m" and arguments:
            return CommandLine(program, arguments[0], _first_word(arguments[1:]))
        if word in _HAS_NO_SCRIPT:
            break
        if word in _TAKES_A_VALUE:
            arguments = arguments[1:]
        elif not word.startswith("-") and word not in _RUN_A_SCRIPT:
            return CommandLine(program, word, _first_word(arguments))
    return CommandLine(program, "", "")


def _first_word(arguments: Iterable[str]) -> str:
    return next((word for word in arguments if not word.startswith("-")), "")


def recognise(line: CommandLine, kinds: Kinds) -> str | None:
    """The name of the agent CLI, None for everything else."""
    for name, kind in kinds.items():
        if kind.off or line.first_argument in kind.unless:
            continue
        if _name(line.program) in kind.executables or (line.script and _name(line.script) in kind.scripts):
            return name
        if any(_pattern(path).search(line.script or line.program) for path in kind.paths):
            return name
    return None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


@cache
def shipped_kinds() -> Kinds:
    """Those of the agents.toml in the package."""
    text = resources.files("fleet_tui.providers.local").joinpath("agents.toml").read_text("utf-8")
    return _kinds(tomllib.loads(text), "agents.toml")


def load_kinds(path: Path | None) -> Kinds:
    """The shipped kinds under those of the operator's own file, where there is one. Raises AgentsFileError."""
    if path is None or not path.exists():
        return shipped_kinds()
    try:
        document = read_toml(path)
    except ConfigError as error:
        raise AgentsFileError(str(error)) from error
    return {**shipped_kinds(), **_kinds(document.tree, str(path))}


def _kinds(tree: Tree, where: str) -> Kinds:
    try:
        kinds = msgspec.convert(tree, dict[str, AgentKind])
        for kind in kinds.values():
            for path in kind.paths:
                _pattern(path)
    except (msgspec.MsgspecError, re.error) as error:
        raise AgentsFileError(f"{where}: {error}") from error
    return kinds
