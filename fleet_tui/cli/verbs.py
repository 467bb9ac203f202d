"""Commands that act: plan on fresh readings, show, ask, submit, wait, and print what became of each row."""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from fleet_tui.cli.out import Ended, put, put_json, say, say_lines, table_width
from fleet_tui.cli.pick import acting_filter, picked, picked_ids, refuse_read_only
from fleet_tui.commands.fleet import Fleet, attending
from fleet_tui.commands.orders import outcomes, submit
from fleet_tui.commands.plans import looked_for_dirt
from fleet_tui.domain.action import VERBS, ActionId, Params, Verb
from fleet_tui.domain.dirt import dirty
from fleet_tui.domain.exit_code import ExitCode
from fleet_tui.domain.extension import extension_s
from fleet_tui.domain.filter import FilterError
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.outcome import Done, RefusalReason
from fleet_tui.domain.plan import LeftOut, Plan, expected_word, good_still
from fleet_tui.domain.record import ActionRecord
from fleet_tui.views.as_json import action_row, plan_rows
from fleet_tui.views.choice import Choice, plan_choice, without_sources
from fleet_tui.views.outcomes import outcome_lines
from fleet_tui.views.pieces import TableView
from fleet_tui.views.plan import PlanContext, plan_lines, plan_table, title
from fleet_tui.views.proposal import Proposal, Scope, propose
from fleet_tui.views.table_text import plain, table_text

SHOWN_WITHIN_S: Final = 2.0
_EXPECTED_LEFT_OUT: Final = frozenset({RefusalReason.ALREADY, RefusalReason.GONE})
"""What needed no act; a row left out for another reason is a row that was not done."""


def run(options: Namespace) -> int:
    """One verb from its words to its outcomes."""
    verb = Verb(options.command)
    if verb is Verb.REASSIGN:
        from fleet_tui.cli import reassign

        return reassign.run(options)
    params = _params(verb, options)
    chosen = None if VERBS[verb].final else acting_filter(options.words)
    refuse_read_only(options)
    with attending(options.config, options.state_dir, os.environ) as fleet:
        unread = fleet.read_again()
        if chosen is None:
            choice, proposal = Choice(resources=picked_ids(fleet, verb, options.words)), None
        else:
            choice = picked(fleet, chosen, children=_with_children(options))
            proposal = _proposal(fleet, verb, picked(fleet, chosen), params)
        plan = looked_for_dirt(fleet, planned(fleet, verb, choice, params, unread))
        if not agreed(fleet, choice, plan, options, unread, proposal):
            return ExitCode.DONE
        ids = submit(fleet, plan, why=options.why)
        return report(fleet, plan, ids, options)


def _with_children(options: Namespace) -> bool:
    return bool(getattr(options, "children", False))


def _proposal(fleet: Fleet, verb: Verb, named: Choice, params: Params) -> Proposal | None:
    """Who stands around what was named; nothing for single resources."""
    if not named.agents:
        return None
    return propose(verb, named.agents, model=fleet.model, now=fleet.now(), params=params, acting=fleet.config.acting)


def _params(verb: Verb, options: Namespace) -> Params:
    if verb is Verb.KILL:
        return Params(now=options.now, rescue=options.rescue)
    if verb is Verb.RESTART:
        return Params(rescue=options.rescue)
    if verb is Verb.EXTEND:
        try:
            return Params(extend_s=extension_s(options.duration))
        except FilterError as error:
            raise Ended(ExitCode.WRONG, f"--for: {error}") from error
    return Params()


def planned(fleet: Fleet, verb: Verb, choice: Choice, params: Params, unread: Mapping[SourceName, str]) -> Plan:
    """The plan over what could be read; the rest is left out by name."""
    now = fleet.now()
    plan = plan_choice(verb, choice, model=fleet.model, now=now, params=params, acting=fleet.config.acting)
    return without_sources(plan, unread)


def agreed(
    fleet: Fleet,
    choice: Choice,
    plan: Plan,
    options: Namespace,
    unread: Mapping[SourceName, str],
    proposal: Proposal | None = None,
) -> bool:
    """Show the plan and have it confirmed; False says that it was only to be shown. Ends with 3 where it is not."""
    context = PlanContext(
        fleet=fleet.config.fleet.name,
        production=fleet.config.fleet.production,
        proposal=proposal,
        scope=Scope.CHILDREN if _with_children(options) else Scope.THESE,
    )
    say(title(plan))
    view: TableView = plan_table(plan, fleet.model, fleet.now())
    if view.rows:
        say_lines(table_text(view.columns, (row.cells for row in view.rows), width=table_width()))
    say_lines(plain(plan_lines(plan, fleet.model, context)) if plan.targets else ())
    if options.dry_run:
        _print_dry_run(plan, options)
        return False
    if not plan.targets:
        _nothing_to_do(fleet, plan, unread, found=choice != Choice())
    _confirm(fleet, plan, options, expected_word(plan, fleet=context.fleet, production=context.production))
    return True


