"""Keeps a long-lived hub's memory flat and its collector quiet: what is loaded stays, large blocks go back at once."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE: Final = 256 * 1024
"""Bytes from which a block is mapped for itself."""
HEAPS: Final = 2
"""Heaps that all threads share: they hold the interpreter's lock in turn, so more heaps only mean more holes."""
_M_MMAP_THRESHOLD: Final = -3  # malloc.h of glibc
_M_ARENA_MAX: Final = -8
_YOUNG: Final = (10_000, 20, 50)
"""Objects after which Python looks for circles among the young ones, and how often among all: requests make few."""


@contextmanager
def settled() -> Iterator[None]:
    """Leave what is loaded by now out of the collector's rounds, for the length of the block.

    A hub with its plugins holds some 200,000 objects that never go; to look at them again and again for the sake of
    the few that a request makes took a fifth of the time of a short answer.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_YOUNG)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def return_large_blocks() -> None:
    """Map large blocks for themselves, whatever was freed before; doing it again is harmless.

    By default glibc raises its threshold to the largest block that was ever freed: pages of a megabyte then come from
    the threads' heaps, which keep what lies below a block that is still in use (30 MB after 100,000 records). Other C
    libraries do not have this rule, nor the switch.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, LARGE)
        mallopt(_M_ARENA_MAX, HEAPS)
