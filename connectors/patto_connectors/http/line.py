"""The line to one partner, shared by all who call it: places, budget, rest, and the token they use together."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

from patto_connectors.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from patto_connectors.http.settings import Budget, HttpSettings, QuietHours, Signing
    from patto_connectors.ports import World


@dataclass(slots=True)
class Token:
    """A short-lived token and when it stops being used, on the monotonic clock."""

    value: str = ""
    until: float = 0.0
    evidence: str = ""
    """Who causes the requests that it is shown with, where it is bound to that (AUDIT_REST_02)."""


@dataclass(slots=True)
class Line:
    """What calls to one partner have in common while the hub runs.

    pyrate-limiter counts; its own waiting sleeps on the operating system's clock, which a simulated world does not
    move, so instants are handed to its bucket and the waiting is done with the world's `sleep`.
    """

    places: asyncio.Semaphore
    bucket: InMemoryBucket | None
    refresh: asyncio.Lock = field(default_factory=asyncio.Lock)
    token: Token = field(default_factory=Token)
    rest_until: float = 0.0
    """The partner said that nothing remains until then (monotonic)."""
    token_rest_until: float = 0.0
    """The same, said by the token address."""


def line_of(settings: HttpSettings, world: World) -> Line:
    """Give the line to the partner that these settings call: the same for the same address and identity."""
    identity = settings.auth.model_dump_json(exclude={"password", "token", "client_secret", "key"})
    told = bound(settings)
    name = f"http {settings.base_url} {identity} {settings.budget.model_dump_json()}"
    if told is not None:  # a voucher that tells of somebody serves nobody else
        name += f" {told.audience} {told.issuer} {told.tracking.model_dump_json()}"
    line: Line = world.shared.setdefault(name, _new(settings.budget))
    return line


def bound(settings: HttpSettings) -> Signing | None:
    """Give how requests are signed, where their token is bound to who causes them (AUDIT_REST_02)."""
    signing = settings.signing
    return signing if signing is not None and "AUDIT_REST_02" in signing.profiles else None


def _new(budget: Budget) -> Line:
    rates = [Rate(budget.per_second, Duration.SECOND)] if budget.per_second else []
    if budget.per_day:
        rates.append(Rate(budget.per_day, Duration.DAY))
    return Line(asyncio.Semaphore(budget.parallel), InMemoryBucket(rates) if rates else None)


@asynccontextmanager
async def place(line: Line, budget: Budget, world: World, longest: float) -> AsyncIterator[None]:
    """Take one of the partner's places for one call, within its budget; waits up to `longest` seconds for its turn.

    Raises:
        Unreachable: quiet hours, a used-up budget or a partner's rest that last longer; says when to come back.
    """
    async with line.places:
        quiet = max((_quiet(hours, world.now()) for hours in budget.quiet), default=0.0)
        if quiet:
            raise Unreachable("http.quiet_hours", "the partner is not called in its quiet hours", retry_after=quiet)
        while (wait := _wait(line, world)) > 0:
            if wait > longest:
                raise Unreachable("http.budget", "the agreed number of calls is used up", retry_after=wait)
            await world.sleep(wait)
        yield


def _wait(line: Line, world: World) -> float:
    """Count a call and give 0, or give the seconds until one is allowed."""
    now = world.monotonic()
    if line.rest_until > now:
        return line.rest_until - now
    if line.bucket is None:
        return 0.0
    item = RateItem("call", int(now * 1000))
    line.bucket.leak(item.timestamp)
    if line.bucket.put(item):
        return 0.0
    wait = line.bucket.waiting(item)
    return max(wait if isinstance(wait, int) else 1, 1) / 1000


def _quiet(hours: QuietHours, now: datetime) -> float:
    """Give the seconds left of today's or yesterday's quiet hours, 0 outside of them."""
    zone = ZoneInfo(hours.zone)
    for day in (now.astimezone(zone).date(), now.astimezone(zone).date() - timedelta(days=1)):
        end = day if hours.until > hours.start else day + timedelta(days=1)
        since = datetime.combine(day, hours.start, zone)
        until = datetime.combine(end, hours.until, zone)
        if since <= now < until:
            return until.timestamp() - now.timestamp()
    return 0.0
