"""Local agents and logs: `run`, `attach`, `logs`."""

import os
import secrets
import shutil
import sys
from argparse import Namespace
from pathlib import Path

from fleet_tui.cli.out import Ended, put, say
from fleet_tui.config.paths import find_paths, prepare_state_dir
from fleet_tui.domain.exit_code import ExitCode

_TAIL_LINES = 500


def run(options: Namespace) -> int:
    """Run the command that `options.command` names."""
    match options.command:
        case "run":
            return _run(options)
        case "attach":
            return _attach(options)
        case _:
            return _logs(options)


def _run(options: Namespace) -> int:
    from fleet_tui.cli.pick import refuse_read_only
    from fleet_tui.commands.fleet import configured
    from fleet_tui.commands.local import notice_run
    from fleet_tui.config.operator import who
    from fleet_tui.providers.local.launch import NotLaunched, RunRequest, launch
    from fleet_tui.providers.local.policy import RestartPolicy

    if not options.command_words:
        raise Ended(ExitCode.WRONG, "there is no command to run: write it behind --, as in `fleet-tui run -- claude`")
    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    config = configured(paths, os.environ)
    refuse_read_only(options)
    size = shutil.get_terminal_size()
    launched = launch(
        RunRequest(
            name=options.name or f"{Path(options.command_words[0]).name}-{secrets.token_hex(2)}",
            argv=tuple(options.command_words),
            cwd=Path.cwd(),
            environment=dict(os.environ),
            state_dir=prepare_state_dir(paths.state_dir),
            team=options.team,
            task=options.task,
            owner=who().actor,
            restart=RestartPolicy(options.restart),
            tty=options.tty,
            rows=size.lines,
            cols=size.columns,
        )
    )
    if isinstance(launched, NotLaunched):
        raise Ended(ExitCode.SOME_FAILED, launched.text)
    put([launched.run_id])
    notice_run(config, paths.state_dir)
    return ExitCode.DONE


def _attach(options: Namespace) -> int:
    from fleet_tui.providers.local.attach import NotAttached, attach
    from fleet_tui.providers.local.launch import RUNS

    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    ended = attach(_run_directory(paths.state_dir / RUNS, options.id), sys.stdin.fileno(), sys.stdout.fileno())
    if isinstance(ended, NotAttached):
        raise Ended(ExitCode.SOME_FAILED, ended.text)
    say(ended.value)
    return ExitCode.DONE


def _run_directory(runs: Path, word: str) -> Path:
    """Where the run with this id is, or the only one that goes on under this name."""
    from fleet_tui.providers.local.runs import read_run, run_directories

    named: list[Path] = []
    for directory in run_directories(runs):
        if directory.name == word:
            return directory
        try:
            found = read_run(directory)
        except ValueError:
            continue
        if found is not None and found.ended is None and found.started.name == word:
            named.append(directory)
    if len(named) == 1:
        return named[0]
    if named:
        ids = " or ".join(sorted(directory.name for directory in named))
        raise Ended(ExitCode.WRONG, f"{word} has several runs: name one by its id, {ids}")
    raise Ended(ExitCode.WRONG, f"no run on this machine has the id or name {word}; see `fleet-tui ls provider:local`")


def _logs(options: Namespace) -> int:
    from fleet_tui.cli.pick import acting_filter, picked
    from fleet_tui.commands.fleet import attending
    from fleet_tui.commands.logs import log_of, log_tail, log_tails

    with attending(options.config, options.state_dir, os.environ) as fleet:
        fleet.await_readings()
        choice = picked(fleet, acting_filter([options.id]))
        resource = log_of(choice)
        if resource is None:
            raise Ended(ExitCode.REFUSED, f"{options.id}: nothing it has keeps a log that can be read from here")
        if not options.follow:
            put(line for _, line in log_tail(fleet, resource, limit=_TAIL_LINES))
            return ExitCode.DONE
        for lines in log_tails(fleet, resource, limit=_TAIL_LINES):
            if not put(line for _, line in lines):
                break
    return ExitCode.DONE
