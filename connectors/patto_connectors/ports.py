"""The outside world as values that can be replaced: the two clocks, chance, and sleep.

No other module asks the operating system for the time, for randomness or for an identifier (a test holds this), so that
a whole hub can be run under a simulated clock from one seed.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import BaseConnector


@dataclass(frozen=True, slots=True)
class World:
    """Wall clock, monotonic clock, sleep and chance, handed to whoever needs them."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The wall clock, aware, in UTC."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go back; leases and time-outs use only this or the ledger's own time."""
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: random.Random = field(default_factory=random.SystemRandom)
    """Identifiers, jitter; a seeded `random.Random` in simulation."""
    dial: Callable[[], BaseConnector] | None = None
    """Makes the connections of an HTTP session; None for real ones."""
    shared: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What all who call one partner share while the hub runs: its rate budget, its token. Each world has its own."""

    def milliseconds(self) -> int:
        """Give the wall clock as whole milliseconds since 1970-01-01T00:00Z, as the ledger keeps instants."""
        return int(self.now().timestamp() * 1000)

    def token(self, size: int = 16) -> str:
        """Give `size` random bytes as lower-case hex."""
        return self.chance.randbytes(size).hex() if size else ""


WORLD: ContextVar[World] = ContextVar("patto_world", default=World())  # noqa: B039 - World is frozen
"""The world that sources and sinks live in: their factories take settings only, so it cannot be an argument.

The hub sets it once where it is composed; the hub's own code takes a `World` as an argument instead.
"""
