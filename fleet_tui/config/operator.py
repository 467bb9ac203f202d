"""Who sits at this machine, for the audit."""

import os
import pwd

from fleet_tui.domain.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Who:
    """Who gives an order, and from where."""

    actor: str
    host: str


def who() -> Who:
    """The user of this process as the system knows it, whatever the environment says."""
    try:
        actor = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        actor = f"uid {os.getuid()}"
    return Who(actor, os.uname().nodename)
