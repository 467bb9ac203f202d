"""How Daytona words its sandboxes, telemetry, quotas, limits and errors in JSON; pure."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from fleet_tui.emulator.daytona_state import Box, State
from fleet_tui.emulator.ranked import Key, Rank
from fleet_tui.emulator.wire import rfc3339
from fleet_tui.emulator.workload import Level, Line, cpu_pct, disk_used_bytes, mem_used_bytes

ORGANIZATION_ID = "5c0f7f6e-2f0e-4d4b-9a3b-6a1d4f0c2b71"
REGIONS = ("us", "eu")
_GIB = 1024**3
_POINTS_MAX = 240
_STEP_S = 15

WORDS: Mapping[int, tuple[str, str]] = {
    400: ("Bad Request", "Bad Request"),
    401: ("Unauthorized", "Unauthorized"),
    403: ("Forbidden", "Access denied"),
    404: ("Not Found", "Not Found"),
    405: ("Method Not Allowed", "Method Not Allowed"),
    409: ("Conflict", "Sandbox state change in progress"),
    429: ("Too Many Requests", "ThrottlerException: Too Many Requests"),
    500: ("Internal Server Error", "Internal server error"),
    502: ("Bad Gateway", "Bad gateway"),
    503: ("Service Unavailable", "Service temporarily unavailable"),
    504: ("Gateway Timeout", "Gateway timeout"),
}
LIMITS: Mapping[str, int] = {"authenticated": 10_000, "sandbox-create": 300, "sandbox-lifecycle": 10_000}
"""Requests a minute; limits.mdx of daytonaio/daytona b5a5d9e78, tier 1."""


def error_json(status: int, message: str | None = None, *, path: str, at: datetime) -> dict[str, object]:
    """The envelope of every error."""
    name, usual = WORDS.get(status, ("Error", "Unexpected error"))
    return {
        "path": path,
        "timestamp": rfc3339(at),
        "statusCode": status,
        "error": name,
        "message": message or usual,
        "code": name.upper().replace(" ", "_"),
        "source": "DAYTONA_API",
    }


def limit_headers(method: str, path: str, retry_after_s: int) -> dict[str, str]:
    """The headers of a 429, each with the name of the limit at its end; plain ones are not sent."""
    name = "authenticated"
    if path.startswith("/sandbox") and method != "GET":
        name = "sandbox-create" if path == "/sandbox" else "sandbox-lifecycle"
    return {
        f"Retry-After-{name}": str(retry_after_s),
        f"X-RateLimit-Limit-{name}": str(LIMITS[name]),
        f"X-RateLimit-Remaining-{name}": "0",
        f"X-RateLimit-Reset-{name}": str(retry_after_s),
    }


def listed_json(box: Box, *, proxy_url: str, active_at: datetime) -> dict[str, object]:
    """The SandboxListItem schema; optional fields without a value are left out."""
    body: dict[str, object] = {
        "id": box.id,
        "organizationId": ORGANIZATION_ID,
        "name": box.name,
        "target": box.target,
        "runnerId": box.runner_id,
        "sandboxClass": "container",
        "state": box.state.value,
        "desiredState": box.desired.value,
        "snapshot": box.snapshot,
        "user": "daytona",
        "public": box.public,
        "networkBlockAll": False,
        "cpu": box.cpu,
        "gpu": 0,
        "memory": box.memory_gib,
        "disk": box.disk_gib,
        "labels": box.labels,
        "backupState": "Completed" if box.state is State.ARCHIVED else "None",
        "autoStopInterval": box.auto_stop_min,
        "autoPauseInterval": box.auto_pause_min,
        "autoArchiveInterval": box.auto_archive_min,
        "autoDeleteInterval": box.auto_delete_min,
        "createdAt": rfc3339(box.created_at),
        "updatedAt": rfc3339(box.updated_at),
        "lastActivityAt": rfc3339(active_at),
        "daemonVersion": "0.141.0",
        "toolboxProxyUrl": proxy_url,
    }
    if box.error_reason is not None:
        body["errorReason"] = box.error_reason
        body["recoverable"] = box.recoverable
    if box.destroy_at is not None:
        body["autoDestroyAt"] = rfc3339(box.destroy_at)
    return body


def detail_json(box: Box, *, proxy_url: str, active_at: datetime) -> dict[str, object]:
    """The Sandbox schema, with the `kvm` that newer clients require."""
    return {
        **listed_json(box, proxy_url=proxy_url, active_at=active_at),
        "env": box.env,
        "kvm": False,
        "volumes": [],
    }


def config_json(base_url: str, *, analytics: bool) -> dict[str, object]:
    """The DaytonaConfiguration schema. Every address in it is our own."""
    body: dict[str, object] = {
        "version": "0.141.0",
        "oidc": {"issuer": base_url, "clientId": "emulator", "audience": "emulator", "provider": "auth0"},
        "linkedAccountsEnabled": False,
        "announcements": {},
        "proxyTemplateUrl": f"{base_url}/preview/{{{{PORT}}}}/{{{{sandboxId}}}}",
        "proxyToolboxUrl": f"{base_url}/toolbox",
        "defaultSnapshot": "daytonaio/sandbox:0.6.0",
        "dashboardUrl": f"{base_url}/dashboard",
        "maxAutoArchiveInterval": 43200,
        "maintananceMode": False,
        "environment": "production",
        "rateLimit": {
            "authenticated": {"ttl": 60, "limit": LIMITS["authenticated"]},
            "sandboxCreate": {"ttl": 60, "limit": LIMITS["sandbox-create"]},
            "sandboxLifecycle": {"ttl": 60, "limit": LIMITS["sandbox-lifecycle"]},
        },
    }
    return {**body, "analyticsApiUrl": base_url} if analytics else body


def metric_values(box: Box, at: datetime) -> dict[str, float]:
    """One sample of every metric the vendor keeps; bytes, percent and cores."""
    mem_total, disk_total = box.memory_gib * _GIB, box.disk_gib * _GIB
    mem_used = mem_used_bytes(box.work, at, mem_total)
    return {
        "daytona.sandbox.cpu.utilization": cpu_pct(box.work, at),
        "daytona.sandbox.cpu.limit": box.cpu,
        "daytona.sandbox.memory.usage": mem_used,
        "daytona.sandbox.memory.limit": mem_total,
        "daytona.sandbox.memory.cache": mem_used // 5,
        "daytona.sandbox.filesystem.usage": disk_used_bytes(box.work, at, disk_total),
        "daytona.sandbox.filesystem.total": disk_total,
    }


def metric_points(
    box: Box, since: datetime, until: datetime, names: frozenset[str]
) -> Iterator[tuple[str, datetime, float]]:
    """Name, time and value of each sample taken while it ran."""
    step_s = max(_STEP_S, -(-int((until - since).total_seconds()) // _POINTS_MAX))
    at = since.replace(microsecond=0) + timedelta(seconds=_STEP_S - since.second % _STEP_S)
    while at <= until:
        if any(p.running and p.start <= at and (p.end is None or at < p.end) for p in box.periods):
            for name, value in metric_values(box, at).items():
                if not names or name in names:
                    yield name, at, value
        at += timedelta(seconds=step_s)


def log_json(line: Line) -> dict[str, object]:
    """The LogEntry schema."""
    return {
        "timestamp": rfc3339(line.at),
        "body": line.text,
        "severityText": line.level.upper(),
        "severityNumber": {Level.DEBUG: 5, Level.INFO: 9, Level.WARN: 13, Level.ERROR: 17}[line.level],
        "serviceName": "agent",
        "resourceAttributes": {},
        "logAttributes": {},
    }


def quota_json(boxes: Sequence[Box], *, cpu_quota: int) -> dict[str, object]:
    """The OrganizationUsageOverview schema."""
    return {
        "regionUsage": [_region_json(region, boxes, cpu_quota) for region in REGIONS],
        "totalSnapshotQuota": 100,
        "currentSnapshotUsage": len({box.snapshot for box in boxes}),
        "totalVolumeQuota": 100,
        "currentVolumeUsage": 0,
    }


def _region_json(region: str, boxes: Sequence[Box], cpu_quota: int) -> dict[str, object]:
    here = [box for box in boxes if box.target == region]
    live = [box for box in here if box.state in {State.STARTED, State.STARTING, State.CREATING, State.RESUMING}]
    return {
        "regionId": region,
        "sandboxClass": "container",
        "totalCpuQuota": cpu_quota,
        "currentCpuUsage": sum(box.cpu for box in live),
        "totalMemoryQuota": cpu_quota * 4,
        "currentMemoryUsage": sum(box.memory_gib for box in live),
        "totalDiskQuota": cpu_quota * 20,
        "currentDiskUsage": sum(box.disk_gib for box in here if box.state is not State.ARCHIVED),
        "totalGpuQuota": 0,
        "currentGpuUsage": 0,
        "maxCpuPerSandbox": 16,
        "maxMemoryPerSandbox": 64,
        "maxDiskPerSandbox": 200,
        "maxDiskPerNonEphemeralSandbox": None,
        "maxCpuPerGpu": None,
        "maxMemoryPerGpu": None,
        "maxDiskPerGpu": None,
    }


def cursor_of(rank: Rank) -> str:
    """The opaque cursor that continues behind this rank."""
    key, box_id = rank
    plain = key.isoformat() if isinstance(key, datetime) else key
    return base64.urlsafe_b64encode(json.dumps([plain, box_id]).encode()).decode()


def rank_of(cursor: str, *, of_time: bool) -> Rank | None:
    """The place a cursor names; None when it is no cursor of ours."""
    try:
        key, box_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        place: Key = datetime.fromisoformat(key) if of_time else key
    except (ValueError, TypeError, binascii.Error):
        return None
    return place, str(box_id)


def first_rank(*, descending: bool) -> Rank:
    """A place before every row of a list by creation time."""
    return (datetime.max.replace(tzinfo=UTC), "") if descending else (datetime.min.replace(tzinfo=UTC), "")
