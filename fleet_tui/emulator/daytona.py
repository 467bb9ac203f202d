"""Daytona on loopback: its control plane and its analytics API as the 0.226 clients speak them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, cast

from aiohttp import web
from typing_extensions import override

from fleet_tui.emulator import daytona_seed, daytona_wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer, JsonObject
from fleet_tui.emulator.chance import token, uuid_of
from fleet_tui.emulator.daytona_reads import DaytonaReads
from fleet_tui.emulator.daytona_state import SETTLED, Box, Sandboxes, State
from fleet_tui.emulator.wire import decoded, json_answer, rewritten
from fleet_tui.emulator.workload import Workload
from fleet_tui.emulator.world import Behaviour, SeedAgent

_STARTS_VIA = {
    State.STOPPED: State.STARTING,
    State.ARCHIVED: State.RESTORING,
    State.PAUSED: State.RESUMING,
}
_MAX_TTL_MIN = 525_600


class DaytonaEmulator(Emulator):
    """One Daytona organization. `boxes` is its state, open to tests; `boxes.pace` is how long changes take."""

    name: ClassVar[str] = "daytona"
    default_key: ClassVar[str] = "dtn_emulator"
    epoch_keys: ClassVar[frozenset[str]] = frozenset({"timestampUnix"})

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.boxes = Sandboxes()
        self._made = 0
        self.reads = DaytonaReads(self, self.boxes)

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        one = "/sandbox/{id}"
        return (
            *self.reads.routes(),
            web.post("/sandbox", self.create),
            web.delete(one, self.destroy),
            web.post(f"{one}/start", self.start_box),
            web.post(f"{one}/stop", self.stop_box),
            web.post(f"{one}/pause", self.pause),
            web.post(f"{one}/recover", self.recover),
            web.post(f"{one}/archive", self.archive),
            web.post(f"{one}/resize", self.resize),
            web.put(f"{one}/labels", self.replace_labels),
            web.post(f"{one}/last-activity", self.touch),
            web.post(one + "/{timer:autostop|autopause|autoarchive|autodelete|ttl}/{minutes}", self.set_timer),
            web.get("/toolbox/{id}/system/metrics", self.system_metrics),
        )

    @override
    def is_open(self, request: web.Request) -> bool:
        return request.path == "/config"

    @override
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        body = daytona_wire.error_json(status, path="/", at=self.clock())
        return ErrorAnswer(body=body, headers=self._headers("GET", "/", status, retry_after_s))

    @override
    def error_to(self, request: web.Request, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        body = daytona_wire.error_json(status, path=request.path, at=self.clock())
        return ErrorAnswer(body=body, headers=self._headers(request.method, request.path, status, retry_after_s))

    @override
    def rows_of(self, body: object) -> list[object] | None:
        if isinstance(body, dict):
            body = cast(JsonObject, body).get("items")
        return super().rows_of(body)

    @override
    def loop_cursor(self, request: web.Request, answer: web.Response) -> web.Response:
        decoded_body = decoded(answer)
        body = cast(JsonObject, decoded_body) if isinstance(decoded_body, dict) else {}
        if "nextCursor" not in body:
            return answer
        start = daytona_wire.cursor_of(daytona_wire.first_rank(descending=request.query.get("order") != "asc"))
        return rewritten(answer, {**body, "nextCursor": request.query.get("cursor") or start})

    @override
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        daytona_seed.fill(self.boxes, agents, seed=self.seed, now=self.clock())
        self.advance(self.clock())

    @override
    def advance(self, now: datetime) -> None:
        self.boxes.timeline.run(now)

    async def create(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        box = self._new_box(request, body)
        if box.name in self.boxes.by_name:
            raise self.reads.refuse(request, 409, f"Sandbox with name {box.name} already exists")
        in_use = sum(other.cpu for other in self.boxes.by_id.values() if other.state is State.STARTED)
        if in_use + box.cpu > self.reads.cpu_quota:
            raise self.reads.refuse(request, 400, f"Total CPU limit exceeded. Maximum allowed: {self.reads.cpu_quota}.")
        self.boxes.add(box)
        ttl = _number(body, "ttlMinutes", 0)
        self.boxes.destroy_later(box, self.clock() + timedelta(minutes=ttl) if ttl > 0 else None)
        return self._change(box, State.CREATING, State.STARTED)

    async def destroy(self, request: web.Request) -> web.Response:
        box = self.reads.find(request)
        self._settled(request, box)
        return self._change(box, State.DESTROYING, State.DESTROYED)

    async def start_box(self, request: web.Request) -> web.Response:
        box = self.reads.find(request)
        self._settled(request, box)
        if box.state is State.ERROR:
            raise self.reads.refuse(request, 400, "Sandbox is in an errored state")
        if box.state is State.STARTED:
            return self._answer_of(box)
        return self._change(box, _STARTS_VIA[box.state], State.STARTED)

    async def stop_box(self, request: web.Request) -> web.Response:
        return self._change(self._in(request, State.STARTED, "started"), State.STOPPING, State.STOPPED)

    async def pause(self, request: web.Request) -> web.Response:
        return self._change(self._in(request, State.STARTED, "started"), State.PAUSING, State.PAUSED)

    async def archive(self, request: web.Request) -> web.Response:
        return self._change(self._in(request, State.STOPPED, "stopped"), State.ARCHIVING, State.ARCHIVED)

    async def recover(self, request: web.Request) -> web.Response:
        box = self._in(request, State.ERROR, "in an error state")
        if not box.recoverable:
            raise self.reads.refuse(request, 400, "Sandbox is not recoverable")
        box.work = self._new_work(box.work.chance)
        rests = request.query.get("skipStart") == "true"
        return self._change(box, State.STARTING, State.STOPPED if rests else State.STARTED)

    async def resize(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        box = self.reads.find(request)
        self._settled(request, box)
        if box.state not in {State.STARTED, State.STOPPED}:
            raise self.reads.refuse(request, 400, "Sandbox must be started or stopped to be resized")
        box.cpu = _number(body, "cpu", box.cpu)
        box.memory_gib = _number(body, "memory", box.memory_gib)
        box.disk_gib = max(box.disk_gib, _number(body, "disk", box.disk_gib))
        return self._change(box, State.RESIZING, box.state)

    async def replace_labels(self, request: web.Request) -> web.Response:
        """The whole set is replaced."""
        labels = (await self.json_body(request)).get("labels")
        box = self.reads.find(request)
        box.labels = self._texts(request, labels, "labels")
        box.updated_at = self.clock()
        return json_answer({"labels": box.labels})

    async def touch(self, request: web.Request) -> web.Response:
        self.reads.find(request).touched_at = self.clock()
        return web.Response(status=201)

    async def set_timer(self, request: web.Request) -> web.Response:
        box = self.reads.find(request)
        minutes = self._minutes_in_path(request)
        match request.match_info["timer"]:
            case "autostop":
                box.auto_stop_min, box.auto_pause_min = minutes, 0 if minutes else box.auto_pause_min
            case "autopause":
                box.auto_pause_min, box.auto_stop_min = minutes, 0 if minutes else box.auto_stop_min
            case "autoarchive":
                box.auto_archive_min = minutes
            case "autodelete":
                box.auto_delete_min = minutes
            case _:
                due = self.clock() + timedelta(minutes=minutes)
                self.boxes.destroy_later(box, due if minutes > 0 else None)
        box.updated_at = self.clock()
        if box.state in SETTLED:
            self.boxes.reschedule(box, self.clock())
        return self._answer_of(box)

    async def system_metrics(self, request: web.Request) -> web.Response:
        """Inside the sandbox: asking here is activity, and only a running one answers."""
        box = self._in(request, State.STARTED, "started")
        now = self.clock()
        box.touched_at = now
        sample = daytona_wire.metric_values(box, now)
        body: JsonObject = {
            "timestampUnix": int(now.timestamp()),
            "cpuCount": box.cpu,
            "cpuUsedPct": sample["daytona.sandbox.cpu.utilization"],
            "memUsed": sample["daytona.sandbox.memory.usage"],
            "memTotal": sample["daytona.sandbox.memory.limit"],
            "memCache": sample["daytona.sandbox.memory.cache"],
            "diskUsed": sample["daytona.sandbox.filesystem.usage"],
            "diskTotal": sample["daytona.sandbox.filesystem.total"],
        }
        return json_answer(body)

    def _change(self, box: Box, via: State, to: State) -> web.Response:
        self.boxes.change(box, via, to, self.clock())
        return self._answer_of(box)

    def _answer_of(self, box: Box) -> web.Response:
        return json_answer(self.reads.detail(box))

    def _settled(self, request: web.Request, box: Box) -> None:
        if box.state not in SETTLED:
            raise self.reads.refuse(request, 409, "Sandbox state change in progress")

    def _in(self, request: web.Request, state: State, words: str) -> Box:
        box = self.reads.find(request)
        self._settled(request, box)
        if box.state is not state:
            raise self.reads.refuse(request, 400, f"Sandbox is not {words}")
        return box

    def _headers(self, method: str, path: str, status: int, retry_after_s: int) -> dict[str, str]:
        limited = status == web.HTTPTooManyRequests.status_code
        return daytona_wire.limit_headers(method, path, retry_after_s) if limited else {}

    def _minutes_in_path(self, request: web.Request) -> int:
        try:
            minutes = int(request.match_info["minutes"])
        except ValueError as wrong:
            raise self.reads.refuse(request, 400, "the interval must be a number of minutes") from wrong
        lowest = -1 if request.match_info["timer"] == "autodelete" else 0
        if not lowest <= minutes <= _MAX_TTL_MIN:
            raise self.reads.refuse(request, 400, f"the interval must be {lowest} to {_MAX_TTL_MIN} minutes")
        return minutes

    def _new_work(self, chance: int) -> Workload:
        return Workload(behaviour=Behaviour.STEADY, chance=chance, since=self.clock())

    def _new_box(self, request: web.Request, body: JsonObject) -> Box:
        self._made += 1
        die = self.die("create", self._made)
        now = self.clock()
        name, snapshot, target = body.get("name"), body.get("snapshot"), body.get("target")
        auto_stop, auto_pause = _number(body, "autoStopInterval", -1), _number(body, "autoPauseInterval", 0)
        if auto_stop > 0 and auto_pause > 0:
            raise self.reads.refuse(request, 400, "autoStopInterval and autoPauseInterval are mutually exclusive")
        return Box(
            id=uuid_of(die),
            name=name if isinstance(name, str) and name else f"sandbox-{token(die, 8)}",
            labels=self._texts(request, body.get("labels"), "labels"),
            env=self._texts(request, body.get("env"), "env"),
            target=target if isinstance(target, str) else daytona_wire.REGIONS[0],
            snapshot=snapshot if isinstance(snapshot, str) else daytona_seed.SNAPSHOT,
            cpu=_number(body, "cpu", 1),
            memory_gib=_number(body, "memory", 1),
            disk_gib=_number(body, "disk", 3),
            state=State.CREATING,
            desired=State.STARTED,
            created_at=now,
            updated_at=now,
            touched_at=now,
            work=self._new_work(die.getrandbits(30)),
            runner_id=f"runner-{die.randrange(1, 9)}",
            public=body.get("public") is True,
            auto_stop_min=auto_stop if auto_stop >= 0 else (0 if auto_pause else 15),
            auto_pause_min=auto_pause,
            auto_archive_min=_number(body, "autoArchiveInterval", 10080),
            auto_delete_min=_number(body, "autoDeleteInterval", -1),
        )

    def _texts(self, request: web.Request, value: object, what: str) -> dict[str, str]:
        pairs = cast(dict[object, object], value) if isinstance(value, dict) else {}
        if value is not None and (not isinstance(value, dict) or not all(isinstance(v, str) for v in pairs.values())):
            raise self.reads.refuse(request, 400, f"{what} must be an object of strings")
        return {str(key): str(text) for key, text in pairs.items()}


def _number(body: JsonObject, name: str, default: int) -> int:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default
