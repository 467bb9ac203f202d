"""E2B on loopback: its control plane as e2b 2.x speaks it, v1 paths too, and its lifecycle events API."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, cast

from aiohttp import web
from typing_extensions import override

from fleet_tui.emulator import e2b_seed, e2b_wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer, JsonObject
from fleet_tui.emulator.chance import uuid_of
from fleet_tui.emulator.e2b_reads import E2BReads, refuse
from fleet_tui.emulator.e2b_state import Box, Boxes, State
from fleet_tui.emulator.wire import decoded, json_answer, rewritten
from fleet_tui.emulator.workload import Workload
from fleet_tui.emulator.world import AgentCli, Behaviour, SeedAgent

_LONGEST_S = 24 * 3600
_REFRESH_MAX_S = 3600
_ENDED_KEPT = 2000
_IDEMPOTENCY_KEY = re.compile(r"[a-z0-9-]{1,255}")
_ALIASES = ("base", "code-interpreter-v1", "desktop", *(cli.value for cli in AgentCli))
_GUEST_DEAD = "sandbox_snapshot_guest_agent_unresponsive"


class E2BEmulator(Emulator):
    """One E2B team. `boxes` is its state, open to tests; `max_running` is the plan's limit of concurrent sandboxes."""

    name: ClassVar[str] = "e2b"
    default_key: ClassVar[str] = "e2b_emulator"
    epoch_keys: ClassVar[frozenset[str]] = frozenset({"timestampUnix"})

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.boxes = Boxes()
        self.boxes.on_gone = self._keep_ended
        self.ended: dict[str, Box] = {}
        self.max_running = 20_000
        self._templates = {e2b_seed.template_id(alias): alias for alias in _ALIASES}
        self._created: dict[str, tuple[JsonObject, str]] = {}
        self._reads = E2BReads(self, self.boxes, self.ended)

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return (
            *self._reads.routes(),
            web.post("/v2/sandboxes", self.create),
            web.post("/sandboxes", self.create),
            web.delete("/sandboxes/{id}", self.kill),
            web.post("/sandboxes/{id}/pause", self.pause),
            web.post("/v2/sandboxes/{id}/connect", self.connect),
            web.post("/sandboxes/{id}/connect", self.connect),
            web.post("/sandboxes/{id}/resume", self.resume),
            web.post("/sandboxes/{id}/timeout", self.set_timeout),
            web.post("/sandboxes/{id}/refreshes", self.refresh),
        )

    @override
    def key_of(self, request: web.Request) -> str | None:
        return request.headers.get("X-API-Key")

    @override
    def is_open(self, request: web.Request) -> bool:
        return request.path == "/health"

    @override
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        headers = {"Retry-After": str(retry_after_s)} if status in {429, 503} else {}
        return ErrorAnswer(body=e2b_wire.error_json(status), headers=headers)

    @override
    def loop_cursor(self, request: web.Request, answer: web.Response) -> web.Response:
        if request.path != "/v2/sandboxes" or request.method != "GET" or not answer.headers.get("X-Total-Running"):
            return answer
        looped = rewritten(answer, decoded(answer))
        start = "0001-01-01T00:00:00+00:00" if request.query.get("order") == "asc" else "9999-01-01T00:00:00+00:00"
        looped.headers["X-Next-Token"] = request.query.get("nextToken") or e2b_wire.token_of(start, "")
        return looped

    @override
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        e2b_seed.fill(self.boxes, agents, seed=self.seed, now=self.clock())

    @override
    def advance(self, now: datetime) -> None:
        self.boxes.timeline.run(now)

    async def create(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        key = request.headers.get("Idempotency-Key")
        if key is not None and (before := self._created_before(key, body)) is not None:
            return json_answer(e2b_wire.session_json(before), status=201)
        if self.boxes.running >= self.max_running:
            raise refuse(429, f"you have reached the maximum number of concurrent E2B sandboxes ({self.max_running})")
        box = self._new_box(body, v2=request.path.startswith("/v2"))
        self.boxes.add(box, box.started_at)
        if key is not None:
            self._created[key] = (body, box.id)
        return json_answer(e2b_wire.session_json(box), status=201)

    async def kill(self, request: web.Request) -> web.Response:
        box = self._reads.find(request)
        self.boxes.kill(box, self.clock())
        return web.Response(status=204)

    async def pause(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        box = self._reads.find(request)
        if box.state is State.PAUSED:
            raise refuse(409, f"Sandbox '{box.id}' is already paused")
        self.boxes.pause(box, self.clock(), keep_memory=body.get("memory") is not False)
        return web.Response(status=204)

    async def connect(self, request: web.Request) -> web.Response:
        """Running: 200, and its time is only ever extended. Paused: resumed, 201."""
        body = await self.json_body(request)
        timeout_s = _seconds(body, default=300 if request.path.startswith("/v2") else None)
        box = self._reads.find(request)
        now = self.clock()
        if box.state is State.RUNNING:
            if now + timedelta(seconds=timeout_s) > box.end_at:
                self.boxes.end_in(box, now, timeout_s)
            return json_answer(e2b_wire.session_json(box))
        return self._resumed(box, body, timeout_s)

    async def resume(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        box = self._reads.find(request)
        if box.state is State.RUNNING:
            raise refuse(409, f"Sandbox {box.id} is already running")
        return self._resumed(box, body, _seconds(body, default=15))

    async def set_timeout(self, request: web.Request) -> web.Response:
        timeout_s = _seconds(await self.json_body(request), default=None)
        self.boxes.end_in(self._running(request), self.clock(), timeout_s)
        return web.Response(status=204)

    async def refresh(self, request: web.Request) -> web.Response:
        body = await self.json_body(request)
        duration_s = body.get("duration", _REFRESH_MAX_S)
        if not isinstance(duration_s, int) or not 0 <= duration_s <= _REFRESH_MAX_S:
            raise refuse(400, f"duration must be 0 to {_REFRESH_MAX_S} seconds")
        box, now = self._running(request), self.clock()
        if now + timedelta(seconds=duration_s) > box.end_at:
            self.boxes.end_in(box, now, duration_s)
        return web.Response(status=204)

    def _resumed(self, box: Box, body: JsonObject, timeout_s: int) -> web.Response:
        reboot = body.get("memory") is False or not box.keep_memory
        if box.unresponsive and not reboot:
            raise refuse(409, "The sandbox's guest agent did not respond when it was paused", _GUEST_DEAD)
        now = self.clock()
        self.boxes.resume(box, now, timeout_s=timeout_s)
        box.work = Workload(behaviour=Behaviour.STEADY, chance=box.work.chance, since=now)
        return json_answer(e2b_wire.session_json(box), status=201)

    def _running(self, request: web.Request) -> Box:
        box = self._reads.find(request)
        if box.state is not State.RUNNING:
            raise refuse(404, f"Sandbox '{box.id}' is not running anymore")
        return box

    def _created_before(self, key: str, body: JsonObject) -> Box | None:
        """The sandbox this key has made already; a key says one thing only."""
        if _IDEMPOTENCY_KEY.fullmatch(key) is None:
            raise refuse(400, "Idempotency-Key must be 1-255 lowercase letters, digits and hyphens")
        first_body, box_id = self._created.get(key, ({}, ""))
        if not box_id:
            return None
        if first_body != body:
            raise refuse(409, "Idempotency-Key was used for another request")
        return self.boxes.by_id.get(box_id) or self.ended.get(box_id)

    def _new_box(self, body: JsonObject, *, v2: bool) -> Box:
        alias = self._alias(body.get("templateID"))
        timeout_s = _seconds(body, default=300 if v2 else 15)
        now = self.clock()
        die = self.die("create", len(self.boxes.events), len(self.ended), len(self.boxes.by_id))
        auto_resume = body.get("autoResume")
        return Box(
            id=e2b_seed.new_id(die),
            template=e2b_seed.template_id(alias),
            alias=alias,
            build_id=uuid_of(die),
            execution_id=uuid_of(die),
            metadata=_metadata(body.get("metadata")),
            cpu_count=2,
            memory_mb=1024,
            disk_mb=10240,
            started_at=now,
            end_at=now + timedelta(seconds=timeout_s),
            work=Workload(behaviour=Behaviour.STEADY, chance=die.getrandbits(30), since=now),
            on_timeout=e2b_wire.on_timeout_of(body.get("autoPause")),
            auto_resume=isinstance(auto_resume, dict) and cast("JsonObject", auto_resume).get("enabled") is True,
            keep_memory=body.get("autoPauseMemory") is not False,
            access_token=f"ea_{die.getrandbits(96):024x}",
        )

    def _alias(self, template: object) -> str:
        if not isinstance(template, str) or not template:
            raise refuse(400, "templateID is required")
        alias = self._templates.get(template, template)
        if alias not in self._templates.values():
            raise refuse(404, f"template '{template}' not found")
        return alias

    def _keep_ended(self, box: Box, at: datetime) -> None:
        box.end_at = at
        self.ended[box.id] = box
        if len(self.ended) > _ENDED_KEPT:
            del self.ended[next(iter(self.ended))]


def _seconds(body: JsonObject, *, default: int | None) -> int:
    value = body.get("timeout", default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise refuse(400, "timeout must be a number of seconds, 0 or more")
    if value > _LONGEST_S:
        raise refuse(400, f"Timeout cannot be greater than {_LONGEST_S // 3600} hours")
    return value


def _metadata(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refuse(400, "metadata must be an object of strings")
    pairs = cast("dict[str, object]", value)
    if not all(isinstance(text, str) for text in pairs.values()):
        raise refuse(400, "metadata must be an object of strings")
    return cast("dict[str, str]", dict(pairs))
