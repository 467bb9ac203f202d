"""Who an agent belongs to and what it works on, from labels or from an operator's own word."""

from dataclasses import replace
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass


class AssignmentField(StrEnum):
    OWNER = "owner"
    TEAM = "team"
    TASK = "task"
    PARENT = "parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Absent is None. An empty string never occurs."""

    owner: str | None = None
    team: str | None = None
    task: str | None = None
    parent: str | None = None

    def value(self, field: AssignmentField) -> str | None:
        match field:
            case AssignmentField.OWNER:
                return self.owner
            case AssignmentField.TEAM:
                return self.team
            case AssignmentField.TASK:
                return self.task
            case AssignmentField.PARENT:
                return self.parent

    @property
    def claimed(self) -> bool:
        """Somebody answers for it: an owner or a task."""
        return self.owner is not None or self.task is not None


UNASSIGNED = Assignment()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """An assignment that stands in our store because the provider cannot, or may not, hold it.

    `subject` is an agent id or a packed resource key. `value` None says: cleared by the operator.
    """

    subject: str
    field: AssignmentField
    value: str | None
    set_by: str


def overlaid(assignment: Assignment, overlays: tuple[Overlay, ...]) -> Assignment:
    """The assignment with the operator's words laid over what the provider's labels say."""
    for overlay in overlays:
        assignment = replace(assignment, **{overlay.field.value: overlay.value})
    return assignment
