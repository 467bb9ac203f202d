"""Rows as plain dictionaries for `--json`: exact texts, RFC 3339 UTC times, decimal strings, null for the absent."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.money import Basis, decimal_text
from fleet_tui.domain.outcome import Done, Failed, Outcome, Refused, doubt
from fleet_tui.domain.plan import Plan
from fleet_tui.domain.record import ActionRecord, AuditRow
from fleet_tui.domain.resource import Resource
from fleet_tui.views import row
from fleet_tui.views.amounts import Sum
from fleet_tui.views.dirt import dirt_row
from fleet_tui.views.model import FleetModel
from fleet_tui.views.tally import rate_sum

Row = dict[str, Any]

_WORST: Final = (Basis.UNPRICED, Basis.CLAIMED, Basis.ESTIMATED, Basis.PLAN, Basis.REPORTED)


def time_text(at: datetime | None) -> str | None:
    """RFC 3339, UTC, whole milliseconds only where there are any."""
    if at is None:
        return None
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds' if utc.microsecond else 'seconds')[:-6]}Z"


def dollars(total: Sum | None) -> str | None:
    """The dollars of a sum; None where nothing in dollars is known."""
    if total is None or not total.known or "usd" not in total.amounts:
        return None
    return decimal_text(total.amounts["usd"])


def basis_word(*sums: Sum | None) -> str | None:
    """The weakest thing that the figures rest on."""
    bases: set[Basis] = set()
    for total in sums:
        if total is not None:
            bases |= total.bases | ({Basis.UNPRICED} if total.unpriced else set())
    return next((basis.value for basis in _WORST if basis in bases), None)


def resource_row(model: FleetModel, resource: Resource, now: datetime) -> Row:
    """One resource. What it cost today is in the money of its agent; of the row alone nobody counts it."""
    shown = model.effective(resource)
    status = model.statuses.get(resource.key.source)
    hourly = rate_sum((resource,))
    return {
        "source": resource.key.source,
        "provider": resource.provider,
        "layer": resource.layer.value,
        "kind": resource.key.kind.value,
        "id": resource.key.id,
        "agent": resource.agent,
        "name": resource.name,
        "phase": resource.phase.phase.value,
        "phase_since": time_text(resource.phase.since),
        "raw_state": resource.phase.raw,
        "seen_at": time_text(status.last_ok_at if status else None),
        "stale": row.is_stale(model, resource, now),
        "owner": shown.assignment.owner,
        "team": shown.assignment.team,
        "task": shown.assignment.task,
        "parent": shown.assignment.parent,
        "labels": dict(resource.labels),
        "region": resource.region,
        "created_at": time_text(resource.created_at),
        "ends_at": time_text(resource.ends_at),
        "usd_per_hour": dollars(hourly),
        "usd_today": None,
        "basis": basis_word(hourly),
        "capabilities": sorted(capability.value for capability in resource.capabilities),
        "findings": sorted(rule.value for rule in model.findings.get(resource.key, ())),
    }


def agent_row(model: FleetModel, agent: Agent, now: datetime) -> Row:
    """One agent: what its lead says, its own assignment and money, and everything it has in `resources`."""
    resources = [resource_row(model, r, now) for r in agent.resources]
    lead = agent.lead or agent.resources[0]
    leading = next((one for r, one in zip(agent.resources, resources, strict=True) if r is lead), None)
    hourly, today = row.rate(agent), row.today(model, agent, now)
    signal = row.beat(model, agent)
    return {
        **(leading or resource_row(model, lead, now)),
        "agent": lead.agent,
        "handle": agent.handle,
        "name": agent.name,
        "claimed": agent.claimed,
        "phase": agent.phase.value,
        "owner": agent.assignment.owner,
        "team": agent.assignment.team,
        "task": agent.assignment.task,
        "parent": agent.assignment.parent,
        "ends_at": time_text(row.ends_at(agent)),
        "usd_per_hour": dollars(hourly),
        "usd_today": dollars(today),
        "basis": basis_word(hourly, today),
        "capabilities": sorted({c.value for r in agent.resources for c in r.capabilities}),
        "findings": sorted(rule.value for rule in row.findings_of(model, agent)),
        "signal_at": time_text(signal.signal_at if signal else None),
        "resources": resources,
    }


def outcome_words(outcome: Outcome | None) -> tuple[str | None, str | None]:
    """`outcome` and `reason` as every list prints them; None while there is none."""
    match outcome:
        case None:
            return None, None
        case Done(detail=detail, confirmed_after_restart=again):
            said = "confirmed after a restart" if again else detail
            return "done", "; ".join(filter(None, (said, doubt(outcome)))) or None
        case Refused(reason=reason, detail=detail):
            return "refused", f"{reason.value}: {detail}" if detail else reason.value
        case Failed(failure_class=failure_class, detail=detail):
            text = f"{failure_class.value}: {detail}" if detail else failure_class.value
            return "failed", "; ".join(filter(None, (text, doubt(outcome))))


def action_row(record: ActionRecord) -> Row:
    """One row that a verb acted on."""
    word, reason = outcome_words(record.outcome)
    key = record.target.key
    return {
        "verb": record.verb.value,
        "source": key.source,
        "kind": key.kind.value,
        "id": key.id,
        "name": record.name,
        "incarnation": record.target.incarnation,
        "outcome": word or record.state.value,
        "reason": reason,
        "why": record.why or None,
        "actor": record.actor,
        "intent_id": record.intent_id,
        "action_id": record.action_id,
        "submitted_at": time_text(record.submitted_at),
        "settled_at": time_text(record.settled_at),
    }


def plan_rows(plan: Plan) -> list[Row]:
    """What `--dry-run --json` prints: one element per row with what would happen to it."""
    dirt = dict(plan.dirt)

    def element(resource: Resource, outcome: str, reason: str | None) -> Row:
        return {
            "verb": plan.verb.value,
            "source": resource.key.source,
            "kind": resource.key.kind.value,
            "id": resource.key.id,
            "agent": resource.agent,
            "name": resource.name,
            "incarnation": resource.incarnation,
            "phase": resource.phase.phase.value,
            "outcome": outcome,
            "reason": reason,
            **dirt_row(dirt.get(resource.key)),
        }

    return [
        *(element(r, "planned", None) for r in plan.targets),
        *(element(left.resource, "left_out", f"{left.reason.value}: {left.detail}") for left in plan.left_out),
        *(element(r, "stays", None) for r in plan.stays),
    ]


def audit_row(line: AuditRow) -> Row:
    """One line of the audit."""
    return {
        "seq": line.seq,
        "at": time_text(line.at),
        "actor": line.actor,
        "host": line.host,
        "via": line.via,
        "what": line.what,
        "target": line.target or None,
        "incarnation": line.incarnation or None,
        "outcome": line.outcome,
        "reason": line.reason or None,
        "why": line.why or None,
        "intent_id": line.intent_id or None,
        "action_id": line.action_id or None,
        "hash": line.hash,
    }


def agent_rows(model: FleetModel, handles: Iterable[str], now: datetime) -> list[Row]:
    """`ls --json`, in the order of the handles."""
    return [agent_row(model, model.agents[handle], now) for handle in handles]
