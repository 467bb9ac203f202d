"""Follows the logs of what somebody looks at, for as long as they look."""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from fleet_tui.config.redact import SHORTEST_KNOWN
from fleet_tui.config.secret import MASK, Secret
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.engine.guard import READ_DEADLINE_S, ask
from fleet_tui.engine.schedule import LOGS_S, RETRY_FIRST_S
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import CollectorStore, LogPage, LogReader, Observation, ProviderError, StoreError, StoreUnwritable

LINES_AT_ONCE: Final = 500
FOLLOWED_AT_ONCE: Final = 8

_log = logging.getLogger(__name__)


class LogDesk:
    """One follower per resource that is wanted; each ends when nobody wants it any more."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._until: dict[ResourceKey, datetime] = {}
        self._following: set[ResourceKey] = set()
        self._tasks: asyncio.TaskGroup | None = None
        self._followers: set[asyncio.Task[None]] = set()

    def within(self, tasks: asyncio.TaskGroup) -> None:
        """Followers run in this group."""
        self._tasks = tasks

    def follow(self, key: ResourceKey, *, until: datetime) -> None:
        """Follow until then; asking again moves the end."""
        self._until[key] = max(until, self._until.get(key, until))
        if self._tasks is None or key in self._following or len(self._following) >= FOLLOWED_AT_ONCE:
            return
        self._following.add(key)
        follower = self._tasks.create_task(self._followed(key))
        self._followers.add(follower)
        follower.add_done_callback(self._followers.discard)

    def stop(self) -> None:
        """Follow nothing any more."""
        for follower in tuple(self._followers):
            follower.cancel()

    async def _followed(self, key: ResourceKey) -> None:
        cursor_name = f"logs:{key.packed()}"
        try:
            after = await self._around.stored(lambda store: store.cursor(cursor_name))
            first = True
            while self._around.clock.now() < self._until[key]:
                page = await self._page(key, after, first=first)
                first = first and page is None
                if page is not None and page.cursor is not None and page.cursor != after:
                    after = page.cursor
                    await self._around.stored(partial(_keep_cursor, name=cursor_name, value=after))
                if page is None or not page.more:
                    await self._around.clock.sleep(RETRY_FIRST_S if page is None else LOGS_S)
        except StoreUnwritable:
            # Looked at again, it is followed again.
            return
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - whatever a log holds, it must not stop the polls
            _log.exception("%s: its log could not be followed", key)
        finally:
            self._following.discard(key)
            self._until.pop(key, None)

    async def _page(self, key: ResourceKey, after: str | None, *, first: bool) -> LogPage | None:
        around = self._around
        source = around.sources.get(key.source)
        if source is None or not isinstance(source.adapter, LogReader):
            return LogPage(lines=(), cursor=after)
        try:
            page = await ask(
                source.adapter.read_logs(key, after=after, limit=LINES_AT_ONCE),
                source=source.name,
                operation="read logs",
                deadline_s=READ_DEADLINE_S,
                clock=around.clock,
                key=key,
            )
        except ProviderError as error:
            failure = error.failure

            def tell(store: CollectorStore) -> None:
                # A source that is configured no more is told of no more.
                if (picture := around.pictures.get(source.name)) is not None:
                    told = Observation(source=source.name, at=failure.at, status=picture.status, failures=(failure,))
                    store.observe(told)

            await around.stored(tell)
            return None
        # Once it is also told that there was nothing: an empty log and one never read are two things.
        if page.lines or first:
            now, kept = around.clock.now(), _without_keys(page, around.secrets)
            await around.stored(lambda store: store.append_logs(key, kept, now))
        return page


def _without_keys(page: LogPage, secrets: Collection[Secret]) -> LogPage:
    """The page without the keys of ours that an agent may have printed; everything else exactly as it came."""
    known = [secret.reveal() for secret in secrets if len(secret.reveal()) >= SHORTEST_KNOWN]
    if not any(value in text for value in known for _, text in page.lines):
        return page
    lines = tuple((at, _masked(text, known)) for at, text in page.lines)
    return replace(page, lines=lines)


def _masked(text: str, known: Iterable[str]) -> str:
    for value in known:
        text = text.replace(value, MASK)
    return text


def _keep_cursor(store: CollectorStore, *, name: str, value: str) -> None:
    store.keep_cursor(name, value)
