"""Work that lies in an agent's directory and nowhere else: what ending the agent would leave half done. Pure."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from fleet_tui.domain.action import Verb
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.resource import Resource

ENDS_WORK = frozenset({Verb.KILL, Verb.RESTART})
"""Verbs that end what somebody may be in the middle of."""


class DirtState(StrEnum):
    LOOKING = "looking"
    """Asked, and not answered yet."""
    CLEAN = "clean"
    DIRTY = "dirty"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirt:
    """What one look at a directory found. Everything but `CLEAN` counts as dirty."""

    state: DirtState
    files: int = 0
    """Changed or untracked."""
    commits: int = 0
    """That no remote has."""
    more: bool = False
    """There may be more: counting stopped."""
    branch: str = ""
    why: str = ""
    """For `UNKNOWN`: a clause. For `CLEAN`: what makes it so, where that is not obvious."""


LOOKING = Dirt(state=DirtState.LOOKING)
Found = tuple[tuple[ResourceKey, Dirt], ...]
DirtReader = Callable[[Sequence[Resource]], Mapping[ResourceKey, Dirt]]
"""Looks into the directories of agents. Blocks for two seconds at most and never raises.

Rows it cannot look at are not in the answer.
"""


def unknown(why: str) -> Dirt:
    return Dirt(state=DirtState.UNKNOWN, why=why)


def may_hold_work(verb: Verb, resource: Resource) -> bool:
    """A process works in a directory of this machine; what a sandbox holds cannot be seen from outside."""
    return verb in ENDS_WORK and resource.key.kind is Kind.PROCESS


def asked_about(verb: Verb, resources: Sequence[Resource]) -> Found:
    """What a plan says before anybody looked."""
    return tuple((r.key, LOOKING) for r in resources if may_hold_work(verb, r))


def answered(asked: Found, found: Mapping[ResourceKey, Dirt]) -> Found:
    """Put the answers in; what was asked and not answered is unknown."""
    return tuple((key, found.get(key, unknown("nobody could look"))) for key, _ in asked)


def dirty(found: Found) -> bool:
    """Something is not known to be clean."""
    return any(dirt.state is not DirtState.CLEAN for _, dirt in found)


def looking(found: Found) -> bool:
    return any(dirt.state is DirtState.LOOKING for _, dirt in found)
