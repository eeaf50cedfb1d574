"""An event loop in virtual time: nothing waits, nothing runs beside it, and one seed gives one history."""

from __future__ import annotations

import asyncio
import hashlib
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Iterator
    from contextvars import Context

PROCESS: ContextVar[str] = ContextVar("patto_simulated_process", default="world")
"""Which simulated process a task belongs to; a task inherits it from the one that started it."""


class LostWakeUp(RuntimeError):  # noqa: N818 - what it is called
    """Nothing can run and no timer is set: a task waits for something that will never come."""


class Endless(RuntimeError):  # noqa: N818 - what it is called
    """The world took more steps than its budget: something spins."""


class Abandoned(RuntimeError):  # noqa: N818 - what it is called
    """A killed process has tasks that go on in spite of being cancelled again and again."""


class _NumberedTask(asyncio.Task[Any]):
    """A task whose hash is its number, so that sets of tasks have the same order in each interpreter."""

    number = 0
    process = "world"

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class _Clockwork:
    """Stands in for the selector: instead of waiting it moves the loop's clock."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        self._loop.step(timeout)
        return []


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop whose clock jumps to the next timer; work for threads runs inline, at a seeded moment.

    Args:
        chance: decides how long work on a thread seems to take.
        max_steps: turns of the loop after which `Endless` is raised.
        thread_seconds: longest time that work on a thread seems to take.
    """

    def __init__(self, chance: random.Random, *, max_steps: int = 2_000_000, thread_seconds: float = 0.02) -> None:
        super().__init__()
        self._chance = chance
        self._max_steps = max_steps
        self._thread_seconds = thread_seconds
        self._clock = 0.0
        self._clock_resolution = 1e-6  # BaseEventLoop runs timers that are due within this
        self._selector = _Clockwork(self)
        self._numbers: Iterator[int] = count(1)
        self._free_at: dict[str, float] = {}
        self._digest = hashlib.blake2b(digest_size=16)
        self._tasks: dict[int, _NumberedTask] = {}
        self.steps = 0
        self._frozen: dict[str, float] = {}
        self.at_step: dict[int, Callable[[], None]] = {}
        """What to do at a certain step, as killing a process."""
        self.complaints: list[str] = []
        """What tasks and callbacks raised without anybody looking."""
        self.set_exception_handler(self._complain)
        self.set_task_factory(self._number_task)  # type: ignore[arg-type] # 3.11 passes context only if there is one

    def time(self) -> float:
        """Give the virtual seconds since the world began."""
        return self._clock

    def step(self, timeout: float | None) -> None:
        """Take one turn: move the clock by `timeout` seconds.

        Raises:
            LostWakeUp: there is nothing to wait for.
            Endless: the budget of steps is used up.
        """
        self.steps += 1
        if self.steps > self._max_steps:
            raise Endless(f"more than {self._max_steps} steps after {self._clock:.0f} virtual seconds")
        if timeout is None:
            raise LostWakeUp(f"nothing left to wait for at step {self.steps}, second {self._clock:.3f}")
        self._clock += timeout
        action = self.at_step.pop(self.steps, None) if self.at_step else None
        if action is not None:
            action()

    def note(self, what: str, *details: object) -> None:
        """Add a line to the trace: time, event, details that do not depend on the interpreter."""
        self._digest.update(f"{self._clock:.6f} {what} {details!r}\n".encode())

    @property
    def trace(self) -> str:
        """The digest of all that was noted: equal for equal seeds."""
        return self._digest.hexdigest()

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: object) -> asyncio.Future[Any]:
        """Run `func` in the loop's own thread after a seeded delay; work of one executor keeps its order."""
        owner = PROCESS.get()
        lane = f"{owner}/{id(executor)}" if executor is not None else owner
        future: asyncio.Future[Any] = self.create_future()
        start = max(self._clock, self._free_at.get(lane, 0.0), self._frozen.get(owner, 0.0)) + self._chance.uniform(
            1e-5, self._thread_seconds
        )
        self._free_at[lane] = start

        def work() -> None:
            self.note("thread", owner)
            try:
                result = func(*args)
            except BaseException as error:  # noqa: BLE001 - a thread hands over whatever was raised
                if not future.cancelled():  # a cancelled one: the thread works on all the same, and nobody hears of it
                    future.set_exception(error)
            else:
                if not future.cancelled():
                    future.set_result(result)

        self.call_at(start, work)
        return future

    def freeze(self, process: str, seconds: float) -> None:
        """Let the threads of a process stand still for a while, as a suspended host or a slow disk would."""
        self.note("freeze", process)
        self._frozen[process] = self._clock + seconds

    def tasks_of(self, process: str) -> list[_NumberedTask]:
        """Give the unfinished tasks of a simulated process, oldest first."""
        self._tasks = {number: task for number, task in self._tasks.items() if not task.done()}
        return [task for task in self._tasks.values() if task.process == process]

    async def end(self, process: str) -> None:
        """Cancel all tasks of a process, also those that start while others end.

        Raises:
            Abandoned: some do not end.
        """
        for _ in range(50):
            running = self.tasks_of(process)
            if not running:
                return
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=1.0)
        names = [str(task.get_coro()) for task in self.tasks_of(process)]
        raise Abandoned(f"tasks of {process} swallow being cancelled: {names}")

    def _number_task(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], context: Context | None = None
    ) -> _NumberedTask:
        task = _NumberedTask(coro, loop=loop, context=context)
        task.number = next(self._numbers)
        task.process = PROCESS.get() if context is None else context.get(PROCESS, "world")
        self._tasks[task.number] = task
        return task

    def _complain(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.complaints.append(f"{context.get('message')}: {error!r}")

    def _process_events(self, event_list: list[Any]) -> None:
        """Nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken: there is one thread."""

    def _no_network(self, *_args: object, **_named: object) -> NoReturn:
        raise RuntimeError("there are no sockets in a simulated world: give the network's dial to the session")

    getaddrinfo = create_connection = create_server = sock_connect = _no_network
