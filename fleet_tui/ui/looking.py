"""The half of the app that looks closer: detail, raw row, logs, events, money. Control-plane reads only."""

import json
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import LogsRead, Told
from fleet_tui.ui.screens.logs import LOG_LINES, LogScreen
from fleet_tui.ui.screens.text import Lines, TextScreen
from fleet_tui.views.as_json import agent_row
from fleet_tui.views.cells import Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.pieces import said, word
from fleet_tui.views.usage import usage_lines

WANT_LOGS_S: Final = 30.0
_EVENTS: Final = 200
_USAGE: Final = 500


def logged(agent: Agent) -> Resource | None:
    """What of an agent keeps a log: what leads it first."""
    candidates = (*((agent.lead,) if agent.lead else ()), *agent.running, *agent.resources)
    return next((r for r in candidates if Capability.LOGS in r.capabilities), None)


class LookingApp(ConsoleApp):
    """Each key opens a screen in front; escape goes back."""

    def _heading(self, what: str, agent: Agent) -> SafeText:
        return safe_join((safe_line(f"{what} "), self.model.names.of(agent.handle)))

    def action_detail(self) -> None:
        """The whole story."""
        if (agent := self.agent_under_cursor()) is not None:
            lines = detail_lines(self.model, agent, self.session.now())
            self.push_screen(TextScreen(self._heading("detail", agent), lines))

    def action_raw(self) -> None:
        """The row as `--json` prints it: ASCII, every text exact."""
        if (agent := self.agent_under_cursor()) is not None:
            printed = json.dumps(agent_row(self.model, agent, self.session.now()), indent=2)
            lines = [[safe_line(line)] for line in printed.splitlines()]
            self.push_screen(TextScreen(self._heading("raw", agent), lines))

    def action_logs(self) -> None:
        """The last log lines, followed."""
        if (agent := self.agent_under_cursor()) is None:
            return
        resource = logged(agent)
        if resource is None:
            self.say(SafeText("nothing of this agent keeps a log that can be read"))
            return
        heading = self._heading("logs", agent)
        self.push_screen(LogScreen(heading, resource.key, ask=self.ask_logs, read=self.read_logs))

    def ask_logs(self, key: ResourceKey) -> None:
        """Ask the collector for newer lines, and show those that are there."""
        now = self.session.now()
        self.write(lambda: self.session.intents.want(WantedKind.LOGS, key.packed(), now=now, for_s=WANT_LOGS_S))
        self.read_logs(key)

    def read_logs(self, key: ResourceKey, limit: int = LOG_LINES) -> None:
        """Read what the store holds, in a thread."""

        def read() -> None:
            try:
                found = self.session.reader.log_tail(key, limit=limit)
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))
                return
            lines = tuple(safe_join((_stamp(at), safe_line(text))) for at, text in found)
            self.screen.post_message(LogsRead(key, lines))

        self.run_worker(read, thread=True, group="reads")

    def action_events(self) -> None:
        """What happened to it."""
        agent = self.agent_under_cursor()
        if agent is None or not agent.resources:
            return
        key = (agent.lead or agent.resources[0]).key
        try:
            found = self.session.reader.events(limit=_EVENTS, key=key)
        except StoreError as error:
            self.say(safe_line(str(error)), bad=True)
            return
        lines: Lines = [
            [word(_stamp(event.at), Role.DIM), said(f"{event.type} ", Role.STRONG), said(event.text)] for event in found
        ]
        self.push_screen(TextScreen(self._heading("events", agent), lines or [[word("no event is kept", Role.DIM)]]))

    def action_money(self) -> None:
        """Its usage lines of today, each with basis and origin."""
        agent = self.agent_under_cursor()
        if agent is None:
            return
        now = self.session.now()
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            found = self.session.reader.usage(since=midnight, agent=agent.name, limit=_USAGE)
        except StoreError as error:
            self.say(safe_line(str(error)), bad=True)
            return
        self.push_screen(TextScreen(self._heading("money today", agent), usage_lines(found)))

    def action_copy_id(self) -> None:
        """Put the id on the clipboard, as safe text."""
        if (agent := self.agent_under_cursor()) is not None:
            self.copy_to_clipboard(safe_line((agent.lead or agent.resources[0]).key.id))
            self.say(SafeText("the id is on the clipboard"))

    def action_refresh_now(self) -> None:
        """Ask for a reading of every source."""
        now = self.session.now()
        self.write(lambda: self.session.intents.want(WantedKind.POLL, "", now=now, for_s=WANT_LOGS_S))
        self.look_again()
        self.say(SafeText("asked for a reading of every source"))


def _stamp(at: datetime | None) -> SafeText:
    return safe_line(f"{at.astimezone(UTC):%H:%M:%S} " if at is not None else "")
