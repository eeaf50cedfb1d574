"""A clock that moves only when somebody sleeps: waiting is tested without waiting, on real sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from patto_connectors.ports import World

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class StillClock:
    """Hands out a `World` whose sleeps take no time and move its clocks.

    For simulating a whole hub with its network there is `patto_connectors.testing.simulation`; this one is for a single
    source or sink against a `FakePartner`.
    """

    start: datetime = _START
    seed: int = 0
    slept: list[float] = field(default_factory=list)
    """Every sleep, in seconds, in order."""
    passed: float = 0.0

    async def sleep(self, seconds: float) -> None:
        """Move the clocks and let others run."""
        self.slept.append(seconds)
        self.passed += max(seconds, 0.0)
        await asyncio.sleep(0)

    def world(self) -> World:
        """Give the world that lives by this clock."""
        return World(
            now=lambda: self.start + timedelta(seconds=self.passed),
            monotonic=lambda: self.passed,
            sleep=self.sleep,
            chance=Random(self.seed),  # noqa: S311 - the same jitter for the same seed
        )
