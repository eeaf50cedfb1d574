"""Cuts off who asks for a page and then hardly takes it, and who connects and does not ask in time.

Each holds a line until then, and the reader its page in the hub's memory. A slow line is no fault: whoever takes
`LEAST` bytes in `PATIENCE_S` goes on for as long as it needs.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from patto_hub.web.wire import HEAD_S, Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from patto_connectors.ports import World

LEAST: Final = 16 * 1024
PATIENCE_S: Final = 60.0
EVERY_S: Final = 10.0
_TOLD: Final = 10
"""Addresses that one line of the log names at most."""

log = structlog.get_logger("patto.web")


@dataclass(slots=True)
class StuckReaders:
    """What was still to be taken on each line, and since when it has not become noticeably less."""

    marks: dict[asyncio.Transport, tuple[int, float]] = field(default_factory=dict)

    def among(self, waiting: Mapping[asyncio.Transport, int], now: float) -> list[asyncio.Transport]:
        """Give the lines that have moved too little for too long, from the bytes that wait on each line now."""
        marks = {}
        for line, size in waiting.items():
            before, since = self.marks.get(line, (size, now))
            moved = size > before or size <= before - LEAST  # more than before: another answer has begun
            marks[line] = (size, now) if moved else (before, since)
        self.marks = marks
        return [line for line, (_, since) in marks.items() if now - since >= PATIENCE_S]


async def cut_stuck(runner: web.AppRunner, world: World) -> None:
    """Cut off stuck readers of the runner's server, and those who do not ask in time, until cancelled."""
    stuck = StuckReaders()
    while True:
        await world.sleep(EVERY_S)
        if runner.server is not None:
            sweep(runner.server, stuck, world.monotonic())
            hurry(runner.server, world.monotonic())


def sweep(server: web.Server, stuck: StuckReaders, now: float) -> None:
    """Cut off those that are stuck now; each gets its page again when it asks again."""
    for line in stuck.among(_waiting(server), now):
        log.warning("http.reader_stuck", peer=str((line.get_extra_info("peername") or ("",))[0]))
        line.abort()


def hurry(server: web.Server, now: float) -> None:
    """Cut off lines whose next request has begun and does not end, and those on which there never was one.

    A line that is kept open between two requests waits for as long as aiohttp lets it. Browsers open lines to spare,
    and say nothing on them: those end without a word.
    """
    lines = [each for each in server.connections if isinstance(each, Line) and each.since is not None]
    late = [each for each in lines if each.since is not None and now - each.since >= HEAD_S]
    spoke = [each for each in late if each.spoke]
    if spoke:
        peers = sorted({str((each.peername or ("",))[0]) for each in spoke})
        log.warning("http.head_late", lines=len(spoke), peers=peers[:_TOLD])
    for each in late:
        each.since = None
        if each.transport is not None:
            each.transport.abort()


def _waiting(server: web.Server) -> dict[asyncio.Transport, int]:
    lines = (connection.transport for connection in server.connections)
    sizes = {line: line.get_write_buffer_size() for line in lines if isinstance(line, asyncio.Transport)}
    return {line: size for line, size in sizes.items() if size}
