"""What became of orders, told again whenever something became of one."""

from fleet_tui.ui.screens.text import TextScreen


class OutcomesScreen(TextScreen):
    """The app tells it; by its kind the app knows that it is in front."""
