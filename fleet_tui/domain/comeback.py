"""What starts again by itself what a verb ends, as far as the row's own facts tell. Pure."""

from typing import Final

from fleet_tui.domain.action import Verb
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.resource import Resource

RESTART_POLICY: Final = "restart policy"
"""The fact of a row that a runner of ours holds: `never`, `on-failure`, `always`."""
AUTO_RESUME: Final = "auto resume"
"""The fact of a sandbox that its provider may let go on when somebody talks to it: `yes`, `no` or `UNTOLD`."""
UNTOLD: Final = "?"


def comes_back(verb: Verb, resource: Resource) -> str | None:
    """One clause; None where nothing is to be said."""
    facts = dict(resource.detail)
    match verb:
        case Verb.KILL if resource.key.kind is Kind.PROCESS:
            return _after_kill(facts.get(RESTART_POLICY))
        case Verb.RESTART if RESTART_POLICY in facts:
            return "its runner starts the same command again, with the same environment"
        case Verb.RESTART if resource.key.kind is Kind.SANDBOX:
            return "the box comes back; what ran in it only if its entry point starts it"
        case Verb.PAUSE if facts.get(AUTO_RESUME) == "yes":
            return "auto-resume is on: whoever talks to it lets it run again"
        case Verb.PAUSE if facts.get(AUTO_RESUME) == UNTOLD:
            return "if auto-resume is on, which no listing tells, whoever talks to it lets it run again"
        case _:
            return None


def _after_kill(policy: str | None) -> str | None:
    match policy:
        case None:
            return "who started it is not known, nor whether that starts it again"
        case "never":
            return None
        case _:
            return f"its runner (restart {policy}) ends with it: nothing is left that starts it again"
