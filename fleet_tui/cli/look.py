"""Commands that look at rows: `ls`, `show`; and what every command that looks has in common."""

import os
from argparse import Namespace
from collections.abc import Callable, Iterable
from typing import Final

from fleet_tui.cli.out import Ended, put, put_json, say, say_lines, table_width
from fleet_tui.cli.pick import acting_filter, picked
from fleet_tui.commands.fleet import Fleet, attending
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import Filter, FilterError, parse_to_look
from fleet_tui.domain.reading import SourceState, SourceStatus
from fleet_tui.views import fleet as fleet_view
from fleet_tui.views.as_json import agent_row, agent_rows, resource_row
from fleet_tui.views.cells import Cell
from fleet_tui.views.choice import Choice
from fleet_tui.views.columns import Column
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.facts import matching, matching_resources
from fleet_tui.views.pieces import Line, TableView
from fleet_tui.views.resources import resource_lines, resource_table
from fleet_tui.views.sort_keys import ordered
from fleet_tui.views.sources import clock_off, nothing_to_show, source_words
from fleet_tui.views.table_text import plain, table_text

Look = Callable[[Fleet, Filter, Namespace], None]
"""Prints what a command shows of the part of a fleet that a filter chose."""


def run(options: Namespace) -> int:
    """Look at what `options.command` names."""
    return looked(_LOOKS[options.command], options)


def looked(look: Look, options: Namespace) -> int:
    """Look, once the sources were read; with trouble at some the code says so and stderr names them."""
    chosen = _filter(options)
    with attending(options.config, options.state_dir, os.environ) as fleet:
        fleet.await_readings()
        look(fleet, chosen, options)
        return say_troubles(fleet)


def _filter(options: Namespace) -> Filter:
    if options.command == "show":
        return acting_filter([options.id])
    try:
        return parse_to_look(options.words)
    except FilterError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error


def say_troubles(fleet: Fleet) -> ExitCode:
    """Name the sources that are not as they should be; the code that follows from it."""
    now = fleet.now()
    troubles = fleet.troubles()
    for name, known in sorted(fleet.model.statuses.items()):
        if off := clock_off(known):
            say(f"{name}: its clock is {off} of ours, which puts its ages and ends off; set the clock that is wrong")
    for name, state in troubles.items():
        status = fleet.model.statuses.get(name)
        if status is None:
            say(f"{name}: not read yet; see {fleet.log_file} if that stays so")
            continue
        say(f"{source_words(status, now).text}{_why(status, state)}")
    if not troubles:
        return ExitCode.DONE
    if SourceState.STALE in troubles.values() and (full := fleet.cannot_write()):
        say(full)
    unread = [state for state in troubles.values() if state is not SourceState.PARTIAL]
    return ExitCode.NO_SOURCE if len(unread) == len(fleet.config.settings) else ExitCode.SOME_FAILED


def _why(status: SourceStatus, state: SourceState) -> str:
    if status.failure is None or state is SourceState.PARTIAL:
        return ""
    key = "; put the right key in its place, then `fleet-tui collect --reload`" if state is SourceState.REFUSED else ""
    return f": {status.failure.text.rstrip('.')}{key}"


def show_table(view: TableView) -> None:
    """The rows; where there is none, on stderr what that means."""
    print_table(view.columns, (row.cells for row in view.rows))
    if not view.rows and view.empty:
        say(view.empty)


def print_table(columns: Iterable[Column], rows: Iterable[Iterable[Cell]]) -> None:
    """A heading and the rows; nothing at all where there is no row."""
    listed = [tuple(row) for row in rows]
    if listed:
        put(table_text(tuple(columns), listed, width=table_width()))


def print_lines(lines: Iterable[Line]) -> None:
    """Lines that a view made."""
    put(plain(lines))


def _ls(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    model, now = fleet.model, fleet.now()
    if options.resources:
        resources = matching_resources(model, chosen, now)
        if options.json:
            put_json([resource_row(model, resource, now) for resource in resources])
        else:
            show_table(resource_table(model, resources, now))
        return
    handles = ordered(model, matching(model, chosen, sorted(model.fleet), now), now)
    if options.json:
        put_json(agent_rows(model, handles, now))
        return
    print_table(fleet_view.COLUMNS, (fleet_view.cells(model, model.agents[handle], now) for handle in handles))
    if not handles:
        # With trouble at sources each of them is named afterwards anyway; the key that clears a filter is none here.
        why = nothing_to_show(model.statuses.values(), now, filtered=chosen.text)
        say_lines(why[:1] if chosen or fleet.troubles() else why)
    elif not chosen and (loose := fleet_view.loose_line(model)):
        say(loose)


def _show(fleet: Fleet, chosen: Filter, options: Namespace) -> None:
    model, now = fleet.model, fleet.now()
    choice = picked(fleet, chosen)
    if choice == Choice():
        raise Ended(ExitCode.WRONG, "show takes one agent or one id")
    if options.json:
        put_json(
            [
                *(agent_row(model, a, now) for a in choice.agents),
                *(resource_row(model, r, now) for r in choice.resources),
            ]
        )
        return
    for agent in choice.agents:
        print_table(fleet_view.COLUMNS, [fleet_view.cells(model, agent, now)])
        print_lines(detail_lines(model, agent, now))
    for resource in choice.resources:
        print_lines(resource_lines(model, resource, now))


_LOOKS: Final = {"ls": _ls, "show": _show}
