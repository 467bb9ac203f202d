"""What may be chosen in the dialog of a plan: how hard, how far, stale rows, and a rescue first."""

from typing import Final

from textual.app import ComposeResult
from textual.widget import Widget

from fleet_tui.domain.action import Verb
from fleet_tui.domain.dirt import ENDS_WORK
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.plan import Plan
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.widgets.check import Check
from fleet_tui.ui.widgets.one_of import OneOf
from fleet_tui.views.proposal import Chosen, How, Proposal, Scope

_HOW: Final = (
    (How.STOP.value, SafeText("stop, 30s later kill")),
    (How.NOW.value, SafeText("kill now")),
    (How.PAUSE.value, SafeText("pause instead")),
)
_SCOPE: Final = (
    (Scope.THESE.value, SafeText("these only")),
    (Scope.CHILDREN.value, SafeText("with children")),
)


def choices(proposal: Proposal, plan: Plan) -> ComposeResult:
    """Only what makes a difference to this plan is offered."""
    if proposal.verb is Verb.KILL:
        yield OneOf(SafeText("how    "), _HOW, id="how")
    if proposal.children:
        yield OneOf(SafeText("scope  "), _SCOPE, id="scope")
    if any(left.reason is RefusalReason.STALE for left in plan.left_out):
        yield Check("add the rows whose last reading is old", id="stale")
    if proposal.verb in ENDS_WORK and any(r.key.kind is Kind.PROCESS for r in plan.targets):
        yield Check("rescue: diff and last log lines into the state directory, first", id="rescue")


def chosen_in(dialog: Widget) -> Chosen:
    """What the widgets of such a dialog say."""

    def picked(name: str, otherwise: str) -> str:
        return next((one.value for one in dialog.query(f"#{name}").results(OneOf)), otherwise)

    def checked(name: str) -> bool:
        return any(one.value for one in dialog.query(f"#{name}").results(Check))

    return Chosen(
        how=How(picked("how", How.STOP)),
        scope=Scope(picked("scope", Scope.THESE)),
        stale_too=checked("stale"),
        rescue=checked("rescue"),
    )
