"""What is wrong with a configuration, as one sentence that never holds a value."""

from pathlib import Path


class ConfigError(Exception):
    """Wrong configuration: file, line and key where they are known, and what to do. The command ends with 2."""

    def __init__(self, sentence: str, *, path: Path | None = None, line: int | None = None) -> None:
        self.path = path
        self.line = line
        self.sentence = sentence
        where = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(f"{where}{sentence}")


class SecretUnreadableError(Exception):
    """A credential cannot be had; the sentence names where it was looked for, never what was found there."""
