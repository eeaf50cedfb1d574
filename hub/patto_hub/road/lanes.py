"""Where a plugin's translate runs: in a thread of the hub, or in a process of its own, with the same result."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from patto_hub.road.translate import translate_rows
from patto_hub.road.worker import Worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from patto_connectors.contract import Row
    from patto_hub.road.entry import Said
    from patto_hub.road.translate import Translation

Given: TypeAlias = "tuple[dict[int, Said], dict[tuple[str, str], int]]"
Lane: TypeAlias = "Callable[[Sequence[tuple[int, Row]]], Awaitable[Given]]"
"""Translates numbered rows."""


@asynccontextmanager
async def lane(how: Translation, isolation: str) -> AsyncIterator[Lane]:
    """Open the lane that a job's `isolation` names, for the length of a `with` block.

    Raises:
        ValueError: no such lane; there is no silent way back to another one.
    """
    if isolation == "inline":
        yield lambda rows: _in_thread(translate_rows, how, rows)
    elif isolation == "worker":
        started: list[Worker] = []
        turn = asyncio.Lock()

        async def in_turn(rows: Sequence[tuple[int, Row]]) -> Given:
            async with turn:
                if not started:  # a run that finds nothing new needs no process
                    started.append(await _in_thread(Worker, how))
                given: Given = await _in_thread(started[0].translate, rows)
                return given

        try:
            yield in_turn
        finally:
            for worker in started:
                await _in_thread(worker.close)
    else:
        raise ValueError(f"isolation is inline or worker, not {isolation!r}")


async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever the work takes and gives
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)
