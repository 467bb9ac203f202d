"""The closed list of failure classes, each with what to do about it."""

from datetime import datetime
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import ResourceKey, SourceName


class FailureClass(StrEnum):
    AUTH = "auth"
    QUOTA = "quota"
    BUDGET = "budget"
    POLICY = "policy"
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"
    SANDBOX_LOST = "sandbox_lost"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    AGENT_ERROR = "agent_error"
    STUCK = "stuck"
    UNKNOWN = "unknown"


class RetryRule(StrEnum):
    NEVER = "never"
    AFTER_WAIT = "after the wait the vendor names"
    HOLD = "hold"
    NEW_INCARNATION = "new incarnation"
    BACK_OFF = "back off"
    TELL = "tell"


@dataclass(frozen=True, slots=True)
class FailureRule:
    retry: RetryRule
    next_step: str


RULES: dict[FailureClass, FailureRule] = {
    FailureClass.AUTH: FailureRule(RetryRule.NEVER, "replace the key, then refresh the source"),
    FailureClass.QUOTA: FailureRule(RetryRule.NEVER, "raise the vendor's limit or end something"),
    FailureClass.BUDGET: FailureRule(RetryRule.NEVER, "raise the budget or leave it paused"),
    FailureClass.POLICY: FailureRule(RetryRule.NEVER, "ask whoever set the policy"),
    FailureClass.RATE_LIMITED: FailureRule(RetryRule.AFTER_WAIT, "nothing: tried again after the wait"),
    FailureClass.PROVIDER_DOWN: FailureRule(RetryRule.HOLD, "nothing: its rows keep their last state"),
    FailureClass.SANDBOX_LOST: FailureRule(RetryRule.NEW_INCARNATION, "restart it: a new sandbox is needed"),
    FailureClass.TIMEOUT: FailureRule(RetryRule.NEW_INCARNATION, "look at the vendor's status, then try again"),
    FailureClass.OUT_OF_MEMORY: FailureRule(RetryRule.NEW_INCARNATION, "restart it with more memory"),
    FailureClass.AGENT_ERROR: FailureRule(RetryRule.BACK_OFF, "read its last log lines"),
    FailureClass.STUCK: FailureRule(RetryRule.TELL, "look at it: no work signal although it has a task"),
    FailureClass.UNKNOWN: FailureRule(RetryRule.BACK_OFF, "read the text; tell us if it should have a class"),
}

RETRY_AFTER_FLOOR_S = 1.0
RETRY_AFTER_CEILING_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, in fields; never a vendor's exception text as it came.

    `text` is short, already freed of secrets. `operation` is ours: `list sandboxes`, `kill`.
    `retry_after_s` is the vendor's wait, clamped to 1..300 s.
    """

    failure_class: FailureClass
    source: SourceName
    operation: str
    text: str
    at: datetime
    key: ResourceKey | None = None
    status: int | None = None
    request_id: str | None = None
    retry_after_s: float | None = None

    @property
    def cause(self) -> str:
        """Failures with one cause are one incident."""
        return f"{self.failure_class}:{self.source}:{self.operation}:{self.status or ''}"


def clamped_retry_after_s(seconds: float | None) -> float | None:
    """What a `Retry-After` may ask for; None and NaN ask for nothing."""
    if seconds is None or seconds != seconds:  # noqa: PLR0124 - NaN is the one value unlike itself
        return None
    return min(max(seconds, RETRY_AFTER_FLOOR_S), RETRY_AFTER_CEILING_S)


def class_of_status(status: int) -> FailureClass:
    """The class of an HTTP status where the vendor's own code says nothing better."""
    if status in {401, 403}:
        return FailureClass.AUTH
    if status in {402, 507}:
        return FailureClass.QUOTA
    if status == 429:  # noqa: PLR2004 - RFC 6585
        return FailureClass.RATE_LIMITED
    if status in {408, 504}:
        return FailureClass.TIMEOUT
    if status >= 500:  # noqa: PLR2004 - RFC 9110
        return FailureClass.PROVIDER_DOWN
    return FailureClass.UNKNOWN
