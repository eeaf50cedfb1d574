"""The tasks that a plugin starts: counted, ended with its run, and given up when they swallow their cancellation."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

GRACE = 5.0
"""Seconds that a cancelled task has to end."""

_OWNER: ContextVar[Tasks | None] = ContextVar("patto_tasks", default=None)


@dataclass(slots=True)
class Tasks:
    """What was started on behalf of one run."""

    started: set[asyncio.Task[Any]] = field(default_factory=set)
    leaked: int = 0
    """Tasks that the plugin left running when it was done."""
    abandoned: int = 0
    """Tasks that did not end when they were cancelled: the plugin is stuck."""

    async def end(self, main: asyncio.Task[Any]) -> None:
        """Cancel `main` if it still runs, then whatever else was started and is not done."""
        await self._cancel({main})
        others = {task for task in self.started if task is not main and not task.done()}
        self.leaked += len(others)
        await self._cancel(others)

    async def _cancel(self, tasks: set[asyncio.Task[Any]]) -> None:
        running = {task for task in tasks if not task.done()}
        for task in running:
            task.cancel()
        if not running:
            return
        done, stuck = await asyncio.wait(running, timeout=GRACE)
        self.abandoned += len(stuck)
        for task in done:
            if not task.cancelled():
                task.exception()  # taken note of here, so that the loop does not report it as never retrieved


@contextmanager
def owned() -> Iterator[Tasks]:
    """Collect the tasks that are started within this block's context, by whatever code."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop.get_task_factory(), Adopting):
        loop.set_task_factory(cast("Any", Adopting(loop.get_task_factory())))
    tasks = Tasks()
    token = _OWNER.set(tasks)
    try:
        yield tasks
    finally:
        _OWNER.reset(token)


class Adopting:
    """A loop's task factory that notes each task with the run in whose context it was started."""

    def __init__(self, inner: Any) -> None:  # noqa: ANN401 - the loop's own type for a factory
        self._inner = inner

    def __call__(
        self,
        loop: asyncio.AbstractEventLoop,
        coro: Coroutine[Any, Any, Any],
        **more: Any,  # noqa: ANN401 - passed on
    ) -> asyncio.Future[Any]:
        """Make the task."""
        task = asyncio.Task(coro, loop=loop, **more) if self._inner is None else self._inner(loop, coro, **more)
        owner = _OWNER.get()
        if owner is not None:
            owner.started.add(task)
            task.add_done_callback(owner.started.discard)
        return task
