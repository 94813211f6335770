"""Where the time comes from; an instant is a count of microseconds. Nothing else reads the machine's time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

Instant = int

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
EXACT_DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def as_datetime(at: Instant) -> datetime:
    """The UTC datetime of an instant, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=at)


def as_instant(moment: datetime) -> Instant:
    """The instant of an aware datetime; a naive one is refused with ValueError, as its zone would be a guess."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a datetime with a time zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def parse_instant(text: str) -> Instant:
    """The instant of an ISO 8601 text with offset, such as 2026-03-08T05:00:00Z; anything else is ValueError."""
    return as_instant(datetime.fromisoformat(text))


def format_instant(at: Instant) -> str:
    """ISO 8601 in UTC ending in Z; fractions of a second only when there are any."""
    return as_datetime(at).isoformat().replace("+00:00", "Z")


class Clock(Protocol):
    """Tells the present instant: the system's, or that of a sandbox."""

    def now(self) -> Instant:
        """Microseconds since the Unix epoch, UTC."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> Instant:
        """Microseconds since the Unix epoch, UTC."""
        return as_instant(datetime.now(UTC))


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved forward (sandbox organizations and tests)."""

    at: Instant

    def now(self) -> Instant:
        """The instant the clock was last set to."""
        return self.at

    def advance_to(self, at: Instant) -> None:
        """Moves the clock forward; moving it back is ValueError, because due work is never undone."""
        if at < self.at:
            raise ValueError("a clock is never moved back")
        self.at = at
