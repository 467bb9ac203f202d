"""The half of the app that acts: a key makes a plan, a dialog confirms it, the store takes it, outcomes come back.

No action takes a target: whom a verb means is read once, at the key press, from marks and cursor, by identity.
"""

import json
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from fleet_tui.domain.action import NO_PARAMS, Params, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.record import ActionRecord, HandOver, WantedKind
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.arming import ArmingApp
from fleet_tui.ui.messages import Submitted, Told
from fleet_tui.ui.session import Session
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word
from fleet_tui.views.row import is_stale

if TYPE_CHECKING:
    from fleet_tui.domain.plan import Plan
    from fleet_tui.ui.dialogs.plan import Confirmed
    from fleet_tui.views.proposal import Proposal

_TOLD_ROWS = 3
"""So many of what went wrong are told at once; the list has all."""


class ActingApp(ArmingApp):
    """Verbs, and what became of orders."""

    _mine: dict[str, int]
    """Orders of this console: their intent and how many rows they have."""
    _told: set[str]

    def action_ask(self, verb: str) -> None:
        """Open the plan of a verb over what is marked, else under the cursor."""
        self._ask(Verb(verb))

    def _ask(self, verb: Verb) -> None:
        from fleet_tui.ui.dialogs.ask import ExtendDialog
        from fleet_tui.views.reassign import waiting_of

        pane = self.pane
        agents = self.meant(verb)
        if isinstance(agents, str):
            self.say(safe_line(agents))
            return
        hidden = pane.names(pane.hidden())
        self.fleet_pane.touch()
        self._want_fresh(agents)
        waiting = waiting_of(self.model, agents[0], self.session.now()) if len(agents) == 1 else None
        match verb:
            case Verb.REASSIGN if waiting is not None:
                self._ask_about(waiting, agents, hidden)
            case Verb.EXTEND:
                self.push_screen(ExtendDialog(), lambda params: self._plan(verb, agents, hidden, params))
            case Verb.REASSIGN:
                self._reassign(agents, hidden)
            case _:
                self._plan(verb, agents, hidden, NO_PARAMS)

    def action_mark_subtree(self) -> None:
        """Mark the agent under the cursor and all that stands below it, shown or not."""
        from fleet_tui.views.family import below

        agent = self.agent_under_cursor()
        if agent is not None:
            self.pane.table.mark([agent.handle, *(one.handle for one in below(self.model, (agent,)))])

    def _want_fresh(self, agents: tuple[Agent, ...]) -> None:
        """Ask for a reading of what is stale while the plan is being read."""
        now = self.session.now()
        stale = {r.key.source for agent in agents for r in agent.running if is_stale(self.model, r, now)}
        for source in stale:
            self.write(partial(self.session.intents.want, WantedKind.POLL, source, now=now, for_s=15))

    def _reassign(self, agents: tuple[Agent, ...], hidden: tuple[str, ...]) -> None:
        from fleet_tui.ui.dialogs.ask import ReassignDialog

        present = {one: agents[0].assignment.value(one) for one in AssignmentField} if len(agents) == 1 else {}
        dialog = ReassignDialog(present, len(agents))
        self.push_screen(dialog, lambda params: self._plan(Verb.REASSIGN, agents, hidden, params))

    def _ask_about(self, waiting: HandOver, agents: tuple[Agent, ...], hidden: tuple[str, ...]) -> None:
        """A task waits to move from or to this agent: confirm that, or say something else."""
        from fleet_tui.ui.dialogs.ask import HandOverDialog
        from fleet_tui.views.reassign import hand_over_words, still_waits

        def answered(confirm: bool | None) -> None:
            if confirm is None:
                return
            if not confirm:
                self._reassign(agents, hidden)
                return
            if why := still_waits(self.model, waiting):
                self.say(safe_line(f"{why}; nothing was done"), bad=True)
                return
            givers = tuple(a for a in self.model.agents.values() if waiting.from_agent in {a.handle, a.name})
            self._plan(Verb.PAUSE, givers, hidden, NO_PARAMS, hand_over=waiting)

        self.push_screen(HandOverDialog(hand_over_words(waiting, self.session.now())), answered)

    def _plan(
        self,
        verb: Verb,
        agents: tuple[Agent, ...],
        hidden: tuple[str, ...],
        params: Params | None,
        *,
        hand_over: HandOver | None = None,
    ) -> None:
        from fleet_tui.views.proposal import propose
        from fleet_tui.views.reassign import moving

        if params is None:
            return
        if params.task_to is not None and isinstance(why := moving(self.model, agents[0], params.task_to), str):
            self.say(safe_line(f"{why}; nothing was done"), bad=True)
            return
        session, now = self.session, self.session.now()
        proposal = propose(verb, agents, model=self.model, now=now, params=params, acting=session.acting)
        if hand_over is not None:
            proposal = replace(proposal, hand_over=hand_over, children=())
        self.show_plan(proposal, hidden)

    @override
    def show_plan(self, proposal: "Proposal", hidden: tuple[str, ...] = ()) -> None:
        from fleet_tui.ui.dialogs.plan import Desk, PlanDialog
        from fleet_tui.views.family import left_out
        from fleet_tui.views.plan import PlanContext

        session = self.session
        if self.model.loading_whole:
            # What is not here yet would be in no plan: other resources of the same agent, children, who else matches.
            self.say(SafeText("the fleet is still being read: ask again when it is here; nothing was done"), bad=True)
            return
        context = PlanContext(
            fleet=session.fleet,
            production=session.production,
            hidden=hidden,
            gone=(*self.pane.lost(), *left_out(proposal.agents, proposal.plan())),
            may_act=session.may_act(),
            why_not=session.why_not(),
        )
        desk = Desk(
            model=self.model,
            context=context,
            hand=self.hand,
            now=session.now,
            why_not=session.why_not,
            look=session.look_for_dirt,
            save=self._keep_plan,
            ascii_only=self.fleet_pane.ascii_only,
        )
        under = _rules(session)
        self.push_screen(PlanDialog(proposal, desk), lambda confirmed: self._confirmed(proposal, confirmed, under))

    def _keep_plan(self, plan: "Plan") -> None:
        """Keep a plan as `--dry-run --json` prints it."""
        from fleet_tui.config.keep import keep, own_folder
        from fleet_tui.config.retention import PLANS
        from fleet_tui.views.as_json import plan_rows

        state_dir = self.session.state_dir
        if state_dir is None:
            self.say(SafeText("there is no state directory to keep a plan in"), bad=True)
            return
        name = f"{plan.made_at:%Y-%m-%dT%H%M%SZ}-{plan.verb}-{os.urandom(4).hex()}.json"
        text = json.dumps(plan_rows(plan), ensure_ascii=True, indent=1) + "\n"

        def attempt() -> None:
            try:
                kept = keep(own_folder(state_dir, PLANS), name, [text])
                self.post_message(Told(safe_line(f"the plan is in {kept}")))
            except OSError as error:
                why = f"the plan could not be kept in {state_dir / PLANS}: {error.strerror}"
                self.post_message(Told(safe_line(why), bad=True))

        self.run_worker(attempt, thread=True, group="plans")

    def _confirmed(self, proposal: "Proposal", confirmed: "Confirmed | None", under: object) -> None:
        if confirmed is not None and under != _rules(self.session):
            self.say(SafeText("the configuration was read again while the plan was shown: nothing was done"), bad=True)
        elif confirmed is not None:
            self.run_worker(self.writes.counted(lambda: self._submit(proposal, confirmed)), thread=True, group="orders")

    def _submit(self, proposal: "Proposal", confirmed: "Confirmed") -> None:
        from fleet_tui.ui.orders import move, order

        plan, why = confirmed.plan, confirmed.why
        if proposal.hand_over is not None:
            self.post_message(move(self.session, proposal.hand_over, plan, why=why))
        else:
            self.post_message(order(self.session, self.model, plan, why=why, agents=proposal.agents))
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
        elif message.told:
            self._tell_outcome((word(message.told, Role.WAIT),))
        else:
            self._tell_outcome((word(f"kept here for {message.rows} {noun}", Role.GOOD),))
        self.fleet_pane.table.action_mark_none()
        self.pane.table.action_mark_none()

    def _tell_outcome(self, cells: Pieces) -> None:
        line = self.outcome
        line.add_class("told")
        line.show(*cells, word("   o lists them", Role.DIM))

    def told_actions(self, records: tuple[ActionRecord, ...]) -> None:
        """Outcomes came back: those of our own orders are told, refusals and failures each in a toast."""
        if self.in_front:
            self._tell_in_front()
        mine = [record for record in records if record.intent_id in self._mine]
        if not mine:
            return
        from fleet_tui.views import outcomes

        for intent_id in dict.fromkeys(record.intent_id for record in mine):
            every = [record for record in self.model.actions.values() if record.intent_id == intent_id]
            self._tell_outcome((word(outcomes.summary(every, self._mine[intent_id]), Role.STRONG),))
        now = self.session.now()
        bad = [r for r in mine if r.outcome is not None and outcomes.outcome_role(r.outcome) is not Role.GOOD]
        for record in [r for r in bad if r.action_id not in self._told][:_TOLD_ROWS]:
            line = outcomes.outcome_line(record, now, self.model)
            self.say(safe_line("".join(cell.text for cell in line)), bad=True)
        self._told.update(record.action_id for record in bad)

    def _tell_in_front(self) -> None:
        from fleet_tui.ui.screens.outcomes import OutcomesScreen

        if isinstance(self.screen, OutcomesScreen):
            self.screen.tell(self._order_lines())

    def action_outcomes(self) -> None:
        """What became of every order of the last day that is known here, ours first; it goes on telling."""
        from fleet_tui.ui.screens.outcomes import OutcomesScreen

        self.push_screen(OutcomesScreen(SafeText("outcomes"), self._order_lines()))

    def _order_lines(self) -> list[Pieces]:
        from fleet_tui.views import outcomes

        lines = outcomes.order_lines(self.model, self._mine, self.session.now())
        return lines or [(word("no order was given yet", Role.DIM),)]


def _rules(session: Session) -> tuple[object, ...]:
    """What a plan is made and confirmed under, beside the window."""
    return session.fleet, session.production, session.acting, session.writing
