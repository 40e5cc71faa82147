"""Frames between the runtime and a recogniser process: kind, utterance, length, payload. Pure.

The pipe is private to parent and child, so a malformed frame is our own bug and is refused loudly.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum

from aywa.errors import LocalProtocolError

_HEADER = struct.Struct("<BII")
MAX_PAYLOAD = 1 << 20  # 32 s of 16 kHz PCM; anything above is a broken stream


class FrameKind(IntEnum):
    """What a frame says, and who sends it."""

    BEGIN = 1  # parent: JSON {"phrases": [...], "gain": float, "pronunciations": {...}}
    AUDIO = 2  # parent: 16 kHz S16LE mono
    END = 3  # parent: finalise now
    ABANDON = 4  # parent: forget this utterance
    CHECK = 5  # parent: JSON {"phrases": [...], "pronunciations": {...}}; answered by MISSING
    READY = 16  # child: the model is loaded
    PARTIAL = 17  # child: UTF-8 text
    RESULT = 18  # child: JSON {"text": str, "confidence": float, "level_db": float}
    MISSING = 19  # child: JSON list of words that have no pronunciation


def encode_frame(kind: FrameKind, utterance: int, payload: bytes = b"") -> bytes:
    """One frame. `utterance` is any 32-bit number that names the utterance on this pipe."""
    if len(payload) > MAX_PAYLOAD:
        raise LocalProtocolError("a recogniser frame is too long")
    return _HEADER.pack(kind, utterance, len(payload)) + payload


class FrameReader:
    """Cuts a byte stream into frames; `feed` takes any piece and returns the frames it completed."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[FrameKind, int, bytes]]:
        """The frames completed by `data`. Raises LocalProtocolError when the stream is broken."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            kind, utterance, length = _HEADER.unpack_from(self._buffer)
            if length > MAX_PAYLOAD:
                raise LocalProtocolError("a recogniser frame is too long")
            end = _HEADER.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEADER.size : end])
            del self._buffer[:end]
            yield FrameKind(kind), utterance, payload
