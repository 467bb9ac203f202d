"""Daytona's reading calls: list by cursor, get, telemetry, quotas, configuration and the analytics API."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

import msgspec
from aiohttp import web

from fleet_tui.emulator import daytona_usage, daytona_wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer, JsonObject, Refusal
from fleet_tui.emulator.daytona_state import Box, Sandboxes, State
from fleet_tui.emulator.ranked import Key, Rank, Ranked
from fleet_tui.emulator.wire import json_answer, rfc3339
from fleet_tui.emulator.workload import Line, lines

_PAGE = 100
_PAGE_MAX = 200
_LOGS_MAX = 1000
_LOGS_READ = 5000
_NO_LIMIT = 10**6
Test = Callable[[Box], bool]

_SORTS: Mapping[str, Callable[[Box], Key]] = {
    "name": lambda box: box.name,
    "cpu": lambda box: float(box.cpu),
    "memoryGib": lambda box: float(box.memory_gib),
    "diskGib": lambda box: float(box.disk_gib),
    "lastActivityAt": lambda box: box.touched_at.isoformat(),
}
_SIZES: Mapping[str, Callable[[Box], int]] = {
    "Cpu": lambda box: box.cpu,
    "MemoryGiB": lambda box: box.memory_gib,
    "DiskGiB": lambda box: box.disk_gib,
}


class DaytonaReads:
    """The handlers that change nothing."""

    def __init__(self, emulator: Emulator, boxes: Sandboxes) -> None:
        self._emulator = emulator
        self._boxes = boxes
        self.analytics = True
        self.cpu_quota = 20_000

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        organization = "/organization/{organization}"
        return (
            web.get("/config", self.config),
            web.get("/sandbox", self.page),
            web.get("/sandbox/{id}", self.get),
            web.get("/sandbox/{id}/toolbox-proxy-url", self.proxy_url),
            web.get("/sandbox/{id}/telemetry/metrics", self.metrics),
            web.get("/sandbox/{id}/telemetry/logs", self.logs),
            web.get("/organizations/{organization}/usage", self.quota),
            web.get(f"{organization}/usage/sandbox", self.usage),
            web.get(f"{organization}/usage/aggregated", self.usage_aggregated),
            web.get(f"{organization}/usage/chart", self.usage_chart),
            web.get(organization + "/sandbox/{id}/usage", self.usage_of_one),
            web.get(organization + "/sandbox/{id}/telemetry/metrics", self.analytics_metrics),
            web.get(organization + "/sandbox/{id}/telemetry/logs", self.analytics_logs),
        )

    def find(self, request: web.Request) -> Box:
        name = request.match_info["id"]
        box = self._boxes.find(name)
        if box is None:
            raise self.refuse(request, 404, f"Sandbox with ID or name {name} not found")
        return box

    def refuse(self, request: web.Request, status: int, message: str) -> Refusal:
        body = daytona_wire.error_json(status, message, path=request.path, at=self._emulator.clock())
        return Refusal(status, ErrorAnswer(body=body))

    def detail(self, box: Box) -> JsonObject:
        active_at = self._boxes.last_activity_at(box, self._emulator.clock())
        return daytona_wire.detail_json(box, proxy_url=self._proxy_url(), active_at=active_at)

    async def config(self, request: web.Request) -> web.Response:
        del request
        return json_answer(daytona_wire.config_json(self._emulator.base_url, analytics=self.analytics))

    async def get(self, request: web.Request) -> web.Response:
        return json_answer(self.detail(self.find(request)))

    async def page(self, request: web.Request) -> web.Response:
        limit = self._emulator.whole_number(request, "limit", default=_PAGE, low=1, high=_PAGE_MAX)
        sort, order = request.query.get("sort", "createdAt"), request.query.get("order", "desc")
        if (sort != "createdAt" and sort not in _SORTS) or order not in {"asc", "desc"}:
            raise self.refuse(request, 400, f"cannot sort by {sort} {order}")
        cursor = request.query.get("cursor", "")
        rank = daytona_wire.rank_of(cursor, of_time=sort == "createdAt") if cursor else None
        if cursor and rank is None:
            raise self.refuse(request, 400, "Invalid cursor")
        tests = self._tests(request)
        behind = self._ranks(sort).after(rank, descending=order == "desc")
        boxes = (self._boxes.by_id[box_id] for box_id in behind)
        page = list(islice((box for box in boxes if all(test(box) for test in tests)), limit + 1))
        more = len(page) > limit
        now, proxy_url = self._emulator.clock(), self._proxy_url()
        items = [
            daytona_wire.listed_json(box, proxy_url=proxy_url, active_at=self._boxes.last_activity_at(box, now))
            for box in page[:limit]
        ]
        next_cursor = daytona_wire.cursor_of(self._rank(page[limit - 1], sort)) if more else None
        return json_answer({"items": items, "nextCursor": next_cursor})

    async def proxy_url(self, request: web.Request) -> web.Response:
        self.find(request)
        return json_answer({"url": self._proxy_url()})

    async def quota(self, request: web.Request) -> web.Response:
        self._in_organization(request)
        return json_answer(daytona_wire.quota_json(tuple(self._boxes.by_id.values()), cpu_quota=self.cpu_quota))

    async def metrics(self, request: web.Request) -> web.Response:
        series: dict[str, list[dict[str, object]]] = {}
        for name, at, value in self._points(request):
            series.setdefault(name, []).append({"timestamp": rfc3339(at), "value": value})
        return json_answer({"series": [{"metricName": n, "dataPoints": points} for n, points in series.items()]})

    async def analytics_metrics(self, request: web.Request) -> web.Response:
        self._in_organization(request)
        points = self._points(request)
        return json_answer([{"metricName": name, "timestamp": rfc3339(at), "value": v} for name, at, v in points])

    async def logs(self, request: web.Request) -> web.Response:
        """Newest first, numbered pages."""
        limit = self._emulator.whole_number(request, "limit", default=_PAGE, low=1, high=_LOGS_MAX)
        page = self._emulator.whole_number(request, "page", default=1, low=1, high=_NO_LIMIT)
        found = self._lines(request, "severities")
        items = [daytona_wire.log_json(line) for line in found[(page - 1) * limit : page * limit]]
        return json_answer({"items": items, "total": len(found), "page": page, "totalPages": -(-len(found) // limit)})

    async def analytics_logs(self, request: web.Request) -> web.Response:
        self._in_organization(request)
        limit = self._emulator.whole_number(request, "limit", default=_PAGE, low=1, high=_LOGS_MAX)
        offset = self._emulator.whole_number(request, "offset", default=0, low=0, high=_NO_LIMIT)
        found = self._lines(request, "severity")
        return json_answer([daytona_wire.log_json(line) for line in found[offset : offset + limit]])

    async def usage(self, request: web.Request) -> web.Response:
        since, until = self._span(request)
        now = self._emulator.clock()
        rows = (daytona_usage.sandbox_json(box, since, until, now) for box in self._ever())
        return json_answer([row for row in rows if row is not None])

    async def usage_of_one(self, request: web.Request) -> web.Response:
        since, until = self._span(request)
        box = self._boxes.gone.get(request.match_info["id"]) or self.find(request)
        return json_answer(daytona_usage.periods_json(box, since, until, self._emulator.clock()))

    async def usage_aggregated(self, request: web.Request) -> web.Response:
        since, until = self._span(request)
        return json_answer(daytona_usage.aggregated_json(self._ever(), since, until, self._emulator.clock()))

    async def usage_chart(self, request: web.Request) -> web.Response:
        since, until = self._span(request)
        region = request.query.get("region")
        boxes = (box for box in self._ever() if region in {None, "", box.target})
        return json_answer(daytona_usage.chart_json(boxes, since, until, self._emulator.clock()))

    def _ever(self) -> Iterator[Box]:
        yield from self._boxes.by_id.values()
        yield from self._boxes.gone.values()

    def _span(self, request: web.Request) -> tuple[datetime, datetime]:
        """The asked time, for a caller of this organization; both ends are required."""
        if "organization" in request.match_info:
            self._in_organization(request)
        since, until = self._emulator.moment(request, "from"), self._emulator.moment(request, "to")
        if since is None or until is None or since > until:
            raise self.refuse(request, 400, "from and to are required, in this order")
        return since, until

    def _in_organization(self, request: web.Request) -> None:
        if request.match_info["organization"] != daytona_wire.ORGANIZATION_ID:
            raise self.refuse(request, 403, "Access denied")

    def _points(self, request: web.Request) -> Iterator[tuple[str, datetime, float]]:
        box = self.find(request)
        since, until = self._span(request)
        names = frozenset(name for text in request.query.getall("metricNames", []) for name in text.split(","))
        until = min(until, self._emulator.clock())
        return daytona_wire.metric_points(box, max(since, box.created_at), until, names)

    def _lines(self, request: web.Request, severities: str) -> list[Line]:
        box = self.find(request)
        since, until = self._span(request)
        end = min(until, self._emulator.clock() if box.state is State.STARTED else box.updated_at)
        wanted = {level.upper() for level in request.query.getall(severities, [])}
        search = request.query.get("search", "")
        written = lines(box.work, since, end, limit=_LOGS_READ, newest_first=True)
        return [line for line in written if (not wanted or line.level.upper() in wanted) and search in line.text]

    def _ranks(self, sort: str) -> Ranked:
        if sort == "createdAt":
            return self._boxes.ranks
        return Ranked(self._rank(box, sort) for box in self._boxes.by_id.values())

    def _rank(self, box: Box, sort: str) -> Rank:
        return box.rank if sort == "createdAt" else (_SORTS[sort](box), box.id)

    def _proxy_url(self) -> str:
        return f"{self._emulator.base_url}/toolbox"

    def _tests(self, request: web.Request) -> list[Test]:
        """The asked filters; those that nobody asked for cost nothing."""
        tests = [*self._text_tests(request), *self._time_tests(request)]
        for name, size in _SIZES.items():
            low = self._emulator.whole_number(request, f"min{name}", default=0, low=0, high=_NO_LIMIT)
            high = self._emulator.whole_number(request, f"max{name}", default=_NO_LIMIT, low=0, high=_NO_LIMIT)
            if low > 0 or high < _NO_LIMIT:
                tests.append(_sized(size, low, high))
        return tests

    def _text_tests(self, request: web.Request) -> Iterator[Test]:
        query = request.query
        if prefix := query.get("id", "").lower():
            yield lambda box: box.id.lower().startswith(prefix)
        if start := query.get("name", "").lower():
            yield lambda box: box.name.lower().startswith(start)
        if labels := self._labels(request):
            yield lambda box: labels.items() <= box.labels.items()
        if states := frozenset(query.getall("states", [])):
            yield lambda box: box.state.value in states
        if snapshots := frozenset(query.getall("snapshots", [])):
            yield lambda box: box.snapshot in snapshots
        if regions := frozenset(query.getall("regionIds", [])):
            yield lambda box: box.target in regions
        if public := query.get("isPublic"):
            yield lambda box: box.public is (public == "true")
        if recoverable := query.get("isRecoverable"):
            yield lambda box: box.recoverable is (recoverable == "true")

    def _time_tests(self, request: web.Request) -> Iterator[Test]:
        now = self._emulator.clock()
        fields: Mapping[str, Callable[[Box], datetime | None]] = {
            "createdAt": lambda box: box.created_at,
            "lastEvent": lambda box: self._boxes.last_activity_at(box, now),
            "autoDestroyAt": lambda box: box.destroy_at,
        }
        for name, value_of in fields.items():
            after = self._emulator.moment(request, f"{name}After")
            before = self._emulator.moment(request, f"{name}Before")
            if after is not None or before is not None:
                yield _between(value_of, after, before)

    def _labels(self, request: web.Request) -> dict[str, str]:
        try:
            return msgspec.json.decode(request.query.get("labels", "{}"), type=dict[str, str])
        except msgspec.MsgspecError as wrong:
            raise self.refuse(request, 400, "labels must be a JSON object of strings") from wrong


def _sized(size: Callable[[Box], int], low: int, high: int) -> Test:
    return lambda box: low <= size(box) <= high


def _between(value_of: Callable[[Box], datetime | None], after: datetime | None, before: datetime | None) -> Test:
    def test(box: Box) -> bool:
        value = value_of(box)
        return value is not None and (after is None or value >= after) and (before is None or value <= before)

    return test
