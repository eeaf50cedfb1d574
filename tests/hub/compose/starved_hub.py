"""A hub that may have 64 files open, and does with them what it is told by lines of JSON on stdin.

    {"do": "take_all"} -> {"taken": 31}      no descriptor is left
    {"do": "give_back"} -> {}
    {"do": "read"} -> {"outcomes": [["done", 1, null]]}    what the partner's runs came to since the last answer
    {"do": "next"} -> {"outcomes": [["done", 1, null]]}    what the next run comes to that it makes by itself
    {"do": "stop"}

Run by `test_descriptors.py`; its first line is where it listens.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from patto_connectors.ports import World
from patto_hub.clock import dispatcher
from patto_hub.compose.serve import Serving, serving
from patto_hub.ledger import slots
from patto_hub.observe.logs import set_up_logs
from patto_hub.settings.read import read_settings

if TYPE_CHECKING:
    from patto_hub.outcomes import RunOutcome

LIMIT = 64
JOB = "office/notes"


async def lines() -> asyncio.StreamReader:
    """Read stdin without a thread or a file more."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def take_all() -> list[int]:
    """Take every file descriptor that is left."""
    taken = []
    with suppress(OSError):
        while True:
            taken.append(os.dup(0))
    return taken


async def read(started: Serving, heard: asyncio.Queue) -> list[list[object]]:
    """Let the plan say that the partner is read now, and give what came of it, and of all runs that ended before."""
    hub = started.hub
    now = hub.world.milliseconds()
    await hub.ledger.write(slots.claim, JOB, [(f"test {now}", now)], now)
    started.site.wake()
    outcomes = [await heard.get()]
    while not heard.empty():
        outcomes.append(heard.get_nowait())
    return [told(each) for each in outcomes]


def told(outcome: RunOutcome) -> list[object]:
    """Give what the test wants to know of a run."""
    return [outcome.state, outcome.balance.new, outcome.trouble_code]


async def main(config: str) -> None:
    """Serve, and do what stdin says."""
    world, taken = World(), []
    set_up_logs("info", "json", now=world.now)
    heard: asyncio.Queue = asyncio.Queue()
    async with serving(read_settings(Path(config), {}), world, heard=heard.put_nowait) as started:
        answers: dict[str, object] = {"listening": started.listening}
        orders = await lines()
        while True:
            print(json.dumps(answers), flush=True)  # noqa: T201 - the answer
            order = json.loads(await orders.readline())["do"]
            answers = {}
            if order == "take_all":
                taken = take_all()
                answers = {"taken": len(taken)}
            elif order == "give_back":
                for each in taken:
                    os.close(each)
            elif order == "read":
                answers = {"outcomes": await read(started, heard)}
            elif order == "next":
                answers = {"outcomes": [told(await heard.get())]}
            else:
                return


if __name__ == "__main__":
    dispatcher.STORAGE_S = 0.5  # how long a job rests after trouble with the ledger
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    asyncio.run(main(sys.argv[1]))
