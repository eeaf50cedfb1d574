"""Run a program of a tap: no shell, almost no environment, files that only it can see, and an end whatever happens."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, TypeVar

from patto_connectors.singer import launch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

P = TypeVar("P", bound=asyncio.BaseProtocol)

CHUNK = 256 * 1024
"""Bytes to read at a time; the tap's own pipe holds 64 kB more, and then it waits for us."""
_TAIL = 64 * 1024
"""Bytes of a program's complaints that are kept."""
_PAUSE = 0.005
"""Seconds between two looks at its complaints: one that screams is slowed down, and takes no processor from others."""
_SOON = 10.0
"""Seconds that ending a program may take; nothing can refuse SIGKILL, but the kernel may be slow."""
_CLASS = re.compile(
    rb"^((?:[A-Za-z_]\w*\.){0,8}[A-Za-z_]\w{0,60}(?:Error|Exception|Timeout|Refused))(?::|$)", re.MULTILINE
)


class Tail(asyncio.Protocol):
    """The end of what a program writes to its standard error: read so that it never waits, kept within bounds."""

    def __init__(self) -> None:
        self._kept = b""
        self._transport: asyncio.ReadTransport | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.ReadTransport)  # noqa: S101 - the loop's promise for a reading pipe
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep the end, and look away for a moment."""
        self._kept = (self._kept + data)[-_TAIL:]
        assert self._transport is not None  # noqa: S101 - data comes after the connection
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(_PAUSE, self._resume)

    def _resume(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Note that nothing more comes."""
        if not self.closed.done():
            self.closed.set_result(None)

    def content(self) -> bytes:
        """Give the end as it came: it may hold personal data and secrets."""
        return self._kept

    def error(self) -> str:
        """Give the class of the last Python error in it, which is all that may be shown; empty if there is none."""
        found = _CLASS.findall(self._kept)
        return found[-1].decode("ascii", "replace") if found else ""


@dataclass(frozen=True, slots=True)
class Running:
    """A program on its way."""

    process: asyncio.subprocess.Process
    output: asyncio.StreamReader
    tail: Tail

    async def ended(self) -> int:
        """Wait for its end; gives the exit code, or the number of a signal as a negative number."""
        code = await self.process.wait()
        await self.tail.closed
        return code


@dataclass(slots=True, kw_only=True)
class Program:
    """A program that runs for the length of a `with` block; at its end it is gone, with all that it started."""

    command: Sequence[str | Path]
    """Its path and arguments, which everybody on the machine can read."""
    environment: Mapping[str, str]
    """All that it gets."""
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Options, and what stands in the file that each names. The files are in memory, without a name on any disk,
    readable by this user only, and gone with the program: also when the hub is killed."""
    more: Sequence[str] = ()
    """Arguments after those."""
    memory: int | None = None
    """Bytes of address space."""
    _owned: ExitStack = field(default_factory=ExitStack, init=False)
    _lifeline: IO[bytes] | None = field(default=None, init=False)
    _process: asyncio.subprocess.Process | None = field(default=None, init=False)

    async def __aenter__(self) -> Running:
        """Start it."""
        with ExitStack() as ours, ExitStack() as theirs:
            named = {option: theirs.enter_context(_file(option, content)) for option, content in self.files.items()}
            lives, self._lifeline = _pipe(theirs, ours)
            output, speaks = _pipe(ours, theirs)
            heard, complains = _pipe(ours, theirs)
            reader = asyncio.StreamReader(limit=CHUNK)
            await _read(ours, output, lambda: asyncio.StreamReaderProtocol(reader))
            tail = await _read(ours, heard, Tail)
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__, str(self.memory or 0)),
                *map(str, self.command),
                *(word for option, file in named.items() for word in (option, f"/proc/self/fd/{file.fileno()}")),
                *self.more,
                stdin=lives,
                stdout=speaks,
                stderr=complains,
                env=dict(self.environment),
                pass_fds=[file.fileno() for file in named.values()],
                start_new_session=True,  # not the terminal's Ctrl-C
            )
            self._owned = ours.pop_all()
        return Running(self._process, reader, tail)

    async def __aexit__(self, *_: object) -> None:
        """Cut the lifeline, and wait until everything has ended."""
        assert self._lifeline is not None  # noqa: S101 - made at the start
        assert self._process is not None  # noqa: S101 - likewise
        self._lifeline.close()
        with self._owned:
            await _end(self._process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Wait for the launcher, which ends the program once its lifeline is cut; end the launcher if it does not."""
    try:
        async with asyncio.timeout(_SOON):
            await process.wait()
    except TimeoutError:
        process.kill()  # and with it the tap: the kernel sees to that


def _pipe(reads: ExitStack, writes: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    """Make a pipe; each end is closed with its owner."""
    output, entry = os.pipe()
    return reads.enter_context(os.fdopen(output, "rb", 0)), writes.enter_context(os.fdopen(entry, "wb", 0))


async def _read(owner: ExitStack, pipe: IO[bytes], make: Callable[[], P]) -> P:
    """Let the loop read a pipe until its owner closes."""
    transport, protocol = await asyncio.get_running_loop().connect_read_pipe(make, pipe)
    owner.callback(transport.close)
    return protocol


def _file(option: str, content: bytes) -> IO[bytes]:
    """Make a file in memory that can be opened again and again by its number."""
    file = os.fdopen(os.memfd_create(option.strip("-")), "wb", 0)
    os.fchmod(file.fileno(), 0o600)
    file.write(content)
    return file
