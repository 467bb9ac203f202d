"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class MovableClock:
    """Call it for the time; it never moves by itself."""

    def __init__(self, start: datetime = START) -> None:
        self.now: datetime = start

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> datetime:
        """Later by `seconds`; returns the new time."""
        self.now += timedelta(seconds=seconds)
        return self.now
