"""The watch over freshness: looks each minute, apart from clock and runs; says once when late, once when back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog

from patto_hub.clock import freshness as judgement
from patto_hub.ledger import freshness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_connectors.ports import World
    from patto_hub.clock.calendar import Place
    from patto_hub.clock.freshness import Freshness
    from patto_hub.jobs import Job
    from patto_hub.ledger.freshness import Facts
    from patto_hub.ledger.store import Ledger

LOOK_S = 60.0
OFTEN_S = 600.0
"""Streams that are read more often than this bring their news in bursts."""

log = structlog.get_logger(__name__)


async def look(ledger: Ledger, world: World, jobs: Mapping[str, Job], place: Place) -> dict[str, Freshness]:
    """Judge all jobs now."""
    facts = {name: _of(jobs[name], each) for name, each in (await ledger.read(freshness.facts, list(jobs))).items()}
    schedules = {name: job.schedule for name, job in jobs.items()}
    return judgement.judge_all(schedules, facts, world.milliseconds(), place)


def _of(job: Job, facts: Facts) -> Facts:
    """Leave out the volumes of what is handed over, handed in, or read every few minutes: no number of it is usual."""
    fetched = job.connector.reads and job.connector.door is None
    often = job.schedule.every_s is not None and job.schedule.every_s < OFTEN_S
    return facts if fetched and not often else replace(facts, volumes=())


async def watch(
    ledger: Ledger,
    world: World,
    jobs: Mapping[str, Job],
    place: Place,
    seen: Callable[[Mapping[str, Freshness]], None] = lambda _: None,
) -> None:
    """Judge all jobs each minute until cancelled, log what changed, and hand every judgement to `seen`."""
    before: dict[str, Freshness] = {}
    while True:
        after = await look(ledger, world, jobs, place)
        for old, new in judgement.changed(before, after):
            if new.alarming and (old is not None or new.state != "never"):
                log.warning("job.not_fresh", job=new.job, state=new.state, reason=new.reason, volume=new.volume)
            elif old is not None and old.alarming and old.state != "never":
                log.warning("job.fresh_again", job=new.job, state=new.state)
        seen(after)
        before = after
        await world.sleep(LOOK_S)
