"""Recordings that a process left behind when it was killed, or a host when it lost its power."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path

from aywa.artifacts.wav import CHANNELS, HEADER_BYTES, MAX_DATA_BYTES, SAMPLE_RATE_HZ, lock, wav_header

_FRAME_BYTES = 2 * CHANNELS
_RATES_HZ = (8000, 16000)


class Repair(Enum):
    """What was found."""

    SOUND = "sound"
    REPAIRED = "repaired"  # the header claims now what is there
    BUSY = "busy"  # somebody writes it
    FOREIGN = "foreign"  # no recording of ours: left alone


def repair_recording(path: Path) -> Repair:
    """Make the file claim exactly the whole frames it has. Raises OSError.

    A header that was never written, or that a power failure has left as zeros, is made anew; the rate is then
    taken for 8 kHz. Whatever ends a repair, the next one ends it: what is cut off comes before what is said.
    """
    with held([path]) as found:
        return Repair.BUSY if found is None else found[0]


@contextmanager
def held(paths: Sequence[Path]) -> Iterator[list[Repair] | None]:
    """Have these recordings to ourselves, repaired; None while somebody writes one. Raises OSError."""
    with ExitStack() as stack:
        files = []
        for path in paths:
            files.append(os.open(path, os.O_RDWR | os.O_CLOEXEC))
            stack.callback(os.close, files[-1])
        yield [_repair(file) for file in files] if all(map(lock, files)) else None


def _repair(file: int) -> Repair:
    size = os.fstat(file).st_size
    head = os.pread(file, HEADER_BYTES, 0)
    rate_hz = _rate_of(head)
    if rate_hz is None:
        return Repair.FOREIGN
    data_bytes = min(max(0, size - HEADER_BYTES), MAX_DATA_BYTES) // _FRAME_BYTES * _FRAME_BYTES
    right = wav_header(data_bytes, rate_hz)
    if head == right and size == HEADER_BYTES + data_bytes:
        return Repair.SOUND
    os.ftruncate(file, HEADER_BYTES + data_bytes)
    os.pwrite(file, right, 0)
    os.fdatasync(file)
    return Repair.REPAIRED


def _rate_of(head: bytes) -> int | None:
    """The rate of a recording of ours, however much of its header there is; None for other files."""
    if not any(head):
        return SAMPLE_RATE_HZ
    if len(head) < HEADER_BYTES:
        return next((rate_hz for rate_hz in _RATES_HZ if wav_header(0, rate_hz).startswith(head)), None)
    rate_hz: int = struct.unpack_from("<I", head, 24)[0]
    if rate_hz not in _RATES_HZ:
        return None
    wanted = wav_header(0, rate_hz)
    # all but the two sizes
    same = head[:4] == wanted[:4] and head[8:40] == wanted[8:40]
    return rate_hz if same else None
