"""A process that translates: it has its own processor and its own memory, and a plugin can end only itself.

It is started as `python -m patto_hub.road.worker` and speaks pickles, their length before them, over a socket that is
its standard input. A page crosses in one system call each way: through a pipe it would come in 64 kB pieces, and for
each of them the hub's thread would have to win the interpreter's lock back from the one that writes.

It holds nothing of the hub but what translating needs (no database, no network, a third of the memory), and it ends
when its input does, so it never outlives the hub.
"""

from __future__ import annotations

import gc
import os
import pickle
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from patto_hub.memory import return_large_blocks
from patto_hub.observe.places import where
from patto_hub.road.translate import Translation, translate_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patto_connectors.contract import Row
    from patto_hub.road.entry import Said

Given: TypeAlias = "tuple[dict[int, Said], dict[tuple[str, str], int]]"
PROTOCOL = 5
LENGTH = 8
"""Bytes that say how long a pickle is."""
SOON = 2.0
"""Seconds that a worker has to end by itself."""
BETWEEN = 20
"""Pages between two looks of the garbage collector for cycles."""


class WorkerDied(RuntimeError):  # noqa: N818 - what happened
    """The worker process ended in the middle of a page: the plugin ended it, or it ran out of memory."""


class WorkerFault(RuntimeError):  # noqa: N818 - what happened
    """What a plugin threw in the worker; the text is its traceback there."""


class Worker:
    """A running worker, as the hub sees it."""

    def __init__(self, how: Translation) -> None:
        """Start it; what it needs travels as names (`module.attribute`), which it imports itself.

        Raises:
            pickle.PicklingError: translate or rules are no module's own functions or classes.
        """
        start = pickle.dumps((sys.path, pickle.dumps(how, PROTOCOL)), PROTOCOL)
        self._socket, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "patto_hub.road.worker"]
            self._process = subprocess.Popen(command, stdin=theirs.fileno())  # noqa: S603 - our own module
        _send(self._socket, start)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def translate(self, rows: Sequence[tuple[int, Row]]) -> Given:
        """Translate numbered rows there.

        Raises:
            WorkerDied: it is gone.
            WorkerFault: the plugin threw what the contract does not name.
        """
        try:
            _send(self._socket, pickle.dumps(rows, PROTOCOL))
            fine, given = pickle.loads(_receive(self._socket))  # noqa: S301 - our own process
        except (EOFError, OSError) as error:
            raise WorkerDied("the worker process ended in the middle of a page") from error
        if not fine:
            raise WorkerFault(given)
        result: Given = given
        return result

    def close(self) -> None:
        """End it, by force if it does not end soon."""
        with suppress(OSError):  # a thread may still wait for an answer: this wakes it
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        try:
            self._process.wait(SOON)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(hub: socket.socket) -> None:
    """Answer pages until the input ends; what a plugin throws is an answer too."""
    gc.disable()
    path, start = pickle.loads(_receive(hub))  # noqa: S301 - from our own parent
    sys.path[:] = path
    how: Translation | str
    try:
        how = pickle.loads(start)  # noqa: S301 - from our own parent
    except BaseException as error:  # noqa: BLE001 - told with the first page
        how = where(error)
    gc.freeze()
    count = 0
    while True:
        try:
            rows = pickle.loads(_receive(hub))  # noqa: S301 - from our own parent
        except EOFError:
            return
        _send(hub, pickle.dumps(_answer(how, rows), PROTOCOL))
        count += 1
        if count % BETWEEN == 0:
            gc.collect()


def _answer(how: Translation | str, rows: Sequence[tuple[int, Row]]) -> tuple[bool, Any]:
    if isinstance(how, str):
        return False, how
    try:
        return True, translate_rows(how, rows)
    except BaseException as error:  # noqa: BLE001 - SystemExit of a plugin too
        return False, where(error)


def _send(to: socket.socket, content: bytes) -> None:
    to.sendall(len(content).to_bytes(LENGTH, "big"))
    to.sendall(content)


def _receive(source: socket.socket) -> memoryview:
    size = int.from_bytes(_exactly(source, LENGTH), "big")
    return _exactly(source, size)


def _exactly(source: socket.socket, size: int) -> memoryview:
    content = memoryview(bytearray(size))
    taken = 0
    while taken < size:
        some = source.recv_into(content[taken:], 0, socket.MSG_WAITALL)
        if some == 0:
            raise EOFError("the other side is gone")
        taken += some
    return content


def main() -> None:
    """Serve on the socket that is standard input; what a plugin prints goes to the standard error."""
    return_large_blocks()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as hub, suppress(BrokenPipeError, ConnectionResetError):
        serve(hub)


if __name__ == "__main__":
    main()
