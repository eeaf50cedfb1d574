"""Forks hubs that hand changes over to a receiver and die at fail points; driven by lines of JSON on stdin.

    {"path": "ledger.db", "url": "http://127.0.0.1:1/hook", "secret": "whsec_...", "points": ["lane.after_send:1:kill"],
     "hours_per_s": 0, "until": 9, "lease_ms": 300}  ->  {"status": [-9]}

A hub for each of `points`, all at once.

A hub ends by itself once its lane has come to `until`. With `hours_per_s` its clock runs so much faster. Run by
`test_lanes.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from patto_connectors.ports import WORLD, World
from patto_hub import failpoints
from patto_hub.lanes.service import Lanes
from patto_hub.ledger import lanes
from patto_hub.ledger.lanes import LaneName
from patto_hub.ledger.store import opened
from patto_hub.testing.receivers import open_post

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = LaneName("foggia", "pacts", "webhook")
MOST_S = 60.0
"""A hub that does not come to its end is ended."""


def world_of(hours_per_s: float) -> World:
    """Give the real world, or one whose clocks run faster."""
    if not hours_per_s:
        return World()
    begun, factor = time.time(), hours_per_s * 3_600

    def now() -> datetime:
        return datetime.fromtimestamp(time.time(), UTC) + timedelta(seconds=(time.time() - begun) * (factor - 1))

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / factor)

    return World(now=now, sleep=sleep, monotonic=lambda: time.monotonic() * factor)


def whose(order: dict[str, Any]) -> dict[str, Any]:
    """Give who takes the lane: each life another; where it is killed its lease is short, so that no test waits."""
    return {"owner": f"hub:{os.getpid()}", "lease_ms": order["lease_ms"]}


async def hand_over(order: dict[str, Any]) -> None:
    """Work until the lane has come to the end."""
    world = world_of(order["hours_per_s"])
    WORLD.set(world)
    async with (
        opened(Path(order["path"])) as ledger,
        open_post(ledger, world, NAME, order["url"], [order["secret"]], payload="full", **whose(order)) as post,
        asyncio.timeout(MOST_S),
        asyncio.TaskGroup() as tasks,
    ):
        working = tasks.create_task(Lanes(ledger=ledger, world=world, posts=[post], poll_s=0.02).serve())
        while await ledger.read(lanes.position, NAME) < order["until"]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        working.cancel()


def be_a_hub(order: dict[str, Any], points: str, run: Callable[[Any], None] = asyncio.run) -> None:
    """Be a hub in a fork until the lane has come to the end, or the fork is killed; never returns."""
    failpoints.arm_from(points)
    with suppress(TimeoutError):
        run(hand_over(order))
        os._exit(0)
    os._exit(1)


def lives(order: dict[str, Any]) -> list[int]:
    """Let the hubs live, each in a fork, and give how each ended."""
    children = []
    for points in order["points"]:
        child = os.fork()
        if child == 0:
            be_a_hub(order, points)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps({"status": lives(order)}), flush=True)  # noqa: T201 - the answer
