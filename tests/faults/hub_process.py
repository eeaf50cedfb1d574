"""Forks hubs that sync a district over real HTTP into a real file, and kills them; driven by lines of JSON on stdin.

    {"path": "ledger.db", "after_s": 0.08, "points": "", ...}  ->  {"status": -9, "seconds": 0.08, "outcomes": []}

Run by `test_kills.py`. Forking from a process that has imported everything starts a hub in milliseconds, so hundreds of
kills fit into a minute; the SIGKILL is a real one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from patto_connectors.ports import WORLD, World
from patto_hub import failpoints
from patto_hub.clock.dispatcher import InProcess
from patto_hub.ledger.store import opened
from patto_hub.road import runner
from patto_hub.testing import district


async def sync(order: dict[str, Any]) -> list[dict[str, object]]:
    """Run the jobs of the district and the school once."""
    world = replace(World(), now=lambda: datetime.now(UTC) + timedelta(seconds=order["clock_s"]))
    WORLD.set(world)
    jobs = {
        name: replace(job, isolation=order["isolation"])
        for name, job in district.jobs(order["partners"], order["address"], size=25).items()
    }
    async with opened(Path(order["path"])) as ledger:
        hub = InProcess(ledger=ledger, world=world, jobs=jobs, run=runner.run, owner=f"hub:{os.getpid()}")
        outcomes = [await hub.once(job, "schedule") for job in jobs.values()]
    return [
        {"state": each.state, "read": each.balance.read, "news": each.balance.new + each.balance.changed}
        for each in outcomes
        if each is not None
    ]


def be_a_hub(answers: int, order: dict[str, Any]) -> None:
    """Sync once in a fork, tell what came of it, and end; never returns."""
    failpoints.arm_from(order["points"])
    os.environ["PATTO_MARK"] = order["mark"]
    outcomes = asyncio.run(sync(order))
    os.write(answers, json.dumps(outcomes).encode())
    os._exit(0)


def play(order: dict[str, Any]) -> dict[str, Any]:
    """Start a hub and kill it after a while, or let it end."""
    heard, told = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        be_a_hub(told, order)
    os.close(told)
    if order["after_s"] is not None:
        time.sleep(order["after_s"])
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    text = os.read(heard, 65_536)
    os.close(heard)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - begun,
        "outcomes": json.loads(text) if text else [],
    }


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for line in sys.stdin:
        print(json.dumps(play(json.loads(line))), flush=True)  # noqa: T201 - the answer
