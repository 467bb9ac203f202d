"""The commands: one file per group, which parse, call and print; what they do is decided elsewhere."""
