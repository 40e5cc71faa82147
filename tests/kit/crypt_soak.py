"""The SRTP kernel without Python: its C functions called by thousands, timed, and their allocations counted.

`python -m tests.kit.crypt_soak LIBRARY` with the library preloaded prints the counts of every suite as JSON.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path
from subprocess import run
from typing import Any

from aywa._native import srtp

SOURCE = Path(__file__).with_suffix(".c")
RTP = bytes([0x80, 0, 0, 1]) + bytes(4) + bytes([0, 0, 0, 7]) + bytes(range(160))
RTCP = bytes([0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7])
BATCH = 50
_CRYPT_SIZE = 16384  # more than a Crypt has

_Packet = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)
_Close = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Soak(ctypes.Structure):
    """`struct soak` of the library."""

    _fields_ = [
        *((name, ctypes.c_void_p) for name in ("protect", "unprotect", "sender", "receiver")),
        ("packet", ctypes.c_char_p),
        *((name, ctypes.c_int) for name in ("length", "counting", "forging")),
        ("batches", ctypes.c_long),
        *((name, ctypes.c_double) for name in ("protect_ns", "unprotect_ns")),
        *((name, ctypes.c_long) for name in ("allocations", "locks", "wrong")),
    ]


def build(folder: Path) -> Path:
    """The library, compiled by gcc into `folder`. Raises CalledProcessError."""
    library = folder / "crypt_soak.so"
    run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def kernel(name: str) -> int:
    """The address of a function of srtp.pxd."""
    capsule = srtp.__pyx_capi__[name]  # type: ignore[attr-defined]
    ctypes.pythonapi.PyCapsule_GetName.restype = ctypes.c_char_p
    ctypes.pythonapi.PyCapsule_GetName.argtypes = [ctypes.py_object]
    ctypes.pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p
    ctypes.pythonapi.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    signature = ctypes.pythonapi.PyCapsule_GetName(capsule)
    return int(ctypes.pythonapi.PyCapsule_GetPointer(capsule, signature))


class Call:
    """Both ends of a call of one suite, in C."""

    def __init__(self, library: Path, suite: int) -> None:
        self._library = ctypes.CDLL(str(library))
        self._ends = [ctypes.create_string_buffer(_CRYPT_SIZE) for _ in range(2)]
        near, far = (bytes(range(at, at + srtp.KEY_SIZES[suite])) for at in (1, 101))
        self.masters = near, far
        asked, locked = ctypes.c_long(), ctypes.c_long()
        open_ = _Open(kernel("crypt_open"))
        self._library.arm()
        opened = open_(self._ends[0], suite, near, far), open_(self._ends[1], suite, far, near)
        self._library.disarm(ctypes.byref(asked), ctypes.byref(locked))
        assert opened == (0, 0)
        self.opening = asked.value, locked.value

    def soak(self, batches: int, *, reports: bool = False, forging: bool = False) -> Any:
        """A `Soak` after `batches` times BATCH packets there and back, each behind a forged one if asked."""
        kind = "_rtcp" if reports else ""
        packet = RTCP if reports else RTP
        soak = Soak(
            kernel(f"crypt_protect{kind}"),
            kernel(f"crypt_unprotect{kind}"),
            *(ctypes.addressof(end) for end in self._ends),
            packet,
            len(packet),
            not reports,
            srtp.BAD_TAG if forging else 0,
            batches,
        )
        self._library.soak(ctypes.byref(soak))
        return soak

    def memory(self) -> bytes:
        """What stands in the structs of both ends."""
        return b"".join(bytes(end) for end in self._ends)

    def close(self) -> None:
        """End both."""
        for end in self._ends:
            _Close(kernel("crypt_close"))(ctypes.addressof(end))


def counted(library: Path, suite: int) -> dict[str, int]:
    """Allocations, locks and wrong verdicts: 5000 packets between 1000 reports, then behind forged."""
    call = Call(library, suite)
    counts = {"opening": call.opening[0], "asked": 0, "locked": 0, "wrong": 0}
    for forging in (False, True):
        end = Call(library, suite)
        for soak in (
            end.soak(10, reports=True, forging=forging),
            end.soak(100, forging=forging),
            end.soak(10, reports=True, forging=forging),
        ):
            counts["asked"] += soak.allocations
            counts["locked"] += soak.locks
            counts["wrong"] += soak.wrong
        end.close()
    call.close()
    return counts


if __name__ == "__main__":
    print(json.dumps([counted(Path(sys.argv[1]), suite) for suite in range(len(srtp.SUITES))]))
