"""The part of the app that runs the operator's own commands on the row under the cursor, and says so in the audit."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported
from textual.message import Message

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, exact, safe_block, safe_join, safe_line
from fleet_tui.ports import StoreError
from fleet_tui.ui.child import Children, Ended, run_here
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told
from fleet_tui.ui.personal import Personal
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import said, word

if TYPE_CHECKING:
    from fleet_tui.config.plugins import Plugin, Value
    from fleet_tui.ui.screens.text import Lines

AUDIT_TEXT = 400


@dataclass
class PluginNoted(Message):
    """It stands in the audit that this is run; now it may be."""

    plugin: "Plugin"
    words: tuple[str, ...]


@dataclass
class PluginEnded(Message):
    """A command that ran behind the console ended."""

    plugin: "Plugin"
    ended: Ended


def values_of(agent: Agent) -> "Mapping[Value, str | None]":
    """What of an agent's row a command can be given, exactly as it is."""
    from fleet_tui.config.plugins import Value

    resource = agent.lead or agent.resources[0]
    return {
        Value.AGENT: agent.name if agent.claimed else None,
        Value.ID: resource.key.id,
        Value.SOURCE: resource.key.source,
        Value.PROVIDER: resource.provider,
        Value.KIND: resource.key.kind.value,
        Value.OWNER: agent.assignment.owner,
        Value.TEAM: agent.assignment.team,
        Value.TASK: agent.assignment.task,
    }


class PluggingApp(ConsoleApp):
    """No action takes a target: a plugin's name is its own, and the row is read at the key press."""

    personal: Personal
    started: Children

    def action_plugin(self, name: str) -> None:
        """Run a command of the operator's own."""
        from shlex import join

        from fleet_tui.config.plugins import PluginRefused, argv
        from fleet_tui.ui.dialogs.sure import SureDialog

        plugin = next((one for one in self.personal.plugins if one.name == name), None)
        action = next((one for one in self.actions if one.id == f"plugin.{name}"), None)
        if plugin is None or action is None or self.pane.view not in action.views:
            self.say(safe_line(f"there is no plugin {name} in this view"))
            return
        if plugin.dangerous and not self.session.may_act():
            self.say(safe_line(f"{name} may change things: {self.session.why_not()}; nothing was run"), bad=True)
            return
        if (agent := self.agent_under_cursor()) is None:
            return
        try:
            words = argv(plugin, values_of(agent))
        except PluginRefused as refused:
            self.say(safe_line(str(refused)), bad=True)
            return
        if not (plugin.confirm or plugin.dangerous):
            self._begin(plugin, words)
            return
        shown = exact(join(words))
        dialog = SureDialog(safe_line(f"RUN {name}"), (SafeText("this is run, word by word:"), shown), SafeText("Run"))
        self.push_screen(dialog, lambda sure: self._begin(plugin, words) if sure else None)

    def _begin(self, plugin: "Plugin", words: tuple[str, ...]) -> None:
        if plugin.dangerous and not self.session.may_act():
            self.say(SafeText("the write window was shut meanwhile; nothing was run"), bad=True)
            return
        self.run_worker(self.writes.counted(partial(self._note, plugin, words)), thread=True, group="plugins")

    def _note(self, plugin: "Plugin", words: tuple[str, ...]) -> None:
        from shlex import join

        session = self.session
        try:
            session.intents.note(
                f"plugin {plugin.name}",
                actor=session.actor,
                host=session.host,
                via="console",
                why=join(words)[:AUDIT_TEXT],
                now=session.now(),
            )
        except StoreError as error:
            self.post_message(Told(safe_line(f"nothing was run, the audit could not be written: {error}"), bad=True))
            return
        self.post_message(PluginNoted(plugin, words))

    def on_plugin_noted(self, message: PluginNoted) -> None:
        """Run it, here or behind."""
        from fleet_tui.config.plugins import RunIn, environment

        plugin, words = message.plugin, message.words
        env = environment(plugin, self.session.env)
        if plugin.run is RunIn.SCREEN:
            self.say(safe_line(f"{plugin.name} runs; what it prints is shown when it ends"))
            self.run_worker(lambda: self._behind(plugin, words, env), thread=True, group="plugins")
            return
        try:
            with self.suspend():
                ended = run_here(words, env)
        except SuspendNotSupported:
            ended = Ended(None, why="this terminal cannot be left for a while")
        self.say(_ending(plugin, ended), bad=ended.code != 0)

    def _behind(self, plugin: "Plugin", words: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.post_message(PluginEnded(plugin, self.started.run(words, env)))

    def on_plugin_ended(self, message: PluginEnded) -> None:
        """Show what it printed, made safe."""
        from fleet_tui.ui.screens.text import TextScreen

        plugin, ended = message.plugin, message.ended
        lines: Lines = [
            [word(_ending(plugin, ended), Role.GOOD if ended.code == 0 else Role.BAD)],
            *([said(line)] for line in safe_block(ended.output)),
        ]
        self.push_screen(TextScreen(safe_join((SafeText("plugin "), safe_line(plugin.name))), lines))


def _ending(plugin: "Plugin", ended: Ended) -> SafeText:
    if ended.code is None:
        return safe_line(f"{plugin.name}: {ended.why}")
    return safe_line(f"{plugin.name} ended with {ended.code}")
