"""The words of the command line, made of the one table of actions, the views and the verbs. Pure."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from fleet_tui.domain.action import VERBS, Verb
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Field, Filter, FilterError, parse_typed, split
from fleet_tui.domain.filter_words import FUZZY_FLAG, LABEL, LABEL_FLAG, field_named, shown
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.table import VIEW_KEYS, KeyAction, View


class Takes(StrEnum):
    """What may stand behind a command."""

    NOTHING = ""
    FILTER = "[FILTER] [@SOURCE]"
    WORDS = "[FILTER]"
    DURATION = "[DURATION]"
    IDS = "ID..."
    WORD = "WORD"
    MAY_WORD = "[WORD]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: exactly one of action, view and verb is what it means."""

    names: tuple[str, ...]
    """The first is the one that is printed."""
    help: str
    takes: Takes = Takes.NOTHING
    word: str = ""
    key: str = ""
    """The key that does the same, as shown; empty where there is none."""
    action: KeyAction | None = None
    view: View | None = None
    verb: Verb | None = None

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def usage(self) -> str:
        return f":{self.name} {self.word or self.takes}".rstrip()


_SHORT: Final = {
    "fleet": ("fl", "agents"),
    "spend": ("sp", "money"),
    "failures": ("fa", "fail"),
    "sprawl": ("sr", "orphans"),
    "attention": ("att", "!"),
    "audit": ("au",),
    "stack": ("st",),
    "tree": ("tr",),
}
"""Other names of views; one that has no view yet names nothing."""
_WITH_FILTER: Final = frozenset({Verb.PAUSE, Verb.RESUME, Verb.KILL, Verb.RESTART})


def _verb(verb: Verb, actions: Sequence[KeyAction]) -> Command:
    spec = VERBS[verb]
    key = next((one.shown for one in actions if one.verb is verb), "")
    if spec.final:
        takes = Takes.IDS
    elif verb is Verb.EXTEND:
        takes = Takes.DURATION
    else:
        takes = Takes.WORDS if verb in _WITH_FILTER else Takes.NOTHING
    return Command(names=(verb.value,), help=spec.help, takes=takes, key=key, verb=verb)


def _view(view: View, taken: frozenset[str]) -> Command:
    others = tuple(name for name in _SHORT.get(view.value, ()) if name not in taken)
    help_ = f"show {view.value.upper()}, narrowed where a filter follows"
    return Command(names=(view.value, *others), help=help_, takes=Takes.FILTER, key=VIEW_KEYS[view], view=view)


def _action(one: KeyAction, taken: frozenset[str]) -> Command:
    label = one.label.replace(" ", "-")
    simple = (one.id.replace("_", "-"),) if "." not in one.id else ()
    names = [name for name in dict.fromkeys((label, *one.names, *simple)) if name not in taken]
    key = one.shown if one.keys else ""
    if one.word:
        takes = Takes.MAY_WORD if one.word.startswith("[") else Takes.WORD
    else:
        takes = Takes.FILTER if one.id == "filter" else Takes.NOTHING
    return Command(names=tuple(names), help=one.help, takes=takes, word=one.word, key=key, action=one)


def commands_of(actions: Sequence[KeyAction]) -> tuple[Command, ...]:
    """Every command; the keys beside them are those of `actions`."""
    verbs = frozenset(verb.value for verb in Verb)
    table = [one for one in actions if one.verb is None and not one.id.startswith("view.")]
    labels = frozenset(one.label.replace(" ", "-") for one in table)
    found = [_view(view, labels | verbs) for view in View]
    found += [_verb(verb, actions) for verb in Verb]
    taken = {name for command in found for name in command.names}
    for one in table:
        command = _action(one, frozenset(taken))
        if command.names:
            found.append(command)
            taken |= set(command.names)
    return tuple(found)


COMMANDS: Final = commands_of(ACTIONS)
_BY_NAME: Final = {name: command for command in COMMANDS for name in command.names}


class CommandError(ValueError):
    """The line means nothing; the text is one sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A line of the command line, understood. Without a command it is a filter for the view that is shown."""

    command: Command | None
    words: tuple[str, ...]
    """What was typed behind the command."""


def understood(line: str, every: Sequence[Command] = COMMANDS) -> Typed:
    """What a typed line means; `every` where an operator has commands of their own. Raises CommandError."""
    try:
        words = split(line)
    except FilterError as error:
        raise CommandError(str(error)) from error
    if not words:
        raise CommandError("type a command, as fleet team:ci or kill; ^a in the table lists all of them")
    first, rest = words[0], words[1:]
    if _is_filter(first):
        return Typed(command=None, words=words)
    command = _command(first, {name: command for command in every for name in command.names})
    if rest and command.takes is Takes.NOTHING:
        raise CommandError(f"{command.name} takes nothing behind it, and there is {shown(rest[0])}")
    if not rest and command.takes in {Takes.IDS, Takes.WORD}:
        raise CommandError(f"{command.name} needs more: {command.usage}")
    if len(rest) > 1 and command.takes in {Takes.WORD, Takes.MAY_WORD, Takes.DURATION}:
        raise CommandError(f"{command.name} takes one word: {command.usage}")
    return Typed(command=command, words=rest)


def _is_filter(word: str) -> bool:
    if word.startswith(("/", "@", "-", "~")) or (word.startswith("!") and len(word) > 1 and word not in _BY_NAME):
        return word != "-"
    name = word.partition(":")[0]
    if name == word:
        return word in {LABEL_FLAG, FUZZY_FLAG} or any(sign in word for sign in "<>")
    try:
        return name.startswith(LABEL) or bool(field_named(name))
    except FilterError:
        return False


def _command(word: str, named: Mapping[str, Command]) -> Command:
    if word in named:
        return named[word]
    begins = list(dict.fromkeys(named[name].name for name in named if name.startswith(word)))
    if len(begins) == 1:
        return named[begins[0]]
    if begins:
        raise CommandError(f"{shown(word)} could be {', '.join(begins[:6])}: type one letter more")
    near = difflib.get_close_matches(word.casefold(), named, 1, 0.5)
    meant = f": did you mean {near[0]}?" if near else "; ^a in the table lists all of them"
    raise CommandError(f"there is no command {shown(word)}{meant}")


def filter_of(words: Sequence[str], sources: Iterable[str]) -> Filter:
    """The filter in the words behind a view: `@name` is a source, `/word` is a word. Raises CommandError."""
    known = tuple(sources)
    said = [_source(word[1:], known) if word.startswith("@") else word.removeprefix("/") for word in words]
    try:
        return parse_typed([word for word in said if word])
    except FilterError as error:
        raise CommandError(str(error)) from error


def _source(name: str, known: Sequence[str]) -> str:
    if name in known:
        return f"{Field.SOURCE}:{name}"
    begins = [one for one in known if name and one.startswith(name)]
    if len(begins) == 1:
        return f"{Field.SOURCE}:{begins[0]}"
    near = begins[:3] or difflib.get_close_matches(name, known, 1, 0.5) or list(known[:4])
    raise CommandError(f"there is no source {shown(name)}: there is {', '.join(shown(one) for one in near) or 'none'}")
