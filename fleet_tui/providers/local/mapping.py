"""Facts about processes and runs to domain facts. Pure; knows no argument and no environment but our four variables."""

import signal
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from fleet_tui.config.redact import redact
from fleet_tui.domain.action import ACTION_LABEL
from fleet_tui.domain.agent import AGENT_LABEL, Claim, ClaimRules, assignment_from, claim
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.comeback import RESTART_POLICY
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, ResourceKey, SourceName, may_name_an_agent
from fleet_tui.domain.money import Rate
from fleet_tui.domain.phase import ENDED, Phase, PhaseFact
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.resource import Resource, SignalKind, Vitals, pairs
from fleet_tui.providers.local.calling import Call
from fleet_tui.providers.local.facts import Host
from fleet_tui.providers.local.runs import Ended, Exit, Run
from fleet_tui.providers.local.survey import FoundAgent, HeldRun
from fleet_tui.providers.local.vitals import Measured

PROVIDER: Final = "local"
BUSY_CPU_PERCENT: Final = 5.0
LEFT_BEHIND: Final = ".left"
"""Behind the id of an ended run: what it started and left running, a row of its own."""
_LABELS: Final = {"FLEET_AGENT": AGENT_LABEL, "FLEET_TEAM": "fleet.team", "FLEET_TASK": "fleet.task"}


