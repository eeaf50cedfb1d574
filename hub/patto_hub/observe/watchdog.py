"""Watches the event loop from a thread: when it stands still, says which plugin and which line hold it up."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from types import FrameType

BEAT_S: Final = 0.1
"""How often the loop shows that it is alive."""
STILL_S: Final = 0.5
"""How long it may stand still before somebody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """The event loop stood still: since when, and whose line it was at."""

    plugin: str
    """Empty where no plugin's code is on the stack."""
    place: str
    """File, line and function, as `translate.py:12 in wait`."""
    seconds: float


@dataclass(slots=True)
class _Pulse:
    at: float
    lag: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)


@asynccontextmanager
async def watched_loop(
    folders: Mapping[str, str],
    report: Callable[[Blocked], None],
    *,
    monotonic: Callable[[], float],
    lag: Callable[[float], None] = lambda _seconds: None,
    still_s: float = STILL_S,
) -> AsyncIterator[None]:
    """Watch the running loop for the length of the block.

    Args:
        folders: where each plugin's code lives, by plugin name.
        report: called in the watching thread, once for each time the loop stands still.
        monotonic: the world's clock.
        lag: told at each beat how late it was, in seconds.
        still_s: how long the loop may stand still.
    """
    pulse = _Pulse(at=monotonic())
    loop = asyncio.get_running_loop()

    def beat(due: float) -> None:
        now = monotonic()
        lag(max(0.0, now - due))
        pulse.at = now
        if not pulse.stop.is_set():
            loop.call_later(BEAT_S, beat, now + BEAT_S)

    loop.call_later(BEAT_S, beat, monotonic() + BEAT_S)
    watch = threading.Thread(
        target=_watch,
        args=(pulse, threading.get_ident(), dict(folders), report, monotonic, still_s),
        name="loop-watchdog",
        daemon=True,
    )
    watch.start()
    try:
        yield
    finally:
        pulse.stop.set()
        await loop.run_in_executor(None, watch.join)


def _watch(  # noqa: PLR0913, PLR0917 - a thread's function has no shorter way to get its facts
    pulse: _Pulse,
    thread: int,
    folders: Mapping[str, str],
    report: Callable[[Blocked], None],
    monotonic: Callable[[], float],
    still_s: float,
) -> None:
    told_of = -1.0
    while not pulse.stop.wait(still_s / 2):
        seen = pulse.at
        still = monotonic() - seen
        if still < still_s or seen == told_of:
            continue
        frame = sys._current_frames().get(thread)  # noqa: SLF001 - the only way to see another thread's stack
        if frame is not None and pulse.at == seen:
            told_of = seen
            report(blame(frame, folders, still))


def blame(frame: FrameType, folders: Mapping[str, str], seconds: float) -> Blocked:
    """Find the innermost line of a plugin on a stack, or else the innermost line of all."""
    each: FrameType | None = frame
    while each is not None:
        for plugin, folder in folders.items():
            if each.f_code.co_filename.startswith(folder):
                return Blocked(plugin=plugin, place=_place(each), seconds=seconds)
        each = each.f_back
    return Blocked(plugin="", place=_place(frame), seconds=seconds)


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} in {frame.f_code.co_name}"
