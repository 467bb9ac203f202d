"""Durable workflows on DBOS: an action that was accepted goes on after a crash. The only file that imports dbos.

One workflow per action, its id the action's id and its only argument, run on the collector's own loop, without a
DBOS queue. A workflow never raises: DBOS would keep that as its result for ever.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from typing_extensions import override

from fleet_tui.domain.action import ActionId

T = TypeVar("T")
Body = Callable[[ActionId], Awaitable[None]]

CALL_DEADLINE_S: Final = 10.0
LAUNCH_DEADLINE_S: Final = 60.0
FILE: Final = "durable.sqlite"
EXECUTOR: Final = "collector"
WORKFLOW: Final = "fleet-action"
VERSION: Final = "1"
"""The version of the workflow, not of the program: an upgrade must recover what the old one left."""
_THREADS: Final = 8
_DELETED_AT_ONCE: Final = 200
_OVER: Final = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

_log = logging.getLogger(__name__)


class Durable(Protocol):
    """Runs one body per action id until it has returned once, over crashes."""

    async def launch(self, body: Body) -> None:
        """Begin, and take up what an earlier process did not finish."""
        ...

    async def start(self, action_id: ActionId) -> None:
        """Run the body for this id, unless it runs or ran already."""
        ...

    async def again(self, action_ids: Collection[ActionId]) -> None:
        """Make sure that these, which have no outcome yet, run or will run."""
        ...

    async def tidy(self, before: datetime) -> None:
        """Forget what ended before."""
        ...

    async def close(self) -> None:
        """Stop; what did not finish goes on when it is launched again."""
        ...


class DbosDurable(Durable):
    """One per process: DBOS is a singleton."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._workflow: Any = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="durable")

    @override
    async def launch(self, body: Body) -> None:
        _prepare(self._file)
        logging.getLogger("dbos").setLevel(logging.ERROR)
        config: DBOSConfig = {
            "name": "fleet-tui",
            "system_database_url": f"sqlite:///{self._file}",
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "max_executor_threads": _THREADS,
            "log_level": "ERROR",
            "use_listen_notify": False,
            "enable_otlp": False,
            "scheduler_polling_interval_sec": 3600.0,
            "notification_listener_polling_interval_sec": 60.0,
        }
        DBOS(config=config)
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(_workflow_of(body))
        _log_into_ours()
        # On this thread, the loop's own: DBOS takes the running loop for its workflows. It blocks for less than a second.
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
        """DBOS waits for its threads; whoever ends the process need not wait for DBOS."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CALL_DEADLINE_S):
                await loop.run_in_executor(self._pool, lambda: DBOS.destroy(destroy_registry=True))
        except TimeoutError:
            _log.warning("durable actions did not stop within %s s", CALL_DEADLINE_S)
        self._pool.shutdown(wait=False)


def _workflow_of(body: Body) -> Callable[[str], Coroutine[Any, Any, None]]:
    async def carry_out(action_id: str) -> None:
        """Ends only when the action has its outcome on record."""
        try:
            await body(ActionId(action_id))
        except Exception:  # noqa: BLE001 - a workflow that raised would be an error for ever
            _log.exception("action %s: its workflow broke; it is taken up again at the next start", action_id)
            # Never returns: DBOS then holds it for unfinished, and the next collector takes it up.
            await asyncio.get_running_loop().create_future()

    return carry_out


def _prepare(file: Path) -> None:
    """The file is ours alone, and in WAL before DBOS opens it."""
    file.touch(mode=0o600, exist_ok=True)
    file.chmod(0o600)
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _log_into_ours() -> None:
    """DBOS prints to the terminal unless it is told otherwise."""
    logger = logging.getLogger("dbos")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(logging.ERROR)
