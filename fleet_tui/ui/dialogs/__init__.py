"""Dialogs: each gives a value or nothing; Cancel has the focus, escape and ctrl-c cancel."""
