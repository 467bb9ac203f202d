"""The half of the app that looks closer: detail, raw row, logs, events, money. Control-plane reads only."""

import json
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told
from fleet_tui.ui.screens.logs import LogScreen, LogsRead
from fleet_tui.ui.screens.text import Lines, TextScreen
from fleet_tui.views.as_json import agent_row
from fleet_tui.views.cells import Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.logs import LINES_KEPT, logged
from fleet_tui.views.pieces import said, word
from fleet_tui.views.usage import usage_lines

WANT_LOGS_S: Final = 30.0
_EVENTS: Final = 200
_USAGE: Final = 500


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
        """The log of the present run, followed."""
        self._show_log(before=False)

    def action_logs_before(self) -> None:
        """The log of the run before."""
        self._show_log(before=True)

    def _show_log(self, *, before: bool) -> None:
        if (agent := self.agent_under_cursor()) is None:
            return
        keys = [resource.key for resource in logged(agent)]
        if not keys:
            self.say(SafeText("nothing of this agent keeps a log that can be read"))
            return
        self.push_screen(LogScreen(self._heading("logs", agent), keys, self, before=before))

    def log_status(self, key: ResourceKey) -> SourceStatus | None:
        """How the source stands that keeps the log."""
        return self.model.statuses.get(key.source)

    def ask_logs(self, key: ResourceKey) -> None:
        """Have the collector follow a log for a while."""
        now = self.session.now()
        self.write(lambda: self.session.intents.want(WantedKind.LOGS, key.packed(), now=now, for_s=WANT_LOGS_S))

    def read_logs(self, key: ResourceKey, seq: int) -> None:
        """Read what the store holds behind `seq`, in a thread."""
        screen, reader = self.screen, self.session.reader

        def read() -> None:
            try:
                lines = reader.log_after(key, seq=seq, limit=LINES_KEPT)
                found = LogsRead(key, lines, reader.log_state(key) if lines or not seq else None)
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))
                found = LogsRead(key, (), None)
            screen.post_message(found)

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
