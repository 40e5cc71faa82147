"""Ogg as Opus needs it (RFC 3533, RFC 7845): packets into pages."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from enum import IntFlag

_MAX_SEGMENTS = 255  # of 255 bytes each: a packet ends with one that is shorter
_HEADER = struct.Struct("<4sBBqIII")
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
NO_GRANULE = -1  # of a page on which no packet ends


class PageFlag(IntFlag):
    """RFC 3533 section 6."""

    NONE = 0
    CONTINUED = 1
    FIRST = 2
    LAST = 4


class OggWriter:
    """One logical stream. `write` takes whole pages, and may raise what it likes."""

    def __init__(self, write: Callable[[bytes], object], serial: int) -> None:
        """`serial`: 0..2^32-1."""
        self._write = write
        self._serial = serial
        self._pages = 0
        self._segments = bytearray()
        self._data: list[bytes] = []
        self._granule = NO_GRANULE
        self._continues = False

    def packet(self, data: bytes, granule: int) -> None:
        """Add a packet; `granule` is the position behind it."""
        lacing = b"\xff" * (len(data) // 255) + bytes([len(data) % 255])
        at = 0
        while lacing:
            if len(self._segments) == _MAX_SEGMENTS or self._would_tear(len(lacing)):
                self._page(PageFlag.NONE)
            taken = lacing[: _MAX_SEGMENTS - len(self._segments)]
            lacing = lacing[len(taken) :]
            size = sum(taken)
            self._segments += taken
            self._data.append(data[at : at + size])
            at += size
            if lacing:
                self._page(PageFlag.NONE)
                self._continues = True
        self._granule = granule

    def flush(self, *, last: bool = False) -> None:
        """End the page. The last one may hold nothing."""
        if self._segments or last:
            self._page(PageFlag.LAST if last else PageFlag.NONE)

    def _would_tear(self, segments: int) -> bool:
        """Whether a packet that has room on a page of its own would be torn."""
        return segments <= _MAX_SEGMENTS < len(self._segments) + segments

    def _page(self, flags: PageFlag) -> None:
        flags |= PageFlag.CONTINUED if self._continues else PageFlag.NONE
        flags |= PageFlag.FIRST if self._pages == 0 else PageFlag.NONE
        head = _HEADER.pack(b"OggS", 0, flags, self._granule, self._serial, self._pages, 0)
        page = b"".join([head, bytes([len(self._segments)]), self._segments, *self._data])
        self._write(page[:22] + struct.pack("<I", checksum(page)) + page[26:])
        self._pages += 1
        self._segments.clear()
        self._data.clear()
        self._granule = NO_GRANULE
        self._continues = False


def checksum(page: bytes) -> int:
    """The CRC of a page whose own field is 0: polynomial 0x04c11db7, most significant bit first, from 0."""
    # zlib's has the same polynomial with the bits of everything mirrored, and begins and ends inverted.
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
