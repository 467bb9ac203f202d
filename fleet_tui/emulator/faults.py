"""Faults on demand: what may go wrong between us and a vendor, as data, and the seeded choice of whom it hits."""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from fleet_tui.emulator.chance import die_for, happens


class FaultKind(StrEnum):
    """Everything an emulator can be told to do wrong."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    RATE_LIMITED = "429"
    SERVER_ERROR = "5xx"
    """The vendor's own error body under `Fault.status` (500 unless said otherwise)."""
    GATEWAY_HTML = "gateway-html"
    """A 502 page of a gateway in front of the vendor, with a control sequence in it."""
    CANNED = "canned"
    """Exactly `Fault.status`, `Fault.headers` and `Fault.body`; nothing reaches the vendor."""
    HANG = "hang"
    """Nothing reaches the vendor and no byte ever comes back."""
    HANG_AFTER = "hang-after"
    """The effect is done and no byte ever comes back."""
    SLOW_DRIP = "slow-drip"
    RESET_BEFORE = "reset-before"
    """The connection is reset before the effect."""
    RESET_AFTER = "reset-after"
    """The effect is done, then the connection is reset and the answer lost."""
    ERROR_AFTER = "5xx-after"
    """The effect is done, and the vendor's own error body under `Fault.status` says that it is not."""
    TRUNCATED_JSON = "truncated-json"
    WRONG_JSON = "wrong-json"
    """Valid JSON of another shape: a list where an object belongs and the reverse."""
    DUPLICATE_IDS = "duplicate-ids"
    VANISHED_ROWS = "vanished-rows"
    """A list answer silently lacks about half of its rows."""
    ENDLESS_CURSOR = "endless-cursor"
    """Every page names itself as the next one."""
    CLOCK_SKEW = "clock-skew"
    """Every time in the answer, and its Date header, is off by `Fault.skew_s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to do wrong, and to whom. `path` is a shell pattern over the whole path; `method` None is any."""

    kind: FaultKind
    method: str | None = None
    path: str = "*"
    times: int | None = None
    """How many requests it hits before it is spent; None is no end."""
    probability: float = 1.0
    status: int = 500
    retry_after_s: int = 2
    skew_s: float = 3600.0
    drip_bytes: int = 16
    drip_interval_s: float = 0.05
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def matches(self, method: str, path: str) -> bool:
        return (self.method is None or self.method == method) and fnmatchcase(path, self.path)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    left: int | None = field(default=None)


class Faults:
    """The faults one emulator was told of. The first that matches and whose die falls hits; at most one a request."""

    def __init__(self, seed: int = 0) -> None:
        self._random = die_for("faults", seed)
        self._armed: list[_Armed] = []

    def add(self, *faults: Fault) -> None:
        self._armed.extend(_Armed(fault, fault.times) for fault in faults)

    def remove(self, fault: Fault) -> None:
        self._armed = [armed for armed in self._armed if armed.fault != fault]

    def clear(self) -> None:
        self._armed.clear()

    def active(self) -> tuple[Fault, ...]:
        """The faults that can still hit a request."""
        return tuple(armed.fault for armed in self._armed)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, counted down; None when it goes through."""
        for armed in self._armed:
            if not armed.fault.matches(method, path):
                continue
            if not happens(self._random, armed.fault.probability):
                continue
            if armed.left is not None:
                armed.left -= 1
                if armed.left <= 0:
                    self._armed.remove(armed)
            return armed.fault
        return None

    @property
    def random(self) -> random.Random:
        """The seeded die the faults are thrown with."""
        return self._random
