"""Keeps the leases of running jobs alive, and ends the runs whose hub no longer does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from patto_hub.clock import backoff
from patto_hub.ledger import job_state, runs, storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from patto_connectors.ports import World
    from patto_hub.ledger.store import Ledger

BEAT_S = 10.0
"""Seconds between heartbeats: two may be missed before a lease of `runs.LEASE_MS` runs out."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def beating(
    ledger: Ledger, world: World, owner: str, jobs: Callable[[], Mapping[str, int]]
) -> AsyncIterator[None]:
    """Beat for the length of a `with` block."""
    task = asyncio.ensure_future(beat(ledger, world, owner, jobs))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def beat(
    ledger: Ledger,
    world: World,
    owner: str,
    jobs: Callable[[], Mapping[str, int]],
    *,
    lost: Callable[[], None] = lambda: None,
) -> None:
    """Prolong for ever the leases of the runs in hand; `lost()` is called when somebody's lease ran out.

    `jobs()` names them by job, each with the fence that the job had reached before.

    While the disk is full or locked the beat is missed, which is said once.
    """
    trouble: storage.StorageTrouble | None = None
    while True:
        try:
            if await once(ledger, world, owner, jobs()):
                lost()
            if trouble is not None:
                log.warning("ledger.writable_again", code=trouble.code)
            trouble = None
        except Exception as error:
            before, trouble = trouble, storage.trouble_of(error)
            if trouble is None:
                raise
            if before is None:
                log.error("ledger.not_writable", code=trouble.code, detail=trouble.detail)  # noqa: TRY400 - known
        await world.sleep(BEAT_S)


async def once(ledger: Ledger, world: World, owner: str, jobs: Mapping[str, int]) -> list[runs.Run]:
    """Beat once; gives the runs, of this hub or another, that were found without a live lease."""
    if not jobs and not await ledger.read(runs.leased):
        return []
    lost = await ledger.write(runs.beat_and_expire, owner, jobs, world.milliseconds())
    for run in lost:
        log.warning("run.lost", run=run.id, job=run.job, owner=run.owner, attempt=run.attempt)
        if run.attempt > 1:  # the first one goes on at once: its hub was restarted; a second one may be its own fault
            wait = round(backoff.delay(run.attempt, world.chance) * 1000)
            await ledger.write(job_state.hold, run.job, world.milliseconds() + wait)
    return lost
