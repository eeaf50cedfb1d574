"""Keeps a long-lived hub's memory flat: large blocks go back to the system as soon as they are free."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

LARGE: Final = 256 * 1024
"""Bytes from which a block is mapped for itself."""
HEAPS: Final = 2
"""Heaps that all threads share: they hold the interpreter's lock in turn, so more heaps only mean more holes."""
_M_MMAP_THRESHOLD: Final = -3  # malloc.h of glibc
_M_ARENA_MAX: Final = -8


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
