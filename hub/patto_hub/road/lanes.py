"""Where a plugin's translate runs: in a thread of the hub, or in a process of its own, with the same result."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import pickle
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from patto_hub.road.places import where
from patto_hub.road.translate import Translation, translate_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from multiprocessing.connection import Connection

    from patto_connectors.contract import Row
    from patto_hub.road.entry import Said

Given: TypeAlias = "tuple[dict[int, Said], dict[tuple[str, str], int]]"
Lane: TypeAlias = "Callable[[Sequence[tuple[int, Row]]], Awaitable[Given]]"
"""Translates numbered rows."""

PROTOCOL = 5
SOON = 2.0
"""Seconds that a worker has to end by itself."""


class WorkerDied(RuntimeError):  # noqa: N818 - what happened
    """The worker process ended in the middle of a page: the plugin ended it, or it ran out of memory."""


class WorkerFault(RuntimeError):  # noqa: N818 - what happened
    """What a plugin threw in the worker; the text is its traceback there."""


@asynccontextmanager
async def lane(how: Translation, isolation: str) -> AsyncIterator[Lane]:
    """Open the lane that a job's `isolation` names, for the length of a `with` block.

    Raises:
        ValueError: no such lane; there is no silent way back to another one.
    """
    if isolation == "inline":
        yield lambda rows: _in_thread(translate_rows, how, rows)
    elif isolation == "worker":
        worker = await _in_thread(Worker, how)
        turn = asyncio.Lock()

        async def in_turn(rows: Sequence[tuple[int, Row]]) -> Given:
            async with turn:
                given: Given = await _in_thread(worker.translate, rows)
                return given

        try:
            yield in_turn
        finally:
            await _in_thread(worker.close)
    else:
        raise ValueError(f"isolation is inline or worker, not {isolation!r}")


async def _in_thread(work: Callable[..., Any], *args: Any) -> Any:  # noqa: ANN401 - whatever the work takes and gives
    return await asyncio.get_running_loop().run_in_executor(None, work, *args)


class Worker:
    """A process that translates; it ends when its pipe does, so it never outlives the hub."""

    def __init__(self, how: Translation) -> None:
        """Start it; what it needs travels as names (`module.attribute`), which it imports itself.

        Raises:
            pickle.PicklingError: translate or rules are no module's own functions or classes.
        """
        start = pickle.dumps(how, PROTOCOL)
        context = multiprocessing.get_context("forkserver")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="patto-translate")
        self._process.start()
        theirs.close()
        self._pipe.send_bytes(start)

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def translate(self, rows: Sequence[tuple[int, Row]]) -> Given:
        """Translate numbered rows there.

        Raises:
            WorkerDied: it is gone.
            WorkerFault: the plugin threw what the contract does not name.
        """
        try:
            self._pipe.send_bytes(pickle.dumps(rows, PROTOCOL))
            fine, given = pickle.loads(self._pipe.recv_bytes())  # noqa: S301 - our own process
        except (EOFError, OSError) as error:
            raise WorkerDied("the worker process ended in the middle of a page") from error
        if not fine:
            raise WorkerFault(given)
        result: Given = given
        return result

    def close(self) -> None:
        """End it, by force if it does not end soon."""
        self._pipe.close()
        self._process.join(SOON)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(pipe: Connection) -> None:
    gc.disable()
    try:
        how = pickle.loads(pipe.recv_bytes())  # noqa: S301 - from our own parent
    except BaseException as error:  # noqa: BLE001 - told to the parent on the first page
        _refuse(pipe, where(error))
        return
    gc.freeze()
    while True:
        try:
            rows = pickle.loads(pipe.recv_bytes())  # noqa: S301 - from our own parent
        except EOFError:
            return
        try:
            answer = (True, translate_rows(how, rows))
        except BaseException as error:  # noqa: BLE001 - SystemExit of a plugin too
            answer = (False, where(error))  # type: ignore[assignment]
        pipe.send_bytes(pickle.dumps(answer, PROTOCOL))
        gc.collect(1)


def _refuse(pipe: Connection, reason: str) -> None:
    try:
        pipe.recv_bytes()
        pipe.send_bytes(pickle.dumps((False, reason), PROTOCOL))
    except EOFError:
        return
