"""E2B's reading calls: list, get, metrics, logs and the lifecycle feed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from aiohttp import web

from fleet_tui.emulator import e2b_wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer, Refusal
from fleet_tui.emulator.e2b_state import Box, Boxes, State
from fleet_tui.emulator.wire import json_answer, rfc3339
from fleet_tui.emulator.workload import Level, lines

_PAGE_MAX = 100
_BULK_MAX = 100
_LOGS_MAX = 1000
_METRIC_STEP_S = 5
_METRIC_POINTS = 240
_FAR_MS = 2**53
_LEVELS = tuple(Level)


def refuse(status: int, message: str, error_code: str | None = None) -> Refusal:
    return Refusal(status, ErrorAnswer(body=e2b_wire.error_json(status, message, error_code)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What a list call filters by."""

    states: frozenset[str]
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    started_after: datetime | None = None
    template: str | None = None

    def __contains__(self, box: Box) -> bool:
        return (
            box.state.value in self.states
            and (self.started_after is None or box.started_at >= self.started_after)
            and (self.template is None or self.template in (box.template, box.alias))
            and all(box.metadata.get(key) == value for key, value in self.metadata.items())
        )


class E2BReads:
    """The handlers that change nothing."""

    def __init__(self, emulator: Emulator, boxes: Boxes, ended: Mapping[str, Box]) -> None:
        self._emulator = emulator
        self._boxes = boxes
        self._ended = ended

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            web.get("/health", self.health),
            web.get("/v2/sandboxes", self.list_v2),
            web.get("/sandboxes", self.list_v1),
            web.get("/sandboxes/metrics", self.metrics_of_many),
            web.get("/sandboxes/{id}", self.get),
            web.get("/sandboxes/{id}/metrics", self.metrics_of_one),
            web.get("/sandboxes/{id}/logs", self.logs_v1),
            web.get("/v2/sandboxes/{id}/logs", self.logs_v2),
            web.get("/teams/{id}/metrics", self.team_metrics),
            web.get("/events/sandboxes", self.events),
            web.get("/events/sandboxes/{id}", self.events),
        )

    def find(self, request: web.Request) -> Box:
        box_id = request.match_info["id"]
        box = self._boxes.by_id.get(box_id)
        if box is None:
            raise refuse(404, f"sandbox \"{box_id}\" doesn't exist or you don't have access to it")
        return box

    async def health(self, request: web.Request) -> web.Response:
        """The API's own health; with a sandbox named in the headers, that of the agent inside it."""
        box_id = request.headers.get("e2b-sandbox-id")
        if box_id is None:
            return web.Response(text="Health check successful")
        box = self._boxes.by_id.get(box_id)
        return web.Response(status=204 if box is not None and box.state is State.RUNNING else 502)

    async def get(self, request: web.Request) -> web.Response:
        return json_answer(e2b_wire.detail_json(self.find(request)))

    async def list_v1(self, request: web.Request) -> web.Response:
        wanted = _Wanted(
            states=frozenset({State.RUNNING.value}),
            metadata=e2b_wire.wanted_metadata(request.query.get("metadata", "")),
        )
        rows = [box for box in self._boxes.after(None, newest_first=True) if box in wanted]
        return json_answer([e2b_wire.listed_json(box) for box in rows])

    async def list_v2(self, request: web.Request) -> web.Response:
        limit = self._emulator.whole_number(request, "limit", default=_PAGE_MAX, low=1, high=_PAGE_MAX)
        order = request.query.get("order", "desc")
        if order not in {"asc", "desc"}:
            raise refuse(400, f"unknown order {order!r}")
        wanted = _wanted(self._emulator, request)
        token = request.query.get("nextToken", "")
        rank = e2b_wire.rank_of(token) if token else None
        if token and rank is None:
            raise refuse(400, "invalid next token")
        found = (box for box in self._boxes.after(rank, newest_first=order == "desc") if box in wanted)
        page = list(islice(found, limit + 1))
        headers = {"X-Total-Running": str(self._total_running(wanted))}
        if len(page) > limit:
            headers["X-Next-Token"] = e2b_wire.cursor_of(page[limit - 1])
        return json_answer([e2b_wire.listed_json(box) for box in page[:limit]], headers=headers)

    def _total_running(self, wanted: _Wanted) -> int:
        if not wanted.metadata and wanted.template is None and wanted.started_after is None:
            return self._boxes.running
        return sum(box.state is State.RUNNING and box in wanted for box in self._boxes.by_id.values())

    async def metrics_of_many(self, request: web.Request) -> web.Response:
        ids = [box_id for text in request.query.getall("sandbox_ids", []) for box_id in text.split(",") if box_id]
        if not ids or len(ids) > _BULK_MAX or len(set(ids)) != len(ids):
            raise refuse(400, f"sandbox_ids must name 1 to {_BULK_MAX} different sandboxes")
        at = _on_grid(self._emulator.clock())
        boxes = [self._boxes.by_id[box_id] for box_id in ids if box_id in self._boxes.by_id]
        measured = {box.id: e2b_wire.metric_json(box, at) for box in boxes if box.state is State.RUNNING}
        return json_answer({"sandboxes": measured})

    async def metrics_of_one(self, request: web.Request) -> web.Response:
        box = self.find(request)
        now = self._emulator.clock()
        end = min(_moment(self._number(request, "end"), now), now, box.end_at)
        start = max(_moment(self._number(request, "start"), box.started_at), box.work.since)
        return json_answer([e2b_wire.metric_json(box, at) for at in _grid(start, end)])

    async def logs_v2(self, request: web.Request) -> web.Response:
        box = self._known(request)
        limit = self._emulator.whole_number(request, "limit", default=_LOGS_MAX, low=0, high=_LOGS_MAX)
        backward = request.query.get("direction", "forward") == "backward"
        now = self._until(box)
        cursor_ms = self._emulator.whole_number(request, "cursor", default=-1, low=-1, high=_FAR_MS)
        cursor = now if cursor_ms < 0 and backward else box.work.since if cursor_ms < 0 else _from_ms(cursor_ms)
        since, until = (box.work.since, min(cursor, now)) if backward else (cursor, now)
        level, search = request.query.get("level", Level.DEBUG), request.query.get("search", "")
        written = lines(box.work, since, until, limit=_LOGS_MAX, newest_first=backward)
        loud = [line for line in written if _loud(line.level, level) and search in line.text]
        return json_answer({"logs": [e2b_wire.log_json(line) for line in loud[:limit]]})

    async def logs_v1(self, request: web.Request) -> web.Response:
        box = self._known(request)
        limit = self._emulator.whole_number(request, "limit", default=_LOGS_MAX, low=0, high=_LOGS_MAX)
        start_ms = self._emulator.whole_number(request, "start", default=0, low=0, high=_FAR_MS)
        entries = [
            e2b_wire.log_json(line) for line in lines(box.work, _from_ms(start_ms), self._until(box), limit=limit)
        ]
        plain = [{"timestamp": entry["timestamp"], "line": entry["message"]} for entry in entries]
        return json_answer({"logs": plain, "logEntries": entries})

    async def team_metrics(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != e2b_wire.TEAM_ID:
            raise refuse(403, "You don't have access to this team")
        at = _on_grid(self._emulator.clock())
        sample: dict[str, object] = {
            "timestamp": rfc3339(at),
            "timestampUnix": int(at.timestamp()),
            "concurrentSandboxes": self._boxes.running,
            "sandboxStartRate": 0.0,
        }
        return json_answer([sample])

    async def events(self, request: web.Request) -> web.Response:
        limit = self._emulator.whole_number(request, "limit", default=10, low=1, high=100)
        offset = self._emulator.whole_number(request, "offset", default=0, low=0, high=_FAR_MS)
        ascending = request.query.get("orderAsc", "false") == "true"
        types = frozenset(request.query.getall("types", []))
        box_id = request.match_info.get("id")
        self._boxes.forget_old_events(self._emulator.clock())
        feed = self._boxes.events if ascending else reversed(self._boxes.events)
        found = (
            event
            for event in feed
            if (not types or event.kind.value in types) and (box_id is None or event.sandbox_id == box_id)
        )
        return json_answer([e2b_wire.event_json(event) for event in islice(found, offset, offset + limit)])

    def _known(self, request: web.Request) -> Box:
        """A sandbox that is there or was: its log outlives it."""
        ended = self._ended.get(request.match_info["id"])
        return ended or self.find(request)

    def _until(self, box: Box) -> datetime:
        now = self._emulator.clock()
        return now if self._boxes.by_id.get(box.id) is box and box.state is State.RUNNING else min(now, box.end_at)

    def _number(self, request: web.Request, name: str) -> int:
        return self._emulator.whole_number(request, name, default=-1, low=-1, high=_FAR_MS)


def _wanted(emulator: Emulator, request: web.Request) -> _Wanted:
    states = [state for text in request.query.getall("state", []) for state in text.split(",") if state]
    unknown = set(states) - {state.value for state in State}
    if unknown:
        raise refuse(400, f"unknown state {min(unknown)!r}")
    return _Wanted(
        states=frozenset(states) or frozenset(state.value for state in State),
        metadata=e2b_wire.wanted_metadata(request.query.get("metadata", "")),
        started_after=emulator.moment(request, "startedAfter"),
        template=request.query.get("template"),
    )


def _moment(seconds: int, otherwise: datetime) -> datetime:
    return otherwise if seconds < 0 else datetime.fromtimestamp(min(seconds, 2**33), UTC)


def _from_ms(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(min(milliseconds / 1000, 2**33), UTC)


def _on_grid(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) - timedelta(seconds=moment.second % _METRIC_STEP_S)


def _grid(start: datetime, end: datetime) -> Iterator[datetime]:
    """Sample times, every 5 s or as coarse as it takes to stay under the number of points."""
    step_s = max(_METRIC_STEP_S, -(-int((end - start).total_seconds()) // _METRIC_POINTS))
    at = _on_grid(start) + timedelta(seconds=_METRIC_STEP_S)
    while at <= end:
        yield at
        at += timedelta(seconds=step_s)


def _loud(level: Level, lowest: str) -> bool:
    return lowest not in _LEVELS or _LEVELS.index(level) >= _LEVELS.index(Level(lowest))
