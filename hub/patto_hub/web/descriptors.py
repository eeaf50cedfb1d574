"""File descriptors: how many lines may be open, so that ledger and sources always have some, and who is told if not.

Each line from outside costs one. Without a limit of our own whoever opens many and says nothing takes those that the
ledger and the partners' sources need.
"""

from __future__ import annotations

import asyncio
import errno
import resource
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patto_connectors.ports import World
    from patto_hub.web.measures import Measures

RESERVE: Final = 256
"""Descriptors that lines leave to everything else; half of all where there are less than twice as many."""
ENOUGH: Final = 65_536
"""Descriptors that a hub asks for at most."""
AGAIN_S: Final = 60.0
"""Seconds until the same trouble is told again."""
SHORT: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_GOES: Final = 0.5
"""asyncio reports one failed accept up to a hundred times in a row, and tries again after a second."""

log = structlog.get_logger("patto.web")


def ask_for_more() -> None:
    """Take as many descriptors as this process is allowed: shells and services often begin with far fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def lines_at_most() -> int:
    """Give how many lines may be open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    total = ENOUGH if soft == resource.RLIM_INFINITY else soft
    return total - min(RESERVE, total // 2)


class Shortage:
    """Counts lines that are not taken, and tells of them now and then."""

    __slots__ = ("_failed_at", "_measures", "_told_at", "_world", "most")

    def __init__(self, measures: Measures, world: World) -> None:
        self.most = lines_at_most()
        self._measures = measures
        self._world = world
        self._told_at: dict[str, float] = {}
        self._failed_at = -_GOES

    def too_many(self) -> None:
        """Note that a line was closed at once, because of all those that are open."""
        self._measures.refused.labels("too_many").inc()
        self._tell("http.too_many_lines")

    def no_descriptor(self) -> None:
        """Note that a line could not be accepted; it waits in the kernel, and is tried again."""
        now = self._world.monotonic()
        if now - self._failed_at >= _GOES:
            self._measures.refused.labels("no_descriptor").inc()
            self._tell("http.no_descriptor")
        self._failed_at = now

    def _tell(self, event: str) -> None:
        now = self._world.monotonic()
        if now - self._told_at.get(event, now - AGAIN_S) >= AGAIN_S:
            self._told_at[event] = now
            log.error(event, most=self.most, hint="RLIMIT_NOFILE, LimitNOFILE=")


@contextmanager
def named(shortage: Shortage) -> Iterator[None]:
    """Let failed accepts of the running loop be counted and named, instead of a hundred tracebacks."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def notice(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if "socket" in context and isinstance(error, OSError) and error.errno in SHORT:
            shortage.no_descriptor()
        elif before is None:
            loop.default_exception_handler(context)
        else:
            before(loop, context)

    loop.set_exception_handler(notice)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
