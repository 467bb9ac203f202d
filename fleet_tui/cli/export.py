"""`export` and `watch`: the fleet for other programs, once or as it changes."""

import json
import os
import select
import sys
from argparse import Namespace

from fleet_tui.cli.look import say_troubles
from fleet_tui.cli.out import Ended, put_json, put_line, put_raw, say
from fleet_tui.commands.fleet import attending
from fleet_tui.commands.tables import TABLES
from fleet_tui.commands.watch import followed
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import Filter, FilterError, parse_to_look
from fleet_tui.views.export import csv_rows, json_rows
from fleet_tui.views.pieces import counted
from fleet_tui.views.watch import changed_line, changed_row


def run(options: Namespace) -> int:
    """Run the one that was named."""
    return _watch(options) if options.command == "watch" else _export(options)


def _filter(words: list[str]) -> Filter:
    try:
        return parse_to_look(words)
    except FilterError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error


def _export(options: Namespace) -> int:
    chosen = _filter(options.words)
    with attending(options.config, options.state_dir, os.environ) as fleet:
        fleet.await_readings()
        view = TABLES[options.view](fleet, chosen)
        if options.json:
            put_json([dict(row) for row in json_rows(view)])
        else:
            put_raw(csv_rows(view))
        return say_troubles(fleet)


def _watch(options: Namespace) -> int:
    chosen = _filter(options.words)
    with attending(options.config, options.state_dir, os.environ) as fleet:
        fleet.await_readings()
        code = say_troubles(fleet)
        say(f"watching {counted(len(fleet.model.fleet), 'agent')}; a line for each change, ctrl-c ends it")
        for one in followed(fleet, chosen, _nobody_reads):
            printed = json.dumps(changed_row(one), ensure_ascii=True) if options.json else changed_line(one)
            if not put_line(printed):
                break
    return code


def _nobody_reads() -> bool:
    """Whether the other end of a pipe was closed, before anything is written into it."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(told & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, told in poll.poll(0))
