"""Screens that stand in front of the panes and go with escape."""
