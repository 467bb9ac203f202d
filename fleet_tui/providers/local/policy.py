"""When a runner starts its agent again by itself: the operator's word and the numbers behind it."""

from dataclasses import dataclass
from enum import StrEnum


class RestartPolicy(StrEnum):
    """What `fleet-tui run --restart` may say."""

    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """The waits between restarts, and what counts as a crash loop (design, section 5)."""

    first_s: float = 10.0
    """The first wait; each further one is twice as long."""
    cap_s: float = 300.0
    jitter: float = 0.25
    reset_s: float = 600.0
    """A run this long makes the next wait the first again."""
    loop_count: int = 5
    """So many ends within `loop_window_s` are a crash loop, which holds until somebody says restart or kill."""
    loop_window_s: float = 900.0
