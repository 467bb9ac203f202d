"""A moment of the past as a person types it: `14:05`, `2026-11-26 14:05`, `2h`, `90m`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_CLOCK: Final = re.compile(r"(?:(\d{4})-(\d{2})-(\d{2})[T ])?(\d{1,2}):(\d{2})(?::(\d{2}))?Z?")
_AGO: Final = re.compile(r"-?(\d{1,5})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class MomentError(ValueError):
    """The word names no moment of the past; the text says what would."""


def moment_of(word: str, now: datetime) -> datetime:
    """A clock's hour is UTC and the last one there was: `14:05` at noon is yesterday's. Raises MomentError."""
    typed = word.strip()
    if ago := _AGO.fullmatch(typed):
        return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
    found = _CLOCK.fullmatch(typed)
    if found is None:
        raise MomentError("say when: 14:05, 2026-11-26T14:05 or 2h (ago), UTC")
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups())
    utc = now.astimezone(UTC)
    try:
        at = datetime(
            year or utc.year, month or utc.month, day or utc.day, hour or 0, minute or 0, second or 0, tzinfo=UTC
        )
    except ValueError as error:
        raise MomentError(f"there is no such time: {typed[:24]!r}") from error
    if at > now and year is None:
        at -= timedelta(days=1)
    if at > now:
        raise MomentError("that is still to come: only what was recorded can be shown")
    return at
