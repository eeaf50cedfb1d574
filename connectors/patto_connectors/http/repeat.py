"""Repeat what may pass by itself: growing, jittered waits, and the partner's own wish where it states one.

stamina was the first choice; it sleeps and looks at the clock through asyncio and time directly, so a simulated world
could not run it. The loop is this short because which errors may pass is already said by `Unreachable`.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, TypeVar

from patto_connectors.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from patto_connectors.http.settings import Repeats
    from patto_connectors.ports import World

T = TypeVar("T")

NOT_SENT = frozenset({"dns", "tcp", "http.rate", "http.budget", "http.quiet_hours", "pdnd.down", "pdnd.rate"})
"""Troubles after which the partner has certainly done nothing, so that even a bare POST may be repeated."""


async def repeat(call: Callable[[], Awaitable[T]], policy: Repeats, world: World, *, harmless: bool = True) -> T:
    """Call until it works, attempts run out, or the wait is too long to sit through.

    Args:
        call: makes one attempt.
        policy: attempts and waits.
        world: whose `sleep` and `chance` are used.
        harmless: a second arrival at the partner does no harm (GET, PUT, or an idempotency key).

    Raises:
        Unreachable: the last one; its `retry_after` says when the partner may be asked again, where it said so.
        Trouble: any other at once.
    """
    for attempt in count(1):
        try:
            return await call()
        except Unreachable as trouble:
            wait = max(_backoff(attempt, policy, world), trouble.retry_after or 0.0)
            may = harmless or trouble.code in NOT_SENT
            if not may or attempt >= policy.attempts or wait > policy.longest:
                raise
        await world.sleep(wait)
    raise AssertionError  # the count has no end


def _backoff(attempt: int, policy: Repeats, world: World) -> float:
    """Give the wait after an attempt: doubled each time, between half and the whole of it by chance."""
    whole = min(policy.first * 2.0 ** (attempt - 1), policy.longest)
    return whole * world.chance.uniform(0.5, 1.0)
