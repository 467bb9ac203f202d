"""The one store between collector and consoles: SQLite, written under a token, read by revision."""
