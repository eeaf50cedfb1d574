"""How many requests each caller may make: a bucket each that fills evenly, so a flood harms its maker only."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from math import ceil
from typing import Final, NamedTuple

_KEPT: Final = 10_000
"""Callers remembered at most; the one unseen for longest is forgotten first (by then its bucket is full anyway)."""


class Allowance(NamedTuple):
    """What is left to a caller."""

    limit: int
    remaining: int
    reset_s: int
    """Seconds until the bucket is full again."""
    retry_after_s: int | None
    """Seconds until the next request is allowed; None: this one is."""

    def headers(self) -> dict[str, str]:
        """Give the three headers of ModI, and Retry-After for a refusal."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }
        return headers if self.retry_after_s is None else {**headers, "Retry-After": str(self.retry_after_s)}


@dataclass(slots=True)
class Rates:
    """Buckets by caller; `limit` requests fit in one, and it fills in `window_s` seconds."""

    limit: int
    window_s: float
    buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    """Caller -> (requests left, monotonic instant of that count)."""

    def take(self, caller: str, now: float, cost: float = 1.0) -> Allowance:
        """Take a request out of the caller's bucket if it holds one; `now` is in monotonic seconds."""
        per_second = self.limit / self.window_s
        left, at = self.buckets.pop(caller, (float(self.limit), now))
        left = min(float(self.limit), left + max(0.0, now - at) * per_second)
        granted = left >= cost
        left -= cost if granted else 0.0
        self.buckets[caller] = (left, now)
        if len(self.buckets) > _KEPT:
            self.buckets.popitem(last=False)
        return Allowance(
            limit=self.limit,
            remaining=int(left),
            reset_s=ceil((self.limit - left) / per_second),
            retry_after_s=None if granted else max(1, ceil((cost - left) / per_second)),
        )


@dataclass(slots=True)
class InHand:
    """How many bodies of one caller may be in memory at a time; the others are not read from the line until then."""

    most: int
    callers: defaultdict[str, asyncio.Semaphore] = field(init=False)

    def __post_init__(self) -> None:
        self.callers = defaultdict(lambda: asyncio.Semaphore(self.most))

    def of(self, caller: str) -> asyncio.Semaphore:
        """Give what a caller's body waits for: `async with in_hand.of(caller)`."""
        return self.callers[caller]
