"""Domain facts to rows: columns, sort keys and formats; pure."""
