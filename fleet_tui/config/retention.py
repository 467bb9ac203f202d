"""How long what was put beside the store is kept, as data, and the tidying that applies it.

Only what bears a name that we give is looked at, only plain files of our own are taken away, and no link is followed.
"""

import os
import re
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from fleet_tui.domain.dataclass import dataclass

RESCUE: Final = "rescue"
PLANS: Final = "plans"
EXPORTS: Final = "exports"
_OPEN: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STAMPS: Final = ("%Y-%m-%dT%H%M%SZ", "%Y%m%dT%H%M%SZ")
_DATED: Final = r"(?P<at>\d{4}-\d{2}-\d{2}T\d{6}Z)"
_INSIDE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What one folder of the state directory keeps; beyond any of the three the oldest go first."""

    folder: str
    named: re.Pattern[str]
    """The names that we give; `at` is when."""
    days: int
    entries: int
    bytes_: int

    @property
    def words(self) -> str:
        """For people."""
        return f"{self.folder}/ {self.days} days, {self.entries} entries, {self.bytes_ // 1_000_000} MB"


KEEPINGS: Final = (
    Keeping(
        folder=RESCUE,
        named=re.compile(rf"{_DATED}-[A-Za-z0-9._-]{{1,81}}"),
        days=30,
        entries=1000,
        bytes_=500_000_000,
    ),
    Keeping(
        folder=PLANS,
        named=re.compile(rf"{_DATED}-[a-z]+-[0-9a-f]{{8}}\.json"),
        days=30,
        entries=1000,
        bytes_=100_000_000,
    ),
    Keeping(
        folder=EXPORTS,
        named=re.compile(r"[a-z-]+-(?P<at>\d{8}T\d{6}Z)\.(?:csv|json)"),
        days=30,
        entries=1000,
        bytes_=500_000_000,
    ),
)


def keeping_words() -> str:
    """What is kept how long, in one sentence."""
    return (
        "Beside the store, at most, the oldest going first: " + "; ".join(one.words for one in KEEPINGS) + ". "
        "Only what fleet-tui named itself is ever taken away."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """One entry: a plain file, or a folder of plain files."""

    name: str
    at: datetime
    bytes_: int
    inside: tuple[str, ...] | None


def tidy_kept(state_dir: Path, now: datetime, keepings: tuple[Keeping, ...] = KEEPINGS) -> tuple[str, ...]:
    """Take away what is over its time or its room; give what went, relative to the state directory. Blocks."""
    gone: list[str] = []
    for keeping in keepings:
        try:
            folder = os.open(state_dir / keeping.folder, _OPEN)
        except OSError:
            # Never made, or a link or a file in its place: that is nothing of ours.
            continue
        try:
            if os.fstat(folder).st_uid == os.geteuid():
                gone += (f"{keeping.folder}/{name}" for name in _tidied(folder, keeping, now))
        finally:
            os.close(folder)
    return tuple(gone)


def _tidied(folder: int, keeping: Keeping, now: datetime) -> list[str]:
    bytes_ = 0
    gone: list[str] = []
    found = (_kept(folder, name, keeping.named) for name in _names(folder))
    ours = sorted((one for one in found if one is not None), key=lambda one: (one.at, one.name), reverse=True)
    for entries, one in enumerate(ours, 1):
        bytes_ += one.bytes_
        over = entries > keeping.entries or bytes_ > keeping.bytes_
        if (over or now - one.at > timedelta(days=keeping.days)) and _removed(folder, one):
            gone.append(one.name)
    return gone


def _names(folder: int) -> list[str]:
    return os.listdir(folder)


def _kept(folder: int, name: str, named: re.Pattern[str]) -> _Kept | None:
    """None for whatever we did not name or make."""
    match = named.fullmatch(name)
    at = None if match is None else _stamp(match["at"])
    if at is None:
        return None
    try:
        facts = os.lstat(name, dir_fd=folder)
        if stat.S_ISDIR(facts.st_mode):
            return _kept_folder(folder, name, at)
    except OSError:
        return None
    return _Kept(name=name, at=at, bytes_=facts.st_size, inside=None) if _plain(facts) else None


def _stamp(text: str) -> datetime | None:
    for form in _STAMPS:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    return None


def _plain(facts: os.stat_result) -> bool:
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.geteuid()


def _kept_folder(folder: int, name: str, at: datetime) -> _Kept | None:
    inner = os.open(name, _OPEN, dir_fd=folder)
    try:
        names = _names(inner)
        facts = [os.lstat(one, dir_fd=inner) for one in names]
    finally:
        os.close(inner)
    if not all(map(_plain, facts)) or not all(map(_INSIDE.fullmatch, names)):
        return None
    return _Kept(name=name, at=at, bytes_=sum(one.st_size for one in facts), inside=tuple(names))


def _removed(folder: int, one: _Kept) -> bool:
    try:
        if one.inside is None:
            os.unlink(one.name, dir_fd=folder)
            return True
        inner = os.open(one.name, _OPEN, dir_fd=folder)
        try:
            for name in one.inside:
                os.unlink(name, dir_fd=inner)
        finally:
            os.close(inner)
        os.rmdir(one.name, dir_fd=folder)
    except OSError:
        return False
    return True
