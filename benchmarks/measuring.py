"""Runs a piece of work in a process of its own and watches what it takes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

MIB = 1024 * 1024


class Memory:
    """The highest resident memory of a process and of its descendants, sampled."""

    def __init__(self, pid: int) -> None:
        self.hub = 0
        self.workers = 0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop sampling."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.hub = max(self.hub, _resident(self._pid))
            hub = _command(self._pid)  # a child that has not become another program yet shows its parent's memory
            workers = [each for each in _descendants(self._pid) if _command(each) != hub]
            self.workers = max(self.workers, sum(_resident(each) for each in workers))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        others = Path(f"/proc/{pid}/task").iterdir()
        for task in others:
            children += [int(each) for each in (task / "children").read_text().split() if int(each) not in children]
    except OSError:
        return []
    return children + [each for child in children for each in _descendants(child)]


def measured(work: str, *args: object) -> dict[str, float]:
    """Run `module.function` in a process of its own, which imports no more than that, and give its figures.

    With them the highest resident memory of the process and of its workers, and the processor time of all of them.
    """
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=_measure, args=(theirs, work, args))
    process.start()
    theirs.close()
    memory = Memory(process.pid or 0)
    try:
        figures: dict[str, float] = mine.recv()
    except EOFError:
        raise SystemExit("a measured process failed; its message is above") from None
    finally:
        memory.end()
    process.join()
    return figures | {"hub_mib": memory.hub / MIB, "workers_mib": memory.workers / MIB}


def _measure(pipe: Any, work: str, args: tuple[object, ...]) -> None:  # noqa: ANN401 - a multiprocessing connection
    module, _, name = work.partition(".")
    function = getattr(import_module(module), name)
    before = sum(os.times()[:4])
    figures = function(*args)
    pipe.send(figures | {"cpu_s": sum(os.times()[:4]) - before})
