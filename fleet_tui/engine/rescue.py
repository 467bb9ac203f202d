"""Keeps what an agent has not handed in before it is ended: into the state directory, masked, and never in the way."""

import asyncio
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from fleet_tui.config.keep import keep, own_folder, plain_name
from fleet_tui.config.redact import redact
from fleet_tui.config.retention import RESCUE
from fleet_tui.config.secret import MASK, Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.record import ActionRecord
from fleet_tui.engine.guard import within
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings

WITHIN_S: Final = 10.0
_MARGIN_S: Final = 2.0
_LINE: Final = 4096
_KEY_LINES: Final = 200
"""A private key that does not end within so many lines is none."""
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY")

_log = logging.getLogger(__name__)


@runtime_checkable
class Rescuer(Protocol):
    """Can give what an agent has not handed in: texts by file name, not masked, and what is missing of them."""

    async def rescue(self, order: Order, within_s: float) -> tuple[Mapping[str, str], Sequence[str]]: ...


async def rescued(record: ActionRecord, source: Source, around: Surroundings) -> str:
    """What was kept and where, or why nothing was, as one clause. Never raises, takes ten seconds at most."""
    adapter = source.adapter
    if around.state_dir is None or not isinstance(adapter, Rescuer):
        return f"not rescued: nobody here sees the files of what runs at {source.provider.name}"
    try:
        clause = await within(_kept(adapter, record, around, around.state_dir), WITHIN_S)
        return redact(clause, around.secrets)
    except TimeoutError:
        return f"not rescued: that took longer than {WITHIN_S:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever a rescue meets, the act it comes before goes on
        _log.exception("%s: the rescue broke", record.action_id)
        return f"not rescued: {type(error).__name__}; the collector's log has more"


async def _kept(adapter: Rescuer, record: ActionRecord, around: Surroundings, state_dir: Path) -> str:
    order = Order(action_id=record.action_id, verb=record.verb, target=record.target, params=record.params)
    files, missing = await adapter.rescue(order, WITHIN_S - _MARGIN_S)
    lost = f"; missing: {', '.join(missing[:5])}" if missing else ""
    if not files:
        return f"not rescued{lost}"
    stamp = f"{around.clock.now():%Y-%m-%dT%H%M%SZ}"
    folder = f"{stamp}-{plain_name(record.name or record.target.key.id)}-{plain_name(record.action_id)}"
    await asyncio.to_thread(_write, state_dir, folder, files, around.secrets)
    return f"rescued into {RESCUE}/{folder}: {', '.join(sorted(files))}{lost}"


def _write(state_dir: Path, folder: str, files: Mapping[str, str], secrets: Collection[Secret]) -> None:
    place = own_folder(state_dir, RESCUE, folder)
    for name, text in files.items():
        lines = masked(text.removesuffix("\n").split("\n"), secrets)
        keep(place, plain_name(name), (f"{line}\n" for line in lines))


def masked(lines: Iterable[str], secrets: Collection[Secret]) -> Iterator[str]:
    """Line by line: long ones are cut, and of a private key only where it stood is left."""
    inside = 0
    for line in lines:
        if _KEY_BEGINS.search(line):
            inside = _KEY_LINES
        if inside:
            inside = 0 if _KEY_ENDS.search(line) else inside - 1
            yield MASK
            continue
        yield redact(line[:_LINE], secrets) + (" [cut]" if len(line) > _LINE else "")


def with_note(outcome: Outcome, note: str) -> Outcome:
    """The outcome, saying also what became of the rescue."""
    return replace(outcome, detail=f"{outcome.detail}; {note}" if outcome.detail else note)
