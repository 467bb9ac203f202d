"""The half of the app that acts: a key makes a plan, a dialog confirms it, the store takes it, outcomes come back.

No action takes a target: whom a verb means is read once, at the key press, from marks and cursor, by identity.
"""

from dataclasses import replace
from functools import partial

from fleet_tui.domain.action import NO_PARAMS, Params, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.plan import Plan, plan_for_agents
from fleet_tui.domain.record import ActionRecord, WantedKind
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.dialogs.ask import ExtendDialog, ReassignDialog, WordDialog
from fleet_tui.ui.dialogs.plan import Confirmed, PlanDialog
from fleet_tui.ui.messages import Submitted
from fleet_tui.ui.orders import at_once, order
from fleet_tui.ui.screens.text import TextScreen
from fleet_tui.views import outcomes
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import said, word
from fleet_tui.views.plan import PlanContext
from fleet_tui.views.row import is_stale

_TOLD_ROWS = 3


class ActingApp(ConsoleApp):
    """Verbs, the write window, and what became of orders."""

    _mine: dict[str, int]
    """Orders of this console: their intent and how many rows they have."""
    _told: set[str]

    def action_ask(self, verb: str) -> None:
        """Open the plan of a verb over what is marked, else under the cursor."""
        self._ask(Verb(verb))

    def _ask(self, verb: Verb) -> None:
        agents = tuple(self.model.agents[handle] for handle in self.pane.chosen() if handle in self.model.agents)
        if not agents:
            self.say(safe_line(f"nothing to {verb}: no agent is marked or under the cursor"))
            return
        hidden = self.pane.names(self.pane.hidden())
        self._want_fresh(agents)
        match verb:
            case Verb.EXTEND:
                self.push_screen(ExtendDialog(), lambda params: self._plan(verb, agents, hidden, params))
            case Verb.REASSIGN:
                present = {one: agents[0].assignment.value(one) for one in AssignmentField} if len(agents) == 1 else {}
                dialog = ReassignDialog(present, len(agents))
                self.push_screen(dialog, lambda params: self._plan(verb, agents, hidden, params))
            case _:
                self._plan(verb, agents, hidden, NO_PARAMS)

    def _want_fresh(self, agents: tuple[Agent, ...]) -> None:
        """Ask for a reading of what is stale while the plan is being read."""
        now = self.session.now()
        stale = {r.key.source for agent in agents for r in agent.running if is_stale(self.model, r, now)}
        for source in stale:
            self.write(partial(self.session.intents.want, WantedKind.POLL, source, now=now, for_s=15))

    def _plan(self, verb: Verb, agents: tuple[Agent, ...], hidden: tuple[str, ...], params: Params | None) -> None:
        if params is None:
            return
        now = self.session.now()
        plan = plan_for_agents(
            verb, agents, statuses=self.model.statuses, now=now, params=params, acting=self.session.acting
        )
        context = PlanContext(
            fleet=self.session.fleet,
            production=self.session.production,
            hidden=hidden,
            may_act=self.session.may_act(),
            why_not=self.session.why_not(),
        )
        self.push_screen(
            PlanDialog(plan, self.model, context, now, ascii_only=self.fleet_pane.ascii_only),
            lambda confirmed: self._confirmed(agents, confirmed),
        )

    def _confirmed(self, agents: tuple[Agent, ...], confirmed: Confirmed | None) -> None:
        if confirmed is None:
            return
        plan = confirmed.plan
        if confirmed.at_once:
            plan = replace(plan, params=at_once(plan.params))
        self.run_worker(lambda: self._submit(plan, confirmed.why, agents), thread=True, group="orders")

    def _submit(self, plan: Plan, why: str, agents: tuple[Agent, ...]) -> None:
        self.post_message(order(self.session, self.model, plan, why=why, agents=agents))
        if trouble := self.session.start_collector():
            self.post_message(Submitted("", 0, refused=trouble))

    def on_submitted(self, message: Submitted) -> None:
        """Say whether it was taken, and follow it."""
        if message.refused:
            self.say(safe_line(message.refused), bad=True)
            return
        noun = "row" if message.rows == 1 else "rows"
        if message.intent_id:
            self._mine[message.intent_id] = message.rows
            self._tell_outcome((word(f"submitted: {message.rows} {noun}, waiting for the collector", Role.WAIT),))
        else:
            self._tell_outcome((word(f"kept here for {message.rows} {noun}", Role.GOOD),))
        self.fleet_pane.table.action_mark_none()

    def _tell_outcome(self, cells: Pieces) -> None:
        line = self.outcome
        line.add_class("told")
        line.show(*cells, word("   o lists them", Role.DIM))

    def told_actions(self, records: tuple[ActionRecord, ...]) -> None:
        """Outcomes came back: those of our own orders are told, refusals and failures each in a toast."""
        mine = [record for record in records if record.intent_id in self._mine]
        if not mine:
            return
        for intent_id in dict.fromkeys(record.intent_id for record in mine):
            every = [record for record in self.model.actions.values() if record.intent_id == intent_id]
            self._tell_outcome((word(outcomes.summary(every), Role.STRONG),))
        now = self.session.now()
        bad = [r for r in mine if r.outcome is not None and outcomes.outcome_role(r.outcome) is not Role.GOOD]
        for record in [r for r in bad if r.action_id not in self._told][:_TOLD_ROWS]:
            line = outcomes.outcome_line(record, now)
            self.say(safe_line("".join(cell.text for cell in line)), bad=True)
        self._told.update(record.action_id for record in bad)

    def action_outcomes(self) -> None:
        """What became of every order of the last day that is known here, ours first."""
        records = sorted(
            self.model.actions.values(), key=lambda r: (r.intent_id not in self._mine, -r.submitted_at.timestamp())
        )
        lines = outcomes.outcome_lines(records[:200], self.session.now())
        self.push_screen(TextScreen(SafeText("outcomes"), lines or [[word("no order was given yet", Role.DIM)]]))

    def action_window(self) -> None:
        """Open the write window of this console, or shut it."""
        session = self.session
        if session.read_only:
            self.say(SafeText('fleet.toml says access = "read-only": nothing can be done from here'), bad=True)
        elif session.may_act():
            self._shut_window()
        elif session.production:
            asked = f"{session.fleet} is production. Type its name to open this console for 10 minutes."
            dialog = WordDialog(SafeText("WRITE WINDOW"), session.fleet, asked)
            self.push_screen(dialog, lambda agreed: self._open_window(agreed=bool(agreed)))
        else:
            self._open_window(agreed=True)

    def _open_window(self, *, agreed: bool) -> None:
        if not agreed:
            return
        try:
            self.session.open_window()
        except StoreError as error:
            self.say(said(f"the window stays shut: {error}").text, bad=True)
        self.told_standing()

    def _shut_window(self) -> None:
        try:
            self.session.close_window()
        except StoreError as error:
            self.say(said(f"shut, but the audit could not be written: {error}").text, bad=True)
        self.told_standing()
