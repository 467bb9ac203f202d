"""What one row can do. Set by its mapping; the conformance kit checks that the adapter agrees."""

from enum import StrEnum


class Capability(StrEnum):
    PAUSE = "pause"
    RESUME = "resume"
    KILL = "kill"
    RESTART = "restart"
    EXTEND = "extend"
    RELABEL = "relabel"
    REVOKE = "revoke"
    DISABLE = "disable"
    ENABLE = "enable"
    CANCEL = "cancel"
    DELETE = "delete"
    LOGS = "logs"
