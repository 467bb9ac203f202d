"""The panes beside FLEET, in the order of their keys."""

from typing import Final

from fleet_tui.ui.panes.attention import AttentionPane
from fleet_tui.ui.panes.audit import AuditPane
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.panes.failures import FailuresPane
from fleet_tui.ui.panes.spend import SpendPane
from fleet_tui.ui.panes.sprawl import SprawlPane
from fleet_tui.ui.panes.stack import StackPane
from fleet_tui.ui.panes.tree import TreePane

BESIDE: Final[tuple[type[Pane], ...]] = (
    SpendPane,
    FailuresPane,
    SprawlPane,
    AttentionPane,
    AuditPane,
    StackPane,
    TreePane,
)
