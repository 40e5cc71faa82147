"""The heap of the runtime: what a call's media took goes back to the system when it is freed."""

from __future__ import annotations

import subprocess
import sys

_CHILD = """
import ctypes
from aywa._native.heap import settle_heap

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

libc.mallinfo2.restype = Info
assert settle_heap()
blocks = []
for round in range(3):
    before = libc.mallinfo2().hblks
    blocks = [libc.malloc(54 << 10) for _ in range(500)]
    assert libc.mallinfo2().hblks >= before + 480  # a few may fit into what the heap holds
    for block in blocks:
        libc.free(block)
    assert libc.mallinfo2().hblks <= before
print("gave back")
"""


def test_blocks_of_a_leg_s_size_are_mapped_on_their_own_time_and_again() -> None:
    done = subprocess.run([sys.executable, "-c", _CHILD], capture_output=True, text=True, check=False)
    assert done.stdout == "gave back\n", done.stderr
