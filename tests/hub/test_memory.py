"""Large blocks go back to the system."""

from __future__ import annotations

import ctypes
import sys

import pytest

from patto_hub.memory import LARGE, return_large_blocks


def test_it_can_be_said_twice():
    return_large_blocks()
    return_large_blocks()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own rule")
def test_a_large_block_is_mapped_for_itself_whatever_was_freed_before():
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        pytest.skip("another C library, or a glibc before 2.33")
    return_large_blocks()
    mapped = _mapped(libc)
    del (bytearray(16 * LARGE))[:]

    kept = bytearray(4 * LARGE)

    assert _mapped(libc) >= mapped + len(kept)


FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class Info(ctypes.Structure):
    """`struct mallinfo2` of malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS]


def _mapped(libc):
    libc.mallinfo2.restype = Info
    return libc.mallinfo2().hblkhd
