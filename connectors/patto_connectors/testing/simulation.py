"""A simulated world: virtual time, a network without sockets, one seed; for tests of connectors and of the hub.

with SimulatedWorld(seed=7) as world:
    world.run(my_test(world))       # hours pass in milliseconds
"""

from __future__ import annotations

import asyncio
import gc
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from patto_connectors.ports import WORLD, World
from patto_connectors.testing.simulation_loop import (
    PROCESS,
    Abandoned,
    Endless,
    LostWakeUp,
    SimulatedLoop,
)
from patto_connectors.testing.simulation_wire import CALM, Network, SimulatedConnector, Weather

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

__all__ = [
    "CALM",
    "EPOCH",
    "PROCESS",
    "Abandoned",
    "Endless",
    "LostWakeUp",
    "Network",
    "SimulatedConnector",
    "SimulatedLoop",
    "SimulatedWorld",
    "Weather",
]

T = TypeVar("T")
EPOCH = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
"""When a simulated world begins, unless told otherwise."""


class SimulatedWorld:
    """A loop in virtual time, a network and seeded chance, as a `with` block.

    Args:
        seed: equal seeds give equal histories, whatever the interpreter's hash seed.
        weather: how bad the network is.
        start: the wall clock's first instant.
        max_steps: turns of the loop after which the world gives up (`Endless`).
    """

    def __init__(
        self, seed: int | str, *, weather: Weather = CALM, start: datetime = EPOCH, max_steps: int = 2_000_000
    ) -> None:
        self.seed = seed
        self.start = start
        self.loop = SimulatedLoop(self.stream("threads"), max_steps=max_steps)
        self.network = Network(self.loop, self.stream("network"), weather)
        self.skew = timedelta()
        """What the wall clock is wrong by; the monotonic clock never is."""
        self._collecting = False

    def stream(self, name: str) -> random.Random:
        """Give a source of chance of its own for one part of the world, so that parts do not disturb each other."""
        return self.stream_of(self.seed, name)

    @staticmethod
    def stream_of(seed: int | str, name: str) -> random.Random:
        """Give the same source of chance without a world."""
        return random.Random(f"{seed}/{name}")  # noqa: S311 - a world is repeated from its seed

    def now(self) -> datetime:
        """Give the wall clock in UTC."""
        return self.start + timedelta(seconds=self.loop.time()) + self.skew

    def ports(self, process: str = "world") -> World:
        """Give the `World` of one simulated process."""
        return World(
            now=self.now,
            monotonic=self.loop.time,
            sleep=asyncio.sleep,
            chance=self.stream(f"process {process} {self.loop.steps}"),
            dial=self.network.dial,
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end in this world, with `WORLD` set to it.

        Raises:
            LostWakeUp: everything waits and nothing will come.
            Endless: more steps than `max_steps`.
        """
        return self.loop.run_until_complete(self._in_world(work))

    async def _in_world(self, work: Coroutine[Any, Any, T]) -> T:
        WORLD.set(self.ports())
        return await work

    async def start_process(self, name: str, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a coroutine as a simulated process: its tasks and connections can be killed together."""
        before_process, before_world = PROCESS.set(name), WORLD.set(self.ports(name))
        try:
            return self.loop.create_task(work)
        finally:
            PROCESS.reset(before_process)
            WORLD.reset(before_world)

    async def kill(self, name: str) -> None:
        """End a simulated process: connections break, tasks are cancelled.

        Python still runs its `finally` blocks, which a real kill would not: whatever the process writes to must refuse
        it from this moment on (see `patto_hub.testing.mortal`).
        """
        self.loop.note("kill", name)
        self.network.break_connections(name)
        await self.loop.end(name)

    async def close(self) -> None:
        """Stop the servers and whatever still runs."""
        await self.network.close()
        for task in self.loop.tasks_of("world"):
            if task is not asyncio.current_task():
                task.cancel()

    def __enter__(self) -> Self:
        # what the cyclic collector finds is closed when it happens to run: that must not decide what a world does
        self._collecting = gc.isenabled()
        gc.disable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.loop.run_until_complete(self.close())
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
        finally:
            if self._collecting:
                gc.enable()