def _print_dry_run(plan: Plan, options: Namespace) -> None:
    rows = plan_rows(plan)
    if options.json:
        put_json(rows)
    else:
        put(f"{row['verb']} {row['source']}/{row['kind']}/{row['id']}: {_verdict(row)}" for row in rows)


def _verdict(row: Mapping[str, Any]) -> str:
    reason = row.get("reason")
    return f"{row['outcome'].replace('_', ' ')}{f', {reason}' if reason else ''}"


def _nothing_to_do(fleet: Fleet, plan: Plan, unread: Mapping[SourceName, str], *, found: bool) -> NoReturn:
    for name, why in unread.items():
        say(f"{name}: {why}")
    if unread and set(fleet.config.settings) <= set(unread):
        raise Ended(ExitCode.NO_SOURCE, "no source could be read; nothing was done")
    if found:
        raise Ended(ExitCode.REFUSED, f"there is nothing here that {plan.verb} can act on; nothing was done")
    raise Ended(ExitCode.REFUSED, "the filter matches nothing; nothing was done")


def _confirm(fleet: Fleet, plan: Plan, options: Namespace, word: str | None) -> None:
    count = len(plan.targets)
    final = VERBS[plan.verb].final
    expect: int | None = getattr(options, "expect", None)
    if expect is not None and expect != count:
        raise Ended(ExitCode.REFUSED, f"--expect {expect}, but the plan has {count}; nothing was done")
    if options.yes:
        if final and options.word != word:
            raise Ended(ExitCode.REFUSED, f"{plan.verb} is final: --yes also needs --word '{word}'; nothing was done")
        if not final and _by_count(plan) and expect is None:
            why = "more than one row" if count > 1 else "dirty work, or nobody can tell"
            raise Ended(ExitCode.REFUSED, f"{why}: --yes also needs --expect {count}; nothing was done")
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        more = f" --word '{word}'" if final else f" --expect {count}" if _by_count(plan) else ""
        raise Ended(ExitCode.REFUSED, f"not confirmed: without a terminal it needs --yes{more}; nothing was done")
    _ask(word)
    if not good_still(plan, fleet.now()):
        raise Ended(ExitCode.REFUSED, "this plan was shown over 5 minutes ago: ask again; nothing was done")


def _by_count(plan: Plan) -> bool:
    """Whether saying yes takes saying to how many."""
    return len(plan.targets) > 1 or dirty(plan.dirt)


def _ask(word: str | None) -> None:
    wanted = word or "y"
    sys.stderr.write(f"type  {wanted}  to go ahead, anything else cancels: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != wanted:
        raise Ended(ExitCode.REFUSED, "not confirmed; nothing was done")


def report(
    fleet: Fleet, plan: Plan, ids: Sequence[ActionId], options: Namespace, extra: Sequence[Mapping[str, Any]] = ()
) -> int:
    """Wait for the outcomes, print one element per row, give the exit code. `extra` rows are settled already."""
    records = _awaited(fleet, ids)
    missing = len(ids) - len(records)
    not_done = tuple(left for left in plan.left_out if left.reason not in _EXPECTED_LEFT_OUT)
    if options.json:
        left_out = [row for row in plan_rows(plan) if row["outcome"] == "left_out"]
        put_json([*(dict(row) for row in extra), *(action_row(record) for record in records), *left_out])
    else:
        put(f"{row['verb']} {row['name'] or row['id']}: {_verdict(row)}" for row in extra)
        put(plain(outcome_lines(records, fleet.now(), fleet.model)))
        put(_left_out_line(plan, left) for left in plan.left_out)
    if missing:
        say(f"{missing} not taken up by a collector yet; they wait for one until their term ends, see {fleet.log_file}")
    _let_it_show(fleet, records)
    done = all(isinstance(record.outcome, Done) for record in records)
    return ExitCode.DONE if done and not missing and not not_done else ExitCode.SOME_FAILED


def _let_it_show(fleet: Fleet, records: Sequence[ActionRecord]) -> None:
    """Wait a moment for the readings that follow an act, so that whoever looks next sees what it did."""
    settled = max((record.settled_at for record in records if record.settled_at is not None), default=None)
    sources = {record.target.key.source for record in records}
    if settled is not None:
        fleet.wait(lambda: all(fleet.answers_for(name, settled) for name in sources), for_s=SHOWN_WITHIN_S)


def _left_out_line(plan: Plan, left: LeftOut) -> str:
    key = left.resource.key
    return f"{plan.verb} {left.resource.name or key.id} ({key.source}): left out, {left.detail}"


def _awaited(fleet: Fleet, ids: Sequence[ActionId]) -> list[ActionRecord]:
    if not ids:
        return []
    try:
        return outcomes(fleet, ids, say if sys.stderr.isatty() else _silent)
    except KeyboardInterrupt:
        say("interrupted: what was accepted goes on without this command; see `fleet-tui audit`")
        raise


def _silent(_sentence: str) -> None:
    return
