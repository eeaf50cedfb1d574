"""The clock: at each planned moment, and again every minute, what the plan says is put into the slot table.

APScheduler only wakes at the moments; nothing runs inside its tasks and nothing is kept in it. A tick that is lost to a
blocked loop, a suspended host or a restart costs at most a minute: the plan is compared with the table, not with ticks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from patto_hub.clock import slots as plan
from patto_hub.clock.calendar import EPOCH, milliseconds
from patto_hub.ledger import slots, storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.jobs import Job
    from patto_hub.ledger.store import Ledger

COMPARE_S = 60.0
STALE_S = 3 * COMPARE_S
"""Seconds without a comparison of the plan after which the clock counts as stopped: runs come due and nobody notes."""

log = structlog.get_logger(__name__)


class PlanTrigger(BaseTrigger):  # type: ignore[misc]  # the library publishes no types
    """Wakes APScheduler when the plan of a job says so."""

    __slots__ = ("job", "place")

    def __init__(self, job: Job, place: Place) -> None:
        self.job = job
        self.place = place

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        """Give the job's next planned moment after now; missed ones are left to the comparison."""
        after = now if previous_fire_time is None else max(now, previous_fire_time)
        slot = plan.following(self.job.schedule, milliseconds(after), self.place, job=self.job.name)
        return None if slot is None else (EPOCH + timedelta(milliseconds=slot.due_at)).astimezone(self.place.zone)


@dataclass(slots=True, kw_only=True, eq=False)
class Clock:
    """Claims slots as they come due."""

    ledger: Ledger
    world: World
    jobs: Mapping[str, Job]
    place: Place
    wake: Callable[[], None]
    """Called when slots were claimed: the dispatcher's."""

    compared_at: float = field(init=False)
    """When the plan was last compared with the slot table, by the world's monotonic clock: a wall clock that is put
    right must not make a hub ill or well."""
    _ticked: set[str] = field(default_factory=set)
    _tick: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Count from now: a clock that is never started shows as well."""
        self.compared_at = self.world.monotonic()

    @property
    def silent_s(self) -> float:
        """Seconds since the plan was last compared."""
        return max(0.0, self.world.monotonic() - self.compared_at)

    async def stopped(self) -> str | None:
        """Say that the clock stands still; None if it does not."""
        silent = self.silent_s
        return None if silent <= STALE_S else f"no comparison of the plan for {silent:.0f} s (each {COMPARE_S:.0f} s)"

    async def serve(self) -> None:
        """Claim slots until cancelled; what was missed before is caught up first, as each schedule wants it."""
        started_at = self.world.milliseconds()
        scheduler = AsyncIOScheduler(timezone=self.place.zone)
        for job in self.jobs.values():
            scheduler.add_job(
                self._note,
                PlanTrigger(job, self.place),
                args=[job.name],
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        scheduler.start()
        try:
            while True:
                await self.compare(self.jobs, started_at)
                await self._until_the_next_minute(started_at)
        finally:
            scheduler.shutdown(wait=False)

    async def _note(self, job: str) -> None:
        self._ticked.add(job)
        self._tick.set()

    async def _until_the_next_minute(self, started_at: int) -> None:
        try:
            async with asyncio.timeout(COMPARE_S):
                while await self._tick.wait():
                    self._tick.clear()
                    ticked, self._ticked = self._ticked, set()
                    await self.compare(ticked, started_at)
        except TimeoutError:
            return

    async def compare(self, names: Iterable[str], started_at: int) -> int:
        """Claim what the plan of these jobs has and the slot table has not; gives the number of new slots.

        A ledger that cannot be written now is left to the next minute: the plan does not run away.
        """
        try:
            new = await self._claim_missing(list(names), started_at)
        except Exception as error:
            trouble = storage.trouble_of(error)
            if trouble is None:
                raise
            log.warning("clock.ledger_not_writable", code=trouble.code)
            return 0
        self.compared_at = self.world.monotonic()
        return new

    async def _claim_missing(self, names: list[str], started_at: int) -> int:
        now = self.world.milliseconds()
        known = await self.ledger.read(slots.last_due, names, now)
        new = 0
        for name in names:
            schedule = self.jobs[name].schedule
            since = known.get(name)
            if schedule.catch_up == "none":
                since = max(since or 0, started_at)
            missing = [(slot.key, slot.due_at) for slot in plan.missed(schedule, since, now, self.place, job=name)]
            if missing:
                keep_all = schedule.catch_up == "all"
                new += await self.ledger.write(slots.claim, name, missing, now, keep_all=keep_all)
        if new:
            self.wake()
        return new
