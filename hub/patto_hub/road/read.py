"""Read: pull a source's pages ahead of the road, within a run's limits, whatever the plugin does.

The source runs in a task of its own that fills a short queue, so that the next page is on its way while the last one is
translated and the one before is written. The task holds everything that a plugin can throw, SystemExit included, and is
given up if it swallows its cancellation.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, TypeVar

from patto_connectors.closing import Closing
from patto_connectors.contract import Batch
from patto_connectors.errors import Trouble
from patto_hub import failpoints
from patto_hub.road.keep import keep
from patto_hub.road.tasks import Tasks, owned
from patto_hub.road.troubles import deadline, endless, limit, no_page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from patto_connectors.contract import Cursor, Source
    from patto_connectors.ports import World
    from patto_hub.jobs import Limits
    from patto_hub.road.entry import Page

S = TypeVar("S")
T = TypeVar("T")

AHEAD = 1
"""Pages that may wait between the source and the road; the source has one more in hand."""
REPEATS = 10
"""Pages in a row with nothing that this run has not seen, after which a source is taken to be endless."""

COUNTED: Final = re.compile(r"\b(page|pagina) \d+\)?$")
"""The name of a page that says no more than its number; files, and bodies that were handed in, have names of their own:
ten that say the same, or nothing, are no circle."""


class PluginFault(Exception):  # noqa: N818 - not an error of ours
    """A plugin threw what the contract does not name; `__cause__` is what it threw."""


def made(make: Callable[[S], T], settings: S) -> T:
    """Make a connector's source or sink of its settings.

    Raises:
        Trouble: the plugin's own word.
        PluginFault: anything else that its code threw.
    """
    try:
        return make(settings)
    except Trouble:
        raise
    except BaseException as error:
        raise PluginFault from error


@asynccontextmanager
async def reading(
    source: Source, after: Cursor | None, *, limits: Limits, world: World, key: bytes
) -> AsyncIterator[tuple[AsyncIterator[Page], Tasks]]:
    """Read a source's pages for the length of a `with` block; gives the pages, and the tasks that the plugin started.

    The pages end by themselves, or raise the source's Trouble, Stopped, or PluginFault after the pages before it.
    """
    queue: asyncio.Queue[Page | BaseException | None] = asyncio.Queue(AHEAD)
    with owned() as tasks:
        pump = asyncio.get_running_loop().create_task(_pump(source, after, queue, key), name="patto-source")
        try:
            yield _pages(queue, limits, world), tasks
        finally:
            await tasks.end(pump)


async def _pump(
    source: Source, after: Cursor | None, queue: asyncio.Queue[Page | BaseException | None], key: bytes
) -> None:
    """Fill the queue; nothing that a plugin throws leaves this task."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    end: BaseException | None = None
    try:
        async with Closing(source.read(after)) as batches:
            async for batch in batches:
                if not isinstance(batch, Batch):
                    raise TypeError(f"read gave a {type(batch).__name__}, not a Batch")  # noqa: TRY301 - one way out
                await queue.put(await loop.run_in_executor(None, keep, batch, key))
    except BaseException as error:  # noqa: BLE001 - SystemExit of a plugin must not end the hub
        if task is not None and task.cancelling():  # nobody takes from the queue any more
            return
        end = error
    await queue.put(end)


async def _pages(
    queue: asyncio.Queue[Page | BaseException | None], limits: Limits, world: World
) -> AsyncIterator[Page]:
    budget = Budget(limits, world.monotonic() + limits.seconds)
    while True:
        page = await _next(queue, limits, budget.left(world.monotonic()))
        if page is None:
            return
        if isinstance(page, Trouble):
            raise page
        if isinstance(page, BaseException):
            raise PluginFault from page
        failpoints.hit("road.page_read")
        budget.take(page)
        yield page


async def _next(
    queue: asyncio.Queue[Page | BaseException | None], limits: Limits, left: float
) -> Page | BaseException | None:
    if left <= 0:
        raise deadline(limits.seconds)
    try:
        async with asyncio.timeout(min(limits.page_seconds, left)):
            return await queue.get()
    except TimeoutError:
        if left <= limits.page_seconds:
            raise deadline(limits.seconds) from None
        raise no_page(limits.page_seconds) from None


class Budget:
    """What a run may still take, and whether its source goes in circles."""

    def __init__(self, limits: Limits, deadline: float) -> None:
        self._limits = limits
        self._deadline = deadline
        self._pages = 0
        self._records = 0
        self._seen: set[int] = set()
        self._repeats = 0

    def left(self, now: float) -> float:
        """Give the seconds until the run's deadline."""
        return self._deadline - now

    def take(self, page: Page) -> None:
        """Count a page.

        Raises:
            Stopped: over a limit, or page after page brings nothing that this run has not seen.
        """
        self._pages += 1
        self._records += len(page.digests)
        if self._pages > self._limits.pages or self._records > self._limits.records:
            raise limit(self._limits.pages, self._limits.records)
        self._circle(page)

    def _circle(self, page: Page) -> None:
        name = "" if COUNTED.search(page.batch.name) else page.batch.name
        where = (
            page.batch.position(0) if name and page.batch.rows else ""
        )  # a file may hold many rows alike, and it ends
        seen = int.from_bytes(blake2b(repr((name, where, page.digests)).encode(), digest_size=8).digest(), "big")
        self._repeats = self._repeats + 1 if seen in self._seen else 0
        self._seen.add(seen)
        if self._repeats >= REPEATS:
            raise endless(REPEATS)
