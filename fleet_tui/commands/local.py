"""Lets a collector see at once what was started here."""

from pathlib import Path
from typing import Final

from fleet_tui import clock
from fleet_tui.commands.fleet import FRESH_WITHIN_S
from fleet_tui.config.settings import Config
from fleet_tui.domain.record import WantedKind
from fleet_tui.ports import StoreError
from fleet_tui.store.lock import collector_holder
from fleet_tui.store.open import open_for_intents

LOCAL: Final = "local"
"""The provider of what `run` starts."""


def notice_run(config: Config, state_dir: Path) -> None:
    """Let a collector that is alive see now what was started here; one that is started later reads it anyway."""
    if collector_holder(state_dir) is None:
        return
    intents = open_for_intents(state_dir)
    try:
        for name, provider in config.kinds_of().items():
            if provider.name == LOCAL:
                intents.want(WantedKind.POLL, name, now=clock.now(), for_s=FRESH_WITHIN_S)
    except StoreError:
        # It runs all the same, and is read when it is due.
        return
    finally:
        intents.close()
