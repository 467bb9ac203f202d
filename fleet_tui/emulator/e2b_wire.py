"""How E2B words its sandboxes, events, metrics, cursors and errors in JSON; pure."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from fleet_tui.emulator.e2b_state import Box, Event, OnTimeout, State
from fleet_tui.emulator.wire import rfc3339
from fleet_tui.emulator.workload import Line, cpu_pct, disk_used_bytes, mem_used_bytes

ENVD_VERSION = "0.4.2"
CLIENT_ID = "6532622b"
TEAM_ID = "460355b3-4f64-48f9-9a16-4442817f79f5"
_MIB = 1024 * 1024

MESSAGES: Mapping[int, tuple[str, str | None]] = {
    400: ("Bad request", None),
    401: ("Invalid API key, please visit https://e2b.dev/docs/api-key to get your API key", None),
    403: ("You don't have access to this resource", None),
    404: ("Not found", None),
    405: ("method not allowed", None),
    409: ("Conflict", None),
    429: ("Rate limit exceeded, please try again later", None),
    500: ("Internal server error", "internal_server_error"),
    502: ("Bad gateway", None),
    503: ("No node is available to place the sandbox", "sandbox_capacity_unavailable"),
    504: ("Placing the sandbox took too long", "sandbox_placement_timeout"),
}


def error_json(status: int, message: str | None = None, error_code: str | None = None) -> dict[str, object]:
    """The Error schema; the usual words of a status unless a handler knows better."""
    usual, usual_code = MESSAGES.get(status, ("Unexpected error", None))
    body: dict[str, object] = {"code": status, "message": message or usual}
    code = error_code or (usual_code if message is None else None)
    return body if code is None else {**body, "error_code": code}


def listed_json(box: Box) -> dict[str, object]:
    """The ListedSandbox schema."""
    body: dict[str, object] = {
        "templateID": box.template,
        "alias": box.alias,
        "sandboxID": box.id,
        "clientID": CLIENT_ID,
        "startedAt": rfc3339(box.started_at),
        "endAt": rfc3339(box.end_at),
        "cpuCount": box.cpu_count,
        "memoryMB": box.memory_mb,
        "diskSizeMB": box.disk_mb,
        "metadata": box.metadata,
        "state": box.state.value,
        "envdVersion": ENVD_VERSION,
        "volumeMounts": [],
    }
    if box.unresponsive and box.state is State.PAUSED:
        body["envdUnresponsiveAtPause"] = True
    return body


def detail_json(box: Box) -> dict[str, object]:
    """The SandboxDetail schema."""
    body = listed_json(box)
    body["allowInternetAccess"] = None
    body["domain"] = None
    body["envdAccessToken"] = box.access_token
    body["lifecycle"] = {"autoResume": box.auto_resume, "onTimeout": box.on_timeout.value}
    if box.state is State.PAUSED:
        body["pauseMode"] = "full" if box.keep_memory else "filesystem"
    return body


def session_json(box: Box) -> dict[str, object]:
    """The Sandbox schema, which create and connect answer with."""
    return {
        "templateID": box.template,
        "alias": box.alias,
        "sandboxID": box.id,
        "clientID": CLIENT_ID,
        "envdVersion": ENVD_VERSION,
        "envdAccessToken": box.access_token,
        "trafficAccessToken": None,
        "domain": None,
    }


def metric_json(box: Box, at: datetime) -> dict[str, object]:
    """The SandboxMetric schema, bytes and percent."""
    mem_total, disk_total = box.memory_mb * _MIB, box.disk_mb * _MIB
    mem_used = mem_used_bytes(box.work, at, mem_total)
    return {
        "timestamp": rfc3339(at),
        "timestampUnix": int(at.timestamp()),
        "cpuCount": box.cpu_count,
        "cpuUsedPct": cpu_pct(box.work, at),
        "memUsed": mem_used,
        "memTotal": mem_total,
        "memCache": mem_used // 5,
        "diskUsed": disk_used_bytes(box.work, at, disk_total),
        "diskTotal": disk_total,
    }


def event_json(event: Event) -> dict[str, object]:
    """One entry of https://e2b.dev/docs/sandbox/lifecycle-events-api."""
    return {
        "version": "v1",
        "id": event.id,
        "type": event.kind.value,
        "eventData": dict(event.details) or None,
        "sandboxBuildId": event.build_id,
        "sandboxExecutionId": event.execution_id,
        "sandboxId": event.sandbox_id,
        "sandboxTeamId": TEAM_ID,
        "sandboxTemplateId": event.template,
        "timestamp": rfc3339(event.at),
    }


def log_json(line: Line) -> dict[str, object]:
    """The SandboxLogEntry schema."""
    return {
        "timestamp": rfc3339(line.at),
        "message": line.text,
        "level": line.level.value,
        "fields": {"logger": "agent"},
    }


def cursor_of(box: Box) -> str:
    """The token that continues a list behind this sandbox."""
    return token_of(box.started_at.isoformat(), box.id)


def token_of(started_at: str, box_id: str) -> str:
    return base64.urlsafe_b64encode(f"{started_at}__{box_id}".encode()).decode()


def rank_of(token: str) -> tuple[datetime, str] | None:
    """The place a token names; None when it is no token of ours."""
    try:
        moment, _, box_id = base64.urlsafe_b64decode(token.encode()).decode().partition("__")
        return datetime.fromisoformat(moment), box_id
    except (ValueError, binascii.Error):
        return None


def wanted_metadata(text: str) -> dict[str, str]:
    """The metadata filter, whose keys and values come URL-encoded inside an encoded query string."""
    return {unquote(key): unquote(value) for key, value in parse_qsl(text, keep_blank_values=True)}


def on_timeout_of(auto_pause: object) -> OnTimeout:
    return OnTimeout.PAUSE if auto_pause is True else OnTimeout.KILL
