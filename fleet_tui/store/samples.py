"""The history of vitals, packed: many samples of one resource in one compressed row."""

import struct
import zlib
from collections.abc import Sequence

from fleet_tui.domain.history import Sample
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.resource import Vitals
from fleet_tui.store.codecs import Row, key_row, moment, real, us

BATCH = 60
"""Samples of one resource that go into one row: this many, give or take a third."""

_SAMPLE = struct.Struct("<qdd")
_NOTHING = float("nan")


class SampleBuffer:
    """Holds samples in memory until a row of them is full; a crash loses at most a batch of each."""

    def __init__(self) -> None:
        self._held: dict[ResourceKey, list[Vitals]] = {}

    def add(self, vitals: Sequence[Vitals]) -> None:
        for one in vitals:
            if one.cpu_percent is not None or one.memory_bytes is not None:
                self._held.setdefault(one.key, []).append(one)

    def full(self, *, everything: bool) -> list[Row]:
        """Take out the rows that are full, or all."""
        ready = [key for key, held in self._held.items() if everything or len(held) >= _batch(key)]
        return [_row(key, self._held.pop(key)) for key in ready]


def _batch(key: ResourceKey) -> int:
    """Differs between resources, so that those measured together are not all packed in one poll."""
    return BATCH * 2 // 3 + zlib.crc32(key.id.encode(errors="surrogatepass")) % (BATCH * 2 // 3)


def _row(key: ResourceKey, held: Sequence[Vitals]) -> Row:
    """In the order source, kind, rid, start_at, end_at, samples, packed."""
    times = [us(one.at) for one in held]
    packed = b"".join(
        _SAMPLE.pack(
            at,
            _NOTHING if (cpu := real(one.cpu_percent)) is None else cpu,
            _NOTHING if one.memory_bytes is None else float(one.memory_bytes),
        )
        for at, one in zip(times, held, strict=True)
    )
    return (*key_row(key), min(times), max(times), len(held), zlib.compress(packed, 6))


def unpacked(packed: bytes) -> list[Sample]:
    """Undo the packing: memory to the byte up to 2**53."""
    return [
        Sample(moment(at), real(cpu), None if (held := real(memory)) is None else int(held))
        for at, cpu, memory in _SAMPLE.iter_unpack(zlib.decompress(packed))
    ]
