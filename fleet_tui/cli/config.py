"""`config init | show | path | schema`."""

import json
import os
from argparse import Namespace

from fleet_tui.cli.out import put, say
from fleet_tui.config.discover import Providers, installed_providers
from fleet_tui.config.load import load
from fleet_tui.config.paths import Paths, find_paths
from fleet_tui.config.write import first_file, schema, shown, write_first_file
from fleet_tui.domain.exit_code import ExitCode


def run(options: Namespace) -> int:
    """Run one of the four."""
    paths = find_paths(config=options.config, state_dir=options.state_dir, env=os.environ)
    match options.what:
        case "path":
            put([str(paths.config_file)])
            return ExitCode.DONE
        case "schema":
            put(json.dumps(schema(installed_providers().values()), indent=2, sort_keys=True).split("\n"))
            return ExitCode.DONE
        case "init":
            return _init(paths, installed_providers())
        case _:
            return _show(paths, installed_providers())


def _init(paths: Paths, providers: Providers) -> int:
    write_first_file(paths.config_file, first_file([providers[name] for name in sorted(providers.ours)], os.environ))
    say("written; read it, then look: fleet-tui ls")
    put([str(paths.config_file)])
    return ExitCode.DONE


def _show(paths: Paths, providers: Providers) -> int:
    config = load(
        paths.present, providers=providers, env=os.environ, automatic=providers.ours, config_dir=paths.config_dir
    )
    put(json.dumps(shown(config, paths.state_dir), indent=2).split("\n"))
    for one in config.refused:
        say(f"source {one.settings.name}: {one.sentence}")
    return ExitCode.SOME_FAILED if config.refused else ExitCode.DONE
