"""The console on the screen: panes, screens and widgets; the only room that knows Textual."""
