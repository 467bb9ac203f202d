"""Carries out what was typed on the command line, through the one table of actions."""

from collections.abc import Sequence

from fleet_tui.domain.action import VERBS, Params, Verb
from fleet_tui.domain.extension import extension_s
from fleet_tui.domain.filter import Filter, FilterError, parse_to_act
from fleet_tui.domain.filter_words import shown
from fleet_tui.ui.commanding import CommandingApp
from fleet_tui.ui.commands import Command, CommandError, Takes, commands_of, filter_of, understood
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.views.choice import Ambiguous, Choice, WrongKind, choose, choose_ids
from fleet_tui.views.completion import Completion, complete_filter, fitting, word_start
from fleet_tui.views.proposal import propose_choice
from fleet_tui.views.vocabulary import LOOKED_AT, Vocabulary


class Commander:
    """Every command ends where its key would: in an action of the app, or in the plan of a verb."""

    def __init__(self, app: CommandingApp) -> None:
        self._app: CommandingApp = app

    async def carry_out(self, line: str) -> None:
        """Do what a line says. Raises CommandError, and then nothing was done."""
        typed = understood(line, commands_of(self._app.actions))
        command, words = typed.command, typed.words
        if command is None:
            self._app.narrow_to(self._filter_of(words))
        elif command.view is not None:
            await self._show(command.view, words)
        elif command.verb is not None:
            self._order(command.verb, words)
        elif command.action is not None:
            self._run(command.action, words)

    def _filter_of(self, words: tuple[str, ...]) -> Filter:
        return filter_of(words, sorted(self._app.model.statuses))

    async def _show(self, view: View, words: tuple[str, ...]) -> None:
        chosen = self._filter_of(words)
        await self._app.action_view(view.value)
        if words:
            self._app.narrow_to(chosen)

    def _run(self, action: KeyAction, words: tuple[str, ...]) -> None:
        if self._app.pane.view not in action.views:
            where = " and ".join(sorted(view.value.upper() for view in action.views))
            raise CommandError(f"{action.label} is of {where}, and this is {self._app.pane.view.value.upper()}")
        if action.id == "filter" and words:
            self._app.narrow_to(self._filter_of(words))
        elif words:
            if action.id == "theme" and words[0] not in self._app.theme_names():
                raise CommandError(
                    f"there is no theme {shown(words[0])}: there is {', '.join(self._app.theme_names())}"
                )
            self._app.call_later(self._app.run_action, ("app", action.action, tuple(words)))
        else:
            self._app.run_action_soon(action.action)

    def _order(self, verb: Verb, words: tuple[str, ...]) -> None:
        if not words:
            self._app.action_ask(verb.value)
        elif verb is Verb.EXTEND:
            self._extend(words[0])
        else:
            choice = self._chosen_by(verb, words)
            self._plan_choice(verb, choice, Params())

    def _extend(self, word: str) -> None:
        try:
            params = Params(extend_s=extension_s(word))
        except FilterError as error:
            raise CommandError(str(error)) from error
        agents = self._app.meant(Verb.EXTEND)
        if isinstance(agents, str):
            raise CommandError(agents)
        self._plan_choice(
            Verb.EXTEND, Choice(agents=agents), params, hidden=self._app.pane.names(self._app.pane.hidden())
        )

    def _chosen_by(self, verb: Verb, words: tuple[str, ...]) -> Choice:
        try:
            if VERBS[verb].final:
                return Choice(resources=choose_ids(self._app.model, verb, words))
            choice = choose(self._app.model, parse_to_act(words), self._app.session.now())
        except (FilterError, Ambiguous, WrongKind) as error:
            raise CommandError(str(error)) from error
        if choice == Choice():
            raise CommandError("that matches nothing: nothing was done")
        return choice

    def _plan_choice(self, verb: Verb, choice: Choice, params: Params, hidden: tuple[str, ...] = ()) -> None:
        session, now = self._app.session, self._app.session.now()
        proposal = propose_choice(verb, choice, model=self._app.model, now=now, params=params, acting=session.acting)
        self._app.show_plan(proposal, hidden)

    def completed(self, words: Vocabulary, line: str) -> Completion:
        """How a command line could go on."""
        start = word_start(line)
        if not line[:start].strip():
            return Completion(start=start, options=fitting(line[start:], _names(commands_of(self._app.actions))))
        typed = line[start:]
        if typed.startswith("@"):
            return Completion(
                start=start, options=fitting(typed, (f"@{name}" for name in sorted(self._app.model.statuses)))
            )
        try:
            command = understood(f"{line[:start]}{typed or 'x'}", commands_of(self._app.actions)).command
        except CommandError:
            return Completion(start=start)
        match command.takes if command is not None else Takes.FILTER:
            case Takes.FILTER | Takes.WORDS:
                return complete_filter(line, words)
            case Takes.IDS:
                return Completion(start=start, options=fitting(typed, self._ids(command)))
            case Takes.MAY_WORD if command is not None and command.name == "theme":
                return Completion(start=start, options=fitting(typed, self._app.theme_names()))
            case _:
                return Completion(start=start)

    def _ids(self, command: Command | None) -> list[str]:
        if command is None or command.verb is None:
            return []
        kinds = VERBS[command.verb].kinds
        return sorted([key.id for key in self._app.model.resources if key.kind in kinds][:LOOKED_AT])


def _names(every: Sequence[Command]) -> tuple[str, ...]:
    """The printed names first."""
    return tuple(dict.fromkeys([*(one.name for one in every), *(name for one in every for name in one.names[1:])]))
