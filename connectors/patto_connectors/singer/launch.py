"""The process between the hub and a tap: it starts the tap, and ends it with all that it started when it is time.

Started as a program of its own (`python -I -S launch.py MEMORY PROGRAM ...`), of the standard library alone.
Its standard input says nothing: it ends when the hub closes it or dies, however the hub dies, since the kernel closes
it. That is surer than asking the kernel to signal the tap when its parent ends: such a signal is tied to the *thread*
that started the process, and reaches none of the tap's own children.

Everything that the tap starts stays below this process (it is a "subreaper"), so nobody escapes by leaving the group.
The tap's working folder is made here and removed here, also when there is no hub any more. The exit code or signal is
the tap's own.
"""

from __future__ import annotations

import ctypes
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

NOT_FOUND = 127
"""Exit code for a program that cannot be started, as shells have it."""
_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36
"""`prctl` of Linux (linux/prctl.h)."""


def main(memory: str, *command: str) -> NoReturn:
    """Run a tap to its end, or to the hub's."""
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = tempfile.mkdtemp(prefix="patto-tap-")
    me = os.getpid()
    tap = os.fork()
    if tap == 0:
        libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _become(me, folder, int(memory), command)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager sends it to all; the hub decides when
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)  # so that the hub sees the tap's own output end
    os.dup2(nothing, 2)
    status = _wait(tap)
    shutil.rmtree(folder, ignore_errors=True)
    _end_like(status)


def _become(parent: int, folder: str, memory: int, command: tuple[str, ...]) -> NoReturn:
    """Turn into the tap: a session of its own, an empty folder as its home, limits, no input."""
    try:
        os.setsid()
        if os.getppid() == parent:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.chdir(folder)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the configuration
            if memory:
                resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            os.execve(command[0], command, {"HOME": folder, **os.environ, "TMPDIR": folder})  # noqa: S606 - no shell is the point
    except OSError:
        os._exit(NOT_FOUND)
    os._exit(1)


def _wait(tap: int) -> int:
    """Wait for the end of the tap or of the hub's patience, end whatever is left, and give the tap's wait status."""
    ended = select.poll()
    ended.register(os.pidfd_open(tap), select.POLLIN)
    ended.register(0, select.POLLIN | select.POLLHUP)
    ended.poll()
    status = 0
    with suppress(ProcessLookupError):
        os.killpg(tap, signal.SIGKILL)  # not reaped yet, so the number is still its own
    while True:
        for child in _children():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            pid, how = os.waitpid(-1, 0)
        except ChildProcessError:
            return status
        if pid == tap:
            status = how


def _children() -> list[int]:
    """Give the processes whose parent this one is: the tap, and what others left behind."""
    me, found = str(os.getpid()), []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if place.read_text("latin-1").rpartition(")")[2].split()[1] == me:
                found.append(int(place.parent.name))
    return found


def _end_like(status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError):  # SIGKILL has no other disposition
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
