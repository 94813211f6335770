"""Points per caller over time: a leaky bucket behind a small port. Knows neither GraphQL nor who the caller is."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BucketSize:
    """A bucket holds `points` and wins back `points_per_second`."""

    points: int = 5_000_000
    points_per_second: int = 100_000


@dataclass(frozen=True, slots=True)
class Taking:
    """What came of it: `left` points; when it was refused, whole seconds until there are enough (else 0)."""

    is_granted: bool
    left: int
    retry_after: int = 0


class PointsStore(Protocol):
    """Where the buckets stand: in memory for one process, shared when there are several."""

    async def take(self, account: str, points: int, size: BucketSize) -> Taking:
        """Takes the points from the account's bucket, all or none. More than the bucket holds is never granted."""


class PointsInMemory:
    """The buckets of one process. A full bucket is the same as none, so the longest unused are forgotten first."""

    def __init__(self, seconds: Callable[[], float] = monotonic, accounts: int = 10_000) -> None:
        self._seconds = seconds
        self._accounts = accounts
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, account: str, points: int, size: BucketSize) -> Taking:
        """See PointsStore."""
        now = self._seconds()
        left, since = self._buckets.pop(account, (float(size.points), now))
        left = min(float(size.points), left + (now - since) * size.points_per_second)
        is_granted = points <= left
        if is_granted:
            left -= points
        self._buckets[account] = (left, now)
        if len(self._buckets) > self._accounts:
            self._buckets.popitem(last=False)
        missing = 0.0 if is_granted else points - left
        return Taking(is_granted, int(left), math.ceil(missing / size.points_per_second))
