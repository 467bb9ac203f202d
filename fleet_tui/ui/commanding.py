"""What a typed command ends in: where its key would, an action of the app, or the plan of a verb."""

from fleet_tui.domain.filter import Filter
from fleet_tui.ui.navigating import NavigatingApp


class CommandingApp(NavigatingApp):
    """What the command line asks of the app."""

    def action_ask(self, verb: str) -> None:
        """Open the plan of a verb over what is marked, else under the cursor: now, before the cursor can move."""
        raise NotImplementedError

    def narrow_to(self, chosen: Filter) -> None:
        """Narrow the view that is shown."""
        raise NotImplementedError

    def theme_names(self) -> tuple[str, ...]:
        """The themes there are."""
        raise NotImplementedError
