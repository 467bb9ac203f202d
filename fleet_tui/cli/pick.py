"""From the words of a command to what they name, or to the exit code and sentence that say why not."""

import os
from argparse import Namespace
from collections.abc import Sequence

from fleet_tui.cli.out import Ended
from fleet_tui.commands.fleet import Fleet, configured
from fleet_tui.config.paths import find_paths
from fleet_tui.config.settings import Access
from fleet_tui.domain.action import Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import Filter, FilterError, parse_to_act
from fleet_tui.domain.resource import Resource
from fleet_tui.views.choice import Ambiguous, Choice, WrongKind, choose, choose_ids


def acting_filter(words: Sequence[str]) -> Filter:
    """A verb's filter; an empty or wrong one ends the command with 2."""
    try:
        return parse_to_act(words)
    except FilterError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error


def picked(fleet: Fleet, chosen: Filter, *, children: bool = False) -> Choice:
    """What the filter names; a word that names nothing, or two things, ends the command with 2."""
    try:
        return choose(fleet.model, chosen, fleet.now(), children=children)
    except Ambiguous as error:
        unread = ", ".join(sorted(fleet.troubles()))
        raise Ended(ExitCode.WRONG, f"{error}{f' (not fully read: {unread})' if unread else ''}") from error


def picked_ids(fleet: Fleet, verb: Verb, words: Sequence[str]) -> tuple[Resource, ...]:
    """The resources of a final verb; unknown ids end with 2, ids of another kind with 3."""
    try:
        return choose_ids(fleet.model, verb, words)
    except Ambiguous as error:
        raise Ended(ExitCode.WRONG, str(error)) from error
    except WrongKind as error:
        raise Ended(ExitCode.REFUSED, str(error)) from error


def one_agent(fleet: Fleet, word: str, what: str) -> Agent:
    """The agent with this name; anything else ends the command with 2."""
    choice = picked(fleet, acting_filter([word]))
    if len(choice.agents) != 1 or not choice.agents[0].claimed:
        raise Ended(ExitCode.WRONG, f"{what} takes the name of one agent")
    return choice.agents[0]


def refuse_read_only(options: Namespace) -> None:
    """End with 3 where the configuration refuses every act; a plan that is only shown is none."""
    if getattr(options, "dry_run", False):
        return
    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    config = configured(paths, os.environ)
    if config.fleet.access is Access.READ_ONLY:
        raise Ended(ExitCode.REFUSED, f'access = "read-only" in {config.path} refuses every act; nothing was done')
