"""Failures, findings and money as plain dictionaries for `--json`."""

from datetime import datetime

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.failure import RULES as FAILURE_RULES
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.money import decimal_text
from fleet_tui.domain.sprawl import RULES as SPRAWL_RULES
from fleet_tui.domain.sprawl import Finding
from fleet_tui.views.as_json import Row, resource_row, time_text
from fleet_tui.views.model import FleetModel


def failure_row(failure: Failure) -> Row:
    """One failure as it was recorded."""
    rule = FAILURE_RULES[failure.failure_class]
    return {
        "at": time_text(failure.at),
        "class": failure.failure_class.value,
        "source": failure.source,
        "kind": failure.key.kind.value if failure.key else None,
        "id": failure.key.id if failure.key else None,
        "operation": failure.operation,
        "status": failure.status,
        "request_id": failure.request_id,
        "retry_after_s": failure.retry_after_s,
        "text": failure.text,
        "retry": rule.retry.value,
        "next_step": rule.next_step,
    }


def finding_row(model: FleetModel, finding: Finding, now: datetime) -> Row:
    """One finding beside what `ls --resources --json` says of its subject."""
    resource = model.resources.get(finding.subject)
    shown = resource_row(model, resource, now) if resource is not None else {}
    return {
        "rule": finding.rule.value,
        "since": time_text(finding.since),
        "evidence": finding.evidence,
        "usd_per_day": None if finding.microusd_per_day is None else decimal_text(finding.microusd_per_day),
        "proposal": SPRAWL_RULES[finding.rule].proposal,
        "source": finding.subject.source,
        "kind": finding.subject.kind.value,
        "id": finding.subject.id,
        "agent": shown.get("agent"),
        "name": shown.get("name"),
        "phase": shown.get("phase"),
        "owner": shown.get("owner"),
        "team": shown.get("team"),
        "task": shown.get("task"),
        "stale": shown.get("stale"),
    }


def total_row(total: DayTotal) -> Row:
    """What one agent cost, or billed, in one source on one day. `at_least` says that a part of it has no price."""
    return {
        "day": total.day.isoformat(),
        "agent": total.agent or None,
        "team": total.team or None,
        "source": total.source,
        "side": total.side.value,
        "currency": total.currency,
        "amount": decimal_text(total.amount_micro),
        "bases": sorted(basis.value for basis in total.bases),
        "at_least": total.unpriced_lines > 0,
    }
