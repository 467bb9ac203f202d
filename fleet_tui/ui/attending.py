"""The part of the app that says who deals with what. Nothing of it touches an agent, so no window need be open."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from fleet_tui.domain.acknowledgement import FILTER, LONGEST, Dealt, Judged, Standing, Word, silence
from fleet_tui.domain.attention import Item
from fleet_tui.domain.attention_place import Place
from fleet_tui.domain.filter import FilterError, duration_s
from fleet_tui.domain.reading import is_fresh
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Looked, Told
from fleet_tui.ui.telling import Telling, TellingDriver, in_tmux
from fleet_tui.views.ages import fine
from fleet_tui.views.attention import Attention, AttentionBook
from fleet_tui.views.attention_rows import what

_NAMED = 3


class AttendingApp(ConsoleApp):
    """Looks what needs somebody, and keeps who takes it."""

    book: AttentionBook
    telling: Telling
    _trouble: str = ""
    """Why the store cannot be read now."""
    _told_trouble: str = ""
    """Why no collector could be started."""

    def attended(self) -> Attention:
        """What needs somebody, as the store and this console's own place say it."""
        now = self.session.now()
        # Once something is read again a collector is alive, whatever became of the one before it.
        blind = not any(is_fresh(status, now) for status in self.model.statuses.values())
        place = Place(
            store=self._trouble,
            collector=self._told_trouble if blind else "",
            free_bytes=self.session.low_disk_bytes(),
        )
        return self.book.look(now, place)

    def look_beside(self, look: Callable[[], Callable[[], None]]) -> None:
        """Look through what takes a while in a thread, and show what was found."""

        def found() -> None:
            keep = look()

            def show() -> None:
                keep()
                self.told_standing()

            self.post_message(Looked(show))

        self.run_worker(found, thread=True, group="reads")

    def tell_terminal(self, attention: Attention) -> None:
        """Ring, or ask for a notice, where fleet.toml asks for it and something new needs somebody."""
        session = self.session
        if session.hears and isinstance(self._driver, TellingDriver):
            for how, title, text in self.telling.due(self.model, session.hears, attention, session.now()):
                self._driver.tell(how, title, text, tmux=in_tmux(session.env))

    def action_take(self) -> None:
        """Take what is marked, else what the row under the cursor is about."""
        meant = self.pane.alerts(self.attended())
        if not meant:
            self.say(SafeText("nothing needs you on this row: ! lists what does"))
            return
        waiting = [one for one in meant if one.standing is not Standing.TAKEN]
        if not waiting:
            by = meant[0].by
            self.say(
                safe_line(f"{by.by if by is not None else 'somebody'} has taken it already; Z and 0 open it again")
            )
            return
        self._deal(waiting, Dealt.TAKEN, None, "taken")

    def action_snooze(self) -> None:
        """Put it off for as long as is typed."""
        from fleet_tui.ui.dialogs.ask import SnoozeDialog

        meant = self.pane.alerts(self.attended())
        if not meant:
            self.say(SafeText("nothing is marked or under the cursor"))
            return

        def told(seconds: int | None) -> None:
            if seconds == 0 and (by := next((one.by for one in meant if one.silenced_by_filter), None)) is not None:
                words = by.cause.removeprefix(FILTER)
                self.say(safe_line(f"a filter silences it: fleet-tui silence {words} --for 0 ends that"), bad=True)
            elif seconds is not None:
                done = f"snoozed for {fine(seconds)}" if seconds else "open again"
                self._deal(meant, Dealt.SNOOZED, seconds, done)

        self.push_screen(SnoozeDialog(), told)

    def action_silence(self, word: str) -> None:
        """Let nothing of what is marked, else under the cursor, ask for anybody for so long."""
        meant = self.pane.alerts(self.attended())
        try:
            seconds = duration_s(word)
        except FilterError as error:
            self.say(safe_line(str(error)), bad=True)
            return
        if not meant or seconds > LONGEST.total_seconds():
            self.say(safe_line("nothing is marked or under the cursor" if not meant else "at most 30d"), bad=True)
            return
        session, now = self.session, self.session.now()
        until = now + timedelta(seconds=seconds)
        said = [silence(one.item.cause, by=session.actor, now=now, until=until) for one in meant]

        def keep() -> None:
            for one in said:
                session.intents.silence(one, host=session.host, via="console")

        self._keep(
            keep, "silenced", f"silenced for {fine(seconds)}" if seconds else "open again", [one.plain for one in meant]
        )

    def _deal(self, meant: Sequence[Judged], dealt: Dealt, for_s: int | None, word: str) -> None:
        session = self.session
        now = session.now()
        said = Word(
            actor=session.actor,
            host=session.host,
            via="console",
            now=now,
            until=None if for_s is None else now + timedelta(seconds=for_s),
        )
        items = [one.plain for one in meant]

        self._keep(lambda: session.intents.acknowledge(items, dealt, said), dealt.value, word, items)

    def _keep(self, keep: Callable[[], object], dealt: str, word: str, items: Sequence[Item]) -> None:
        """Write in a thread; say what was done, or why it was not. Marks have done their work then, as after a plan."""
        table = self.pane.table
        meant = table.marks

        def attempt() -> None:
            try:
                keep()
            except StoreError as error:
                self.post_message(Told(safe_line(f"not {dealt}: {error}"), bad=True))
                return
            self.post_message(Looked(lambda: table.unmark(meant)))
            self.post_message(Told(safe_line(f"{word}: {_named(what(item) for item in items)}")))

        self.run_worker(self.writes.counted(attempt), thread=True, group="writes")


def _named(texts: Iterable[str]) -> str:
    every = list(texts)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return "; ".join(every[:_NAMED]) + more
