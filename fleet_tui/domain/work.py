"""Idle and stuck: verdicts from the absence of work signals, in watched time only. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.watch import Watch, watched_s

QUIET_S: Final = 5 * 60.0
STUCK_S: Final = 15 * 60.0
TOLD_AGAIN_S: Final = 30 * 60.0
YOUNG: Final = timedelta(minutes=5)
VERDICT: Final = "no work signal"
"""How the evidence of a verdict begins; what a provider says never begins so."""
_JUDGED: Final = frozenset({Phase.RUNNING, Phase.IDLE, Phase.STUCK})


@dataclass(frozen=True, slots=True)
class Quiet:
    """How long there was no work signal. `watched_s` counts only what we watched."""

    since: datetime
    watched_s: float


def is_verdict(phase: PhaseFact) -> bool:
    """Whether a phase is a verdict of ours and not a provider's word."""
    return phase.evidence.startswith(VERDICT)


def quiet(
    resource: Resource, *, signal_at: datetime | None, heard_since: datetime, spans: Sequence[Watch], now: datetime
) -> Quiet | None:
    """The silence of a row up to now; None where no work signal could be heard.

    `heard_since` is when we began to listen: with no signal at all, silence counts from there, because a gap in our
    own listening proves nothing.
    """
    if not resource.observes_work or resource.phase.phase not in _JUDGED:
        return None
    since = signal_at or heard_since
    if resource.created_at is not None:
        since = max(since, resource.created_at)
    if resource.phase.phase is Phase.RUNNING and resource.phase.since is not None:
        since = max(since, resource.phase.since)
    return Quiet(since, watched_s(spans, since, now))


def judged(resource: Resource, silence: Quiet, now: datetime) -> PhaseFact:
    """The phase of a row, given its silence: stuck with a task after 15 watched minutes, idle without one after 5.

    Only rows that run, or that we judged before, are judged; a row younger than 5 minutes is never stuck.
    """
    phase = resource.phase
    if phase.phase is not Phase.RUNNING and not is_verdict(phase):
        return phase
    if resource.assignment.task is not None:
        young = resource.created_at is not None and now - resource.created_at < YOUNG
        if silence.watched_s >= STUCK_S and not young:
            return _verdict(phase, Phase.STUCK, silence, "15 watched minutes, although it has a task")
    elif silence.watched_s >= QUIET_S:
        return _verdict(phase, Phase.IDLE, silence, "5 watched minutes, and it has no task")
    if is_verdict(phase):
        return PhaseFact(phase=Phase.RUNNING, since=silence.since, evidence="it works again", raw=phase.raw)
    return phase


def _verdict(phase: PhaseFact, verdict: Phase, silence: Quiet, text: str) -> PhaseFact:
    since = phase.since if phase.phase is verdict and phase.since is not None else silence.since
    return PhaseFact(phase=verdict, since=since, evidence=f"{VERDICT} for {text}", raw=phase.raw)
