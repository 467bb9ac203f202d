"""Tells people who do not look: one message for many items, each cause once, and never in the way of a poll."""
