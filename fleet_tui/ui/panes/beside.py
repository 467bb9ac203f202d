"""Which pane shows which view. One is loaded when its view is first shown: most are never looked at."""

from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.base import Pane


def pane_class(view: View) -> type[Pane]:
    """The pane of a view."""
    match view:
        case View.FLEET:
            from fleet_tui.ui.panes.fleet import FleetPane

            return FleetPane
        case View.SPEND:
            from fleet_tui.ui.panes.spend import SpendPane

            return SpendPane
        case View.FAILURES:
            from fleet_tui.ui.panes.failures import FailuresPane

            return FailuresPane
        case View.SPRAWL:
            from fleet_tui.ui.panes.sprawl import SprawlPane

            return SprawlPane
        case View.ATTENTION:
            from fleet_tui.ui.panes.attention import AttentionPane

            return AttentionPane
        case View.AUDIT:
            from fleet_tui.ui.panes.audit import AuditPane

            return AuditPane
        case View.STACK:
            from fleet_tui.ui.panes.stack import StackPane

            return StackPane
        case View.TREE:
            from fleet_tui.ui.panes.tree import TreePane

            return TreePane