def moment(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a time in UTC; None for none and for nonsense."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def how_it_ended(end: Exit | Ended) -> str:
    """`status 3` or `SIGKILL`, for a person."""
    if end.signal is not None:
        try:
            return signal.Signals(end.signal).name
        except ValueError:
            return f"signal {end.signal}"
    return "an unknown status" if end.exit_status is None else f"status {end.exit_status}"


def phase_of_run(held: HeldRun) -> PhaseFact:
    """What the run's directory says, checked against what is alive."""
    run, ended = held.run, held.run.ended
    since = moment(run.state.since)
    if ended is not None:
        return _phase_of_end(ended)
    if not held.same_boot:
        text = "the machine was started anew, or this is another container"
        return PhaseFact(phase=Phase.ENDED_LOST, since=None, evidence=text, raw="lost")
    if not held.runner_alive:
        if not held.family:
            text = "its runner was killed and nothing of it is left"
            return PhaseFact(phase=Phase.ENDED_LOST, since=None, evidence=text, raw="lost")
        phase = Phase.PAUSED if held.stopped else Phase.RUNNING
        return PhaseFact(phase=phase, since=None, evidence="alive, but its runner is gone", raw="without a runner")
    if held.stopped and run.state.phase == "running":
        text = f"all of its {len(held.family)} processes are stopped"
        return PhaseFact(phase=Phase.PAUSED, since=None, evidence=text, raw="stopped")
    if held.call is not None and run.state.phase == "running":
        return PhaseFact(
            phase=Phase.WAITING, since=moment(held.output_at), evidence=_call_in_words(held.call), raw="calls"
        )
    phase, evidence = _phase_in_words(run)
    return PhaseFact(phase=phase, since=since, evidence=evidence, raw=run.state.phase)


def _call_in_words(call: Call) -> str:
    how = "it sent a notification" if call.notified else "it rang the bell"
    words = redact(call.words)
    return f"{words} ({how}, and nothing since)" if words else f"{how}, and wrote nothing since"


def _phase_of_end(ended: Ended) -> PhaseFact:
    how = how_it_ended(ended)
    if ended.by != "itself":
        who = "by order" if ended.by == "order" else "with the process that owned it"
        phase, evidence = Phase.ENDED_KILLED, f"ended {who}: {how}"
    elif ended.exit_status == 0:
        phase, evidence = Phase.ENDED_OK, "ended with status 0"
    else:
        phase, evidence = Phase.ENDED_FAILED, f"ended with {how}"
    return PhaseFact(phase=phase, since=moment(ended.ended_at), evidence=evidence, raw="ended")


def _phase_in_words(run: Run) -> tuple[Phase, str]:
    state = run.state
    match state.phase:
        case "starting":
            return Phase.STARTING, "its runner starts it"
        case "running":
            return Phase.RUNNING, "its process is alive"
        case "backoff":
            return Phase.BACKOFF, f"ended with {how_it_ended(state.last)}; starts again by itself"
        case "crash-loop":
            return Phase.LOOPING, f"ended with {how_it_ended(state.last)} too often; held until restart or kill"
        case "held":
            return Phase.BACKOFF, f"ended with {how_it_ended(state.last)}; restarts are held until restart or kill"
        case "stopping":
            return Phase.STOPPING, "told to end"
        case _:
            return Phase.UNKNOWN, "its runner is in a state nobody here knows"


def _capabilities(held: HeldRun, phase: Phase) -> frozenset[Capability]:
    can = {Capability.LOGS}
    if phase in ENDED:
        return frozenset(can)
    can.add(Capability.KILL)
    if held.runner_alive and phase is not Phase.STOPPING:
        can.add(Capability.RESTART)
    if phase is Phase.PAUSED:
        can.add(Capability.RESUME)
    elif phase in {Phase.RUNNING, Phase.WAITING}:
        can.add(Capability.PAUSE)
    return frozenset(can)


def _labels_of_run(run: Run) -> dict[str, str]:
    started = run.started
    own = {"agent": started.name, "team": started.team, "task": started.task}
    own |= {"owner": started.owner, "parent": started.parent}
    labels = {f"fleet.{name}": value for name, value in own.items()} | {ACTION_LABEL: run.state.restarted_by}
    return {label: value for label, value in labels.items() if value}


def rate_of(rates: RateCard) -> Rate | None:
    """What an agent's place on this machine costs an hour: the operator's word in rates.toml, else nobody knows."""
    return rates.hourly(PROVIDER, {"hour": Decimal(1)})


def run_row(held: HeldRun, *, source: SourceName, rules: ClaimRules, rate: Rate | None = None) -> Resource:
    """One run of ours. `rate` is what a place on this machine costs; what has ended takes none."""
    run, phase = held.run, phase_of_run(held)
    labels = _labels_of_run(run)
    claimed = claim(id_=run.run_id, name=run.started.name, labels=labels, rules=rules)
    named = run.started.name if may_name_an_agent(run.started.name) else run.run_id
    claimed = claimed or Claim(AgentId(named), "fleet-tui run")
    detail = {
        "command": run.started.command,
        "directory": run.started.cwd,
        RESTART_POLICY: run.started.restart,
        "restarts": str(run.state.restarts),
        "terminal": "yes" if run.started.tty else "no",
    }
    if run.state.last.ended_at is not None and phase.phase not in ENDED:
        detail["ended before with"] = how_it_ended(run.state.last)
    if run.state.lost_output_bytes:
        detail["lost output"] = f"{run.state.lost_output_bytes} bytes"
    if run.state.child is not None and phase.phase not in ENDED:
        detail["pid"] = str(run.state.child.pid)
    return Resource(
        key=ResourceKey(source, Kind.PROCESS, run.run_id),
        provider=PROVIDER,
        incarnation=run.incarnation,
        generation=str(run.state.generation),
        name=run.started.name,
        phase=phase,
        agent=claimed.agent,
        claimed_by=claimed.how,
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=moment(run.started.started_at),
        rate=None if phase.phase in ENDED else rate,
        capabilities=_capabilities(held, phase.phase),
        observes_work=True,
        detail=pairs(detail),
    )


def left_row(held: HeldRun, *, source: SourceName, rules: ClaimRules, rate: Rate | None = None) -> Resource | None:
    """What an ended run left running below its runner; None when that is nothing."""
    run = held.run
    if run.ended is None or not held.runner_alive or not held.family:
        return None
    phase = Phase.PAUSED if held.stopped else Phase.RUNNING
    evidence = f"{len(held.family)} of its processes outlive it"
    pausing = Capability.RESUME if phase is Phase.PAUSED else Capability.PAUSE
    row = run_row(held, source=source, rules=rules)
    id_ = run.run_id + LEFT_BEHIND
    return Resource(
        key=ResourceKey(source, Kind.PROCESS, id_),
        provider=PROVIDER,
        incarnation=Incarnation(id_),
        name=f"{row.name} (left behind)",
        phase=PhaseFact(phase=phase, since=moment(run.ended.ended_at), evidence=evidence, raw="left behind"),
        agent=row.agent,
        claimed_by=row.claimed_by,
        assignment=row.assignment,
        labels=row.labels,
        created_at=moment(run.ended.ended_at),
        rate=rate,
        capabilities=frozenset({Capability.KILL, Capability.LOGS, pausing}),
        observes_work=True,
        detail=pairs({"directory": run.started.cwd, "command": run.started.command}),
    )


def found_row(
    agent: FoundAgent, *, host: Host, source: SourceName, rules: ClaimRules, rate: Rate | None = None
) -> Resource:
    """One agent CLI that somebody else started."""
    found = agent.found
    id_ = host.incarnation(found.process)
    own: Mapping[str, str] = dict(found.labels)
    labels = {label: own[variable] for variable, label in _LABELS.items() if own.get(variable)}
    name = own.get("FLEET_AGENT") or f"{found.kind}-{found.process.pid}"
    claimed = claim(id_=id_, name=name, labels=labels, rules=rules)
    since = moment(agent.created_at)
    if agent.stopped:
        text = f"all of its {len(agent.family)} processes are stopped"
        phase = PhaseFact(phase=Phase.PAUSED, since=None, evidence=text, raw="stopped")
    else:
        phase = PhaseFact(phase=Phase.RUNNING, since=since, evidence="its process is alive", raw="running")
    detail = {"command": found.command, "kind": found.kind, "pid": str(found.process.pid)}
    if found.cwd is not None:
        detail["directory"] = found.cwd
    if own.get("FLEET_RUN"):
        detail["run"] = own["FLEET_RUN"]
    pausing = Capability.RESUME if agent.stopped else Capability.PAUSE
    return Resource(
        key=ResourceKey(source, Kind.PROCESS, id_),
        provider=PROVIDER,
        incarnation=id_,
        name=name,
        phase=phase,
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=since,
        rate=rate,
        capabilities=frozenset({Capability.KILL, pausing}),
        observes_work=True,
        detail=pairs(detail),
    )


def busy(measured: Measured) -> bool:
    """It uses the processor."""
    return measured.cpu_percent is not None and measured.cpu_percent > BUSY_CPU_PERCENT


def at_work(row: Resource) -> Resource:
    """The same for one that is busy: it called for somebody, and goes on all the same."""
    if row.phase.phase is not Phase.WAITING:
        return row
    evidence = "it called for a person, and its processes work on"
    return replace(row, phase=PhaseFact(phase=Phase.RUNNING, since=None, evidence=evidence, raw="running"))


def vitals_of(key: ResourceKey, measured: Measured, output_at: float | None, now: datetime) -> Vitals:
    """Work is output that came, or CPU over 5 %; the newest of the two counts."""
    works = busy(measured)
    written_at = moment(output_at)
    written = SignalKind.OUTPUT if written_at is not None else None
    return Vitals(
        key=key,
        at=now,
        cpu_percent=measured.cpu_percent,
        memory_bytes=measured.memory_bytes,
        signal_at=now if works else written_at,
        signal_kind=SignalKind.CPU if works else written,
    )
