"""A hub that reads pacts through a Singer tap into a real ledger, once; told by one line of JSON on stdin.

    {"path": "ledger.db", "partner": 1, "clock_s": 0, "settings": {...}}  ->  {"state": "done", "balance": {...}}

Run and killed by `test_singer.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from patto_connectors.contract import Connector
from patto_connectors.ports import WORLD, World
from patto_connectors.singer.settings import SingerSettings
from patto_connectors.singer.source import SingerSource
from patto_hub.clock.dispatcher import InProcess
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job
from patto_hub.ledger.store import opened
from patto_hub.road import runner
from patto_schemas.model.pact import Pact
from patto_schemas.model.wire import wire


class TapPact(Pact):
    """A pact as the tap gives it: our own names."""

    model_config = wire(Pact)


async def read(order: dict[str, Any]) -> dict[str, Any]:
    """Run the job once."""
    world = replace(World(), now=lambda: datetime.now(UTC) + timedelta(seconds=order["clock_s"]))
    WORLD.set(world)
    job = Job(
        name="tapped/pacts",
        partner="tapped",
        partner_id=order["partner"],
        plugin="tapped",
        connector=Connector(
            name="pacts", settings=SingerSettings, source=SingerSource, translate=TapPact, kinds=("pact",)
        ),
        settings=SingerSettings.model_validate(order["settings"]),
        schedule=Schedule(every_s=60),
    )
    async with opened(Path(order["path"])) as ledger:
        hub = InProcess(ledger=ledger, world=world, jobs={job.name: job}, run=runner.run, owner=f"hub:{os.getpid()}")
        outcome = await hub.once(job, "schedule")
    return {"state": outcome.state, "trouble": repr(outcome.trouble), "balance": asdict(outcome.balance)}


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    print(json.dumps(asyncio.run(read(json.loads(sys.stdin.readline())))), flush=True)  # noqa: T201 - the answer
