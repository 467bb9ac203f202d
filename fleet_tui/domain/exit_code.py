"""What the exit code of a command, a console or a collector says."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How it ended."""

    DONE = 0
    SOME_FAILED = 1
    WRONG = 2
    REFUSED = 3
    NO_SOURCE = 4
    INTERRUPTED = 130
