"""The part of the app that follows parents and children from one view to another."""

from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.navigating import NavigatingApp


class KinshipApp(NavigatingApp):
    """Both actions start from the row under the cursor, whatever view it stands in."""

    async def action_tree(self) -> None:
        """Show the agent under the cursor in the tree."""
        handle = self.pane.handle_under_cursor()
        if handle is None:
            self.say(SafeText("no agent is under the cursor"))
        else:
            await self._show_in_tree(handle)

    async def _show_in_tree(self, handle: str) -> None:
        if self.pane.view is not View.TREE:
            await self.action_view(View.TREE.value)
        if not self.pane.show_agent(handle):
            self.say(safe_join((self.model.names.of(handle), SafeText(" ended a while ago: it is not in the tree"))))

    async def action_owner(self) -> None:
        """Go to the agent above the one under the cursor: its parent, else the agent that owns it."""
        from fleet_tui.views.kin import fleet_tree

        if self.pane.show_above():
            return
        handle = self.pane.handle_under_cursor()
        agent = None if handle is None else self.model.agents.get(handle)
        if handle is None or agent is None:
            self.say(SafeText("no agent is under the cursor"))
            return
        above = fleet_tree(self.model).parents.get(handle)
        owner = agent.assignment.owner
        if above is None and owner in self.model.fleet and owner != handle:
            above = owner
        if above is not None:
            await self._go_to(above)
            return
        parent = agent.assignment.parent
        said = f"{parent} is named as its parent, and nobody here is called that" if parent else ""
        self.say(safe_line(said or "nobody is named as its parent, and no agent owns it"))

    async def _go_to(self, handle: str) -> None:
        table = self.fleet_pane.table
        if self.pane.view is not View.TREE and handle in table.order:
            if self.pane is not self.fleet_pane:
                await self.action_view(View.FLEET.value)
            table.move_to_key(handle)
        else:
            await self._show_in_tree(handle)
