"""How much of malloc's memory this process holds."""

from __future__ import annotations

import ctypes


class _MallocInfo(ctypes.Structure):
    """struct mallinfo2 of glibc."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")),
    ]


def allocated() -> int:
    """Bytes malloc has given out (glibc 2.33 and later)."""
    function = ctypes.CDLL(None).mallinfo2
    function.restype = _MallocInfo
    information = function()
    return int(information.uordblks + information.hblkhd)
