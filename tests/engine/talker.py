"""A source that tells everything an adapter can tell."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from fleet_tui.domain.identity import Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Event, Resource, SignalKind, Vitals
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.engine.source import Source
from fleet_tui.ports import (
    EventReader,
    Lister,
    LogPage,
    LogReader,
    UsageReader,
    VitalsReader,
)
from fleet_tui.testing.fake_adapter import FAKE
from fleet_tui.testing.rig import Rig, rig
from fleet_tui.testing.virtual_time import START
from tests.support.facts import resource

OTHER = SourceName("other")


class Talker(Lister, VitalsReader, EventReader, UsageReader, LogReader):
    """One sandbox that is measured, tells events, costs money, and writes a line every time it is asked."""

    def __init__(self) -> None:
        self.lines = 0
        self.asked_after: list[str | None] = []
        self.breaks = False

    @override
    async def list_resources(self, now: datetime) -> Listing:
        if self.breaks:
            raise RuntimeError("a defect")
        return Listing(resources=(self._row(),), kinds=frozenset({Kind.SANDBOX}))

    def _row(self) -> Resource:
        row = resource("t", source="other", agent="x", team="t", ends_in_s=9e6, created_s=None)
        return replace(row, provider="fake", created_at=START, phase=replace(row.phase, since=START))

    @override
    async def read_vitals(self, keys: Sequence[ResourceKey], now: datetime) -> tuple[Vitals, ...]:
        return tuple(
            Vitals(key=key, at=now, cpu_percent=50.0, signal_at=now, signal_kind=SignalKind.CPU) for key in keys
        )

    @override
    async def read_events(self, *, after: str | None, now: datetime) -> tuple[tuple[Event, ...], str | None]:
        self.asked_after.append(after)
        number = int(after or 0) + 1
        event = Event(event_id=f"e{number}", at=now, source=OTHER, key=None, agent=None, type="told")
        return (event,), str(number)

    @override
    async def read_usage(
        self, *, since: datetime, until: datetime, resources: Sequence[Resource]
    ) -> tuple[UsageLine, ...]:
        subject = Subject(source=OTHER, layer=Layer.COMPUTE)
        return (
            UsageLine(
                line_id="vendor:1",
                subject=subject,
                side=Side.COST,
                origin=Origin.VENDOR_REPORT,
                basis=Basis.REPORTED,
                start=START,
                end=until,
                amount_micro=5,
                currency="usd",
                quantity="1",
                unit="hour",
            ),
        )

    @override
    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        self.lines += 1
        return LogPage(lines=((None, f"line {self.lines}"),), cursor=str(self.lines))


def with_talker() -> tuple[Rig, Talker]:
    parts, talker = rig(), Talker()
    parts.around.sources[OTHER] = Source(name=OTHER, provider=FAKE, adapter=talker)
    return parts, talker
