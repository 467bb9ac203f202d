"""`collect`: the collector in this process, or a word to the one that runs."""

import os
from argparse import Namespace
from typing import Final, NoReturn

from fleet_tui.cli.out import Ended, put, say
from fleet_tui.config.paths import Paths, find_paths, prepare_state_dir
from fleet_tui.domain.exit_code import ExitCode

_STOP_WITHIN_S: Final = 30.0


def run(options: Namespace) -> int:
    """Do what the one option says; without one run until told to end."""
    if not (options.install or options.status or options.stop or options.reload):
        _collect(options)
    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    if options.install:
        return _install(paths)
    prepare_state_dir(paths.state_dir)
    return _status(options, paths) if options.status else _tell(options, paths)


def _collect(options: Namespace) -> NoReturn:
    from fleet_tui.collector import collect_and_exit

    collect_and_exit(options.config, options.state_dir, once=options.once, for_consoles=options.for_consoles)


def _install(paths: Paths) -> int:
    from fleet_tui.config.service import service, write_service

    made = service(paths, os.environ)
    write_service(made)
    put([str(made.path)])
    say(f"written, not switched on: {made.switch_on}")
    return ExitCode.DONE


def _tell(options: Namespace, paths: Paths) -> int:
    from fleet_tui.store.summon import reload_collector, stop_collector

    if options.reload:
        if not reload_collector(paths.state_dir):
            raise Ended(ExitCode.SOME_FAILED, "no collector runs; the next one reads the configuration anyway")
        say("told; a configuration that is wrong leaves the old one in force and is named in the collector's log")
        return ExitCode.DONE
    if not stop_collector(paths.state_dir, within_s=_STOP_WITHIN_S):
        raise Ended(ExitCode.SOME_FAILED, f"it was told to end and has not within {_STOP_WITHIN_S:.0f} s")
    say("no collector runs; no agent was touched")
    return ExitCode.DONE


def _status(options: Namespace, paths: Paths) -> int:
    from fleet_tui.cli.look import say_troubles
    from fleet_tui.commands.fleet import attending
    from fleet_tui.store.summon import collector_pid
    from fleet_tui.views.attention_rows import channel_words
    from fleet_tui.views.sources import source_words

    pid = collector_pid(paths.state_dir)
    put([f"a collector runs: process {pid}" if pid else "a collector is starting" if pid == 0 else "no collector runs"])
    with attending(options.config, options.state_dir, os.environ, collector=False) as fleet:
        now = fleet.now()
        put(source_words(status, now).text for _, status in sorted(fleet.model.statuses.items()))
        put(channel_words(one, now).text for _, one in sorted(fleet.model.channels.items()) if not one.gone)
        code = say_troubles(fleet)
    return ExitCode.SOME_FAILED if pid is None else code
