"""Durable workflows on DBOS: an action that was accepted goes on after a crash. The only file that imports dbos.

One workflow per action, its id the action's id and its only argument, run on the collector's own loop, without a
DBOS queue. A workflow never raises: DBOS would keep that as its result for ever.
"""

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from dbos import DBOS, DBOSConfig, SetWorkflowID
from typing_extensions import override

from fleet_tui.domain.action import ActionId
from fleet_tui.engine.durability import Body, Durable

CALL_DEADLINE_S: Final = 10.0
DRAIN_S: Final = 3.0
CLOSE_S: Final = 1.0
_LOOK_S: Final = 0.05
FILE: Final = "durable.sqlite"
EXECUTOR: Final = "collector"
WORKFLOW: Final = "fleet-action"
VERSION: Final = "1"
"""The version of the workflow, not of the program: an upgrade must recover what the old one left."""
_THREADS: Final = 8
_NEVER_S: Final = 86_400.0
_SELDOM_S: Final = 60.0
"""No schedules and no messages are used, so their threads may sleep."""
_DELETED_AT_ONCE: Final = 200
_OVER: Final = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

_log = logging.getLogger(__name__)


class DbosDurable(Durable):
    """One per process: DBOS is a singleton."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._workflow: Any = None
        self._under_way = 0

    @override
    async def launch(self, body: Body) -> None:
        try:
            self._launch(body)
        except Exception:
            DBOS.destroy(destroy_registry=True)
            if _sound(self._file):
                raise
            # Every action without an outcome is in the store and is begun anew.
            self._file.replace(self._file.with_suffix(".damaged"))
            self._launch(body)

    def _launch(self, body: Body) -> None:
        """On the loop's own thread: DBOS takes the running loop for its workflows. It blocks for less than a second."""
        _prepare(self._file)
        config: DBOSConfig = {
            "name": "fleet-tui",
            "system_database_url": f"sqlite:///{quote(os.fspath(self._file))}",
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "max_executor_threads": _THREADS,
            "log_level": "ERROR",
            "use_listen_notify": False,
            "enable_otlp": False,
            "scheduler_polling_interval_sec": _NEVER_S,
            "notification_listener_polling_interval_sec": _SELDOM_S,
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        DBOS(config=config)
        _log_into_ours()
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(self._workflow_of(body))
        DBOS.launch()

    @override
    async def start(self, action_id: ActionId) -> None:
        async with asyncio.timeout(CALL_DEADLINE_S):
            with SetWorkflowID(action_id):
                await DBOS.start_workflow_async(self._workflow, action_id)

    @override
    async def again(self, action_ids: Collection[ActionId]) -> None:
        """DBOS recovers by itself what is pending. What it holds for over, or never heard of, is begun anew."""
        if not action_ids:
            return
        async with asyncio.timeout(CALL_DEADLINE_S):
            known = await DBOS.list_workflows_async(workflow_ids=list(action_ids), load_input=False, load_output=False)
        over = [status.workflow_id for status in known if status.status in _OVER]
        if over:
            await self._delete(over)
        pending = {status.workflow_id for status in known} - set(over)
        for action_id in action_ids:
            if action_id not in pending:
                await self.start(action_id)

    @override
    async def tidy(self, before: datetime) -> None:
        async with asyncio.timeout(CALL_DEADLINE_S):
            over = await DBOS.list_workflows_async(
                status=list(_OVER),
                end_time=before.isoformat(),
                limit=_DELETED_AT_ONCE,
                load_input=False,
                load_output=False,
            )
        if over:
            await self._delete([status.workflow_id for status in over])

    async def _delete(self, workflow_ids: Sequence[str]) -> None:
        async with asyncio.timeout(CALL_DEADLINE_S):
            await DBOS.delete_workflows_async(list(workflow_ids))

    @override
    async def close(self) -> None:
        """Let what is under way end, for a moment, then leave without waiting for DBOS's sleeping threads."""
        await _until(lambda: not self._under_way, within_s=DRAIN_S)
        leaving = threading.Thread(target=DBOS.destroy, kwargs={"destroy_registry": True}, daemon=True)
        leaving.start()
        await _until(lambda: not leaving.is_alive(), within_s=CLOSE_S)

    def _workflow_of(self, body: Body) -> Callable[[str], Coroutine[Any, Any, None]]:
        async def carry_out(action_id: str) -> None:
            """Ends only when the action has its outcome on record."""
            self._under_way += 1
            try:
                await body(ActionId(action_id))
            except Exception:  # noqa: BLE001 - a workflow that raised would be an error for ever
                _log.exception("action %s: its workflow broke; it is taken up again at the next start", action_id)
                # Never returns: DBOS then holds it for unfinished, and the next collector takes it up.
                await asyncio.get_running_loop().create_future()
            finally:
                self._under_way -= 1

        return carry_out


async def _until(holds: Callable[[], bool], *, within_s: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not holds() and loop.time() < deadline:  # noqa: ASYNC110 - threads set no asyncio event
        await asyncio.sleep(_LOOK_S)


def _prepare(file: Path) -> None:
    """The file is ours alone, and in WAL before DBOS opens it."""
    file.touch(mode=0o600, exist_ok=True)
    file.chmod(0o600)
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _sound(file: Path) -> bool:
    try:
        connection = sqlite3.connect(file)
        try:
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False


def _log_into_ours() -> None:
    """DBOS prints to the terminal unless it is told otherwise."""
    logger = logging.getLogger("dbos")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(logging.ERROR)
