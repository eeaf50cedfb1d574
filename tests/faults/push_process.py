"""Forks hubs that read what was handed in at a door, and die at fail points; driven by lines of JSON on stdin.

    {"path": "ledger.db", "partner": 1, "clock_s": 0, "points": "run.claimed:1:kill"}  ->  {"status": -9}

Run by `test_pushes.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector, Door, Pushed
from patto_connectors.ports import WORLD, World
from patto_hub import failpoints
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger.store import opened
from patto_hub.road import runner
from patto_schemas.model import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

JOB = "office/people"
PAGE = 4


class Nothing(BaseModel):
    """A stream that needs no settings."""


def rows(body: Pushed) -> Iterator[Batch]:
    """Give a body's rows, few at a time, so that a kill falls between its pages."""
    given = json.loads(body.content)
    for start in range(0, len(given), PAGE):
        some = given[start : start + PAGE]
        yield Batch(rows=[json.dumps(each).encode() for each in some], content=json.dumps(some).encode())


def job_of(partner: int) -> Job:
    """Give the stream that is handed in."""
    door = Door(media_types=("application/json",), rows=rows)
    connector = Connector(
        name="people", settings=Nothing, door=lambda _: door, translate=lambda row: Person(**row), kinds=("person",)
    )
    return Job(
        name=JOB,
        partner="office",
        partner_id=partner,
        plugin="office",
        connector=connector,
        settings=Nothing(),
        schedule=Schedule(),
    )


async def read(order: dict[str, Any]) -> None:
    """Read once what was handed in."""
    world = replace(World(), now=lambda: datetime.now(UTC) + timedelta(seconds=order["clock_s"]))
    WORLD.set(world)
    job = job_of(order["partner"])
    async with opened(Path(order["path"])) as ledger:
        hub = InProcess(ledger=ledger, world=world, jobs={JOB: job}, run=runner.run, owner=f"hub:{os.getpid()}")
        outcome = await hub.once(job, "push")
    if outcome is None or outcome.state != "done":
        os._exit(1)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            failpoints.arm_from(order["points"])
            asyncio.run(read(order))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201 - the answer
