"""`attention`, `take`, `snooze`, `silence`: what needs somebody, and who deals with it."""

import os
from argparse import Namespace
from typing import Final

from fleet_tui.cli.look import say_troubles, show_table
from fleet_tui.cli.out import Ended, put, put_json, say
from fleet_tui.commands.attention import attention, deal, filter_cause, hush, meant
from fleet_tui.commands.fleet import Fleet, attending
from fleet_tui.domain.acknowledgement import LONGEST, Dealt, Judged
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.filter import FilterError, duration_s, parse_to_look
from fleet_tui.views.attention import within
from fleet_tui.views.attention_rows import attention_row, attention_table, what
from fleet_tui.views.pieces import counted


def run(options: Namespace) -> int:
    """Look at what needs somebody, or say who deals with it."""
    with attending(options.config, options.state_dir, os.environ) as fleet:
        fleet.await_readings()
        return _RUNS[options.command](fleet, options)


def _attention(fleet: Fleet, options: Namespace) -> int:
    try:
        chosen = parse_to_look(options.words)
    except FilterError as error:
        raise Ended(ExitCode.WRONG, str(error)) from error
    now = fleet.now()
    items = tuple(within(fleet.model, chosen, attention(fleet).items, now))
    if options.json:
        put_json([attention_row(one) for one in items])
    else:
        show_table(attention_table(fleet.model, items, now, ids=True, filtered=chosen.text))
    return say_troubles(fleet)


def _named(fleet: Fleet, words: list[str]) -> tuple[Judged, ...]:
    found = attention(fleet)
    chosen: list[Judged] = []
    for word in words:
        items = meant(found, word)
        if not items:
            raise Ended(
                ExitCode.WRONG, f"nothing that needs somebody is {word!r}: `fleet-tui attention` lists it by id"
            )
        chosen.extend(one for one in items if one not in chosen)
    return tuple(chosen)


def _take(fleet: Fleet, options: Namespace) -> int:
    items = _named(fleet, options.words)
    deal(fleet, items, Dealt.TAKEN, why=options.why)
    put(f"taken {one.item.id} {what(one.item)}" for one in items)
    return ExitCode.DONE


def _snooze(fleet: Fleet, options: Namespace) -> int:
    seconds = _seconds(options.duration)
    items = _named(fleet, options.words)
    deal(fleet, items, Dealt.SNOOZED, for_s=seconds, why=options.why)
    put(f"{'snoozed' if seconds else 'open again'} {one.item.id} {what(one.item)}" for one in items)
    return ExitCode.DONE


def _silence(fleet: Fleet, options: Namespace) -> int:
    seconds = _seconds(options.duration)
    words = options.words
    items = [one for word in words for one in meant(attention(fleet), word)] if len(words) == 1 else []
    if not items:
        try:
            chosen = parse_to_look(words)
        except FilterError as error:
            raise Ended(ExitCode.WRONG, str(error)) from error
        if not chosen.terms and not chosen.said_all:
            raise Ended(ExitCode.WRONG, "silence takes a filter or an id of `fleet-tui attention`; all: is everything")
    causes = [one.item.cause for one in items] or [filter_cause(words)]
    hush(fleet, causes, for_s=seconds, why=options.why)
    say(f"{counted(len(causes), 'silence')} {'ended' if not seconds else f'for {options.duration}'}")
    return ExitCode.DONE


def _seconds(text: str) -> int:
    try:
        seconds = duration_s(text)
    except FilterError as error:
        raise Ended(ExitCode.WRONG, f"--for: {error}") from error
    if seconds > LONGEST.total_seconds():
        raise Ended(ExitCode.WRONG, "--for takes at most 30d")
    return seconds


_RUNS: Final = {"attention": _attention, "take": _take, "snooze": _snooze, "silence": _silence}
