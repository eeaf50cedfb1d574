"""Large blocks go back to the system, and what is loaded is left out of the collector's rounds."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys

import pytest

from patto_hub.memory import settled

MEASURE = """
import ctypes, sys
from patto_hub.memory import LARGE, return_large_blocks

class Info(ctypes.Structure):  # struct mallinfo2 of malloc.h; hblkhd: bytes in blocks that are mapped for themselves
    _fields_ = [(name, ctypes.c_size_t) for name in
        "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Info
for _ in range(int(sys.argv[1])):
    return_large_blocks()
freed = bytearray(16 * LARGE)
del freed
before = libc.mallinfo2().hblkhd
kept = bytearray(4 * LARGE)
print((libc.mallinfo2().hblkhd - before) // LARGE)
"""
"""In a process of its own: what other threads free meanwhile would be counted too."""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own rule")
@pytest.mark.parametrize("times", [1, 2])
def test_a_large_block_is_mapped_for_itself_whatever_was_freed_before(times):
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("another C library, or a glibc before 2.33")

    told = subprocess.run([sys.executable, "-c", MEASURE, str(times)], capture_output=True, text=True, check=True)

    assert int(told.stdout) >= 4


def test_what_is_loaded_is_left_out_of_the_collectors_rounds_while_a_service_runs():
    usual, out_before = gc.get_threshold(), gc.get_freeze_count()

    with settled():
        within, out = gc.get_threshold(), gc.get_freeze_count()

    assert out > out_before
    assert within[0] > usual[0]
    assert (gc.get_threshold(), gc.get_freeze_count()) == (usual, 0)
