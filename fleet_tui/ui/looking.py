"""The part of the app that looks closer: detail, raw row, logs, events, money. Control-plane reads only."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told
from fleet_tui.views.cells import Role
from fleet_tui.views.logs import LINES_KEPT, logged
from fleet_tui.views.pieces import word

if TYPE_CHECKING:
    from fleet_tui.ui.screens.detail import DetailScreen
    from fleet_tui.ui.screens.text import Lines
    from fleet_tui.views.apart import Money
    from fleet_tui.views.story import Past

WANT_LOGS_S: Final = 30.0
_DAY: Final = timedelta(hours=24)
_WEEK: Final = timedelta(days=7)
_EVENTS: Final = 200
_EVENTS_EACH: Final = 20
_FAILURES: Final = 2000
_KEYS: Final = 50
"""Of an agent that holds more than so many things the events of the others are left out."""


class LookingApp(ConsoleApp):
    """Each key opens a screen in front; escape goes back."""

    def _heading(self, what: str, agent: Agent) -> SafeText:
        return safe_join((safe_line(f"{what} "), self.model.names.of(agent.handle)))

    def action_detail(self) -> None:
        """The whole story."""
        from fleet_tui.ui.screens.detail import DetailScreen
        from fleet_tui.views.story import story_lines

        if (agent := self.agent_under_cursor()) is None:
            return

        def story(past: "Past | None") -> "Lines":
            found = self.model.agents.get(agent.handle, agent)
            return story_lines(self.model, found, self.session.now(), past)

        screen = DetailScreen(
            self._heading("detail", agent),
            story,
            partial(self._read_past, agent),
            now=self.session.now,
            ascii_only=self.fleet_pane.ascii_only,
        )
        self.push_screen(screen)

    def _read_past(self, agent: Agent, screen: "DetailScreen") -> None:
        """What happened to an agent and what was measured of it, in a thread."""
        from fleet_tui.ui.screens.detail import PastRead
        from fleet_tui.views.story import Past

        reader, now = self.session.reader, self.session.now()
        keys = {resource.key for resource in agent.resources}
        lead = agent.lead
        measured = lead is not None and (lead.observes_work or lead.key in self.model.vitals)

        def read() -> None:
            failures = [one for one in reader.failures(since=now - _DAY, limit=_FAILURES) if one.key in keys]
            events = [event for key in sorted(keys)[:_KEYS] for event in reader.events(limit=_EVENTS_EACH, key=key)]
            newest = sorted(events, key=lambda event: event.at, reverse=True)
            past = Past(events=tuple(newest), failures=tuple(failures))
            if lead is None or not measured:
                screen.post_message(PastRead(past, None))
                return
            watched = tuple(span for name, span in reader.watched(since=now - _WEEK) if name == lead.key.source)
            screen.post_message(PastRead(past, reader.samples(lead.key, since=now - _WEEK), watched))

        self._read(read)

    def _read(self, read: Callable[[], None]) -> None:
        """Read in a thread; trouble with the store is told."""

        def attempt() -> None:
            try:
                read()
            except StoreError as error:
                self.post_message(Told(safe_line(str(error)), bad=True))

        self.run_worker(attempt, thread=True, group="reads")

    def action_raw(self) -> None:
        """What is stored of it as JSON: ASCII, every text exact, nothing written like a key."""
        from fleet_tui.ui.screens.text import TextScreen
        from fleet_tui.views.raw import raw_lines

        if (agent := self.agent_under_cursor()) is not None:
            self.push_screen(TextScreen(self._heading("raw", agent), raw_lines(self.model, agent, self.session.now())))

    def action_logs(self) -> None:
        """The log of the present run, followed."""
        self._show_log(before=False)

    def action_logs_before(self) -> None:
        """The log of the run before."""
        self._show_log(before=True)

    def _show_log(self, *, before: bool) -> None:
        from fleet_tui.ui.screens.logs import LogScreen

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
        from fleet_tui.ui.screens.logs import LogsRead

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
        from fleet_tui.ui.screens.text import TextRead, TextScreen
        from fleet_tui.views.raw import stale_lines
        from fleet_tui.views.story import event_lines

        if (agent := self.agent_under_cursor()) is None:
            return
        reading = [[word("reading what happened", Role.DIM)]]
        screen = TextScreen(self._heading("events", agent), reading)
        self.push_screen(screen)
        reader, stale = self.session.reader, stale_lines(self.model, agent, self.session.now())

        def read() -> None:
            found = [event for r in agent.resources[:_KEYS] for event in reader.events(limit=_EVENTS, key=r.key)]
            newest = sorted(found, key=lambda event: event.at, reverse=True)
            lines: Lines = [*stale, *(event_lines(newest) if newest else [[word("no event is kept", Role.DIM)]])]
            screen.post_message(TextRead(lines))

        self._read(read)

    def action_money(self) -> None:
        """The figure under the cursor, line by line: an agent's, a group's, else the whole fleet's."""
        from fleet_tui.views.apart import agent_money, fleet_money

        subject = self.pane.money_subject()
        agent = None if subject is not None else self.model.agents.get(self.pane.handle_under_cursor() or "")
        if subject is not None:
            self._take_apart(subject)
        elif agent is not None:
            self._take_apart(agent_money(self.model, agent, self.session.now()))
        else:
            self._take_apart(fleet_money(self.model, self.session.now()))

    def _take_apart(self, subject: "Money") -> None:
        from fleet_tui.ui.screens.money import MoneyScreen
        from fleet_tui.ui.screens.text import TextRead
        from fleet_tui.views.apart import fleet_money

        heading = safe_join((SafeText("money of "), safe_line(subject.title, 60)))
        whole = fleet_money(self.model, self.session.now())
        screen = MoneyScreen(heading, subject, show_whole=lambda: self._take_apart(whole))
        self.push_screen(screen)
        reader = self.session.reader

        def read() -> None:
            parts = [part for day in subject.days for part in reader.parts(day=day, agent=subject.agent)]
            dearest = sorted(parts, key=lambda part: -part.amount_micro) if len(subject.days) > 1 else parts
            screen.post_message(TextRead(subject.lines(dearest)))

        self._read(read)

    def action_copy_id(self) -> None:
        """Put the id on the clipboard, as safe text."""
        if (agent := self.agent_under_cursor()) is not None:
            raw = (agent.lead or agent.resources[0]).key.id
            if (safe := safe_line(raw)) != raw:
                # Half an id, or one that only looks the same, is that of something else.
                self.say(
                    SafeText("this id is too long or holds hidden characters: y shows it, and --json prints it"),
                    bad=True,
                )
                return
            self.copy_to_clipboard(safe)
            self.say(SafeText("the id is on the clipboard"))

    def action_refresh_now(self) -> None:
        """Ask for a reading of every source."""
        now = self.session.now()
        self.write(lambda: self.session.intents.want(WantedKind.POLL, "", now=now, for_s=WANT_LOGS_S))
        self.look_again()
        self.say(SafeText("asked for a reading of every source"))
