"""How audio stands in a stream, and the same as the payload of an RTP packet."""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass

from aywa.proto.sdp.formats import G722, L16_8000, L16_16000, PCMA, PCMU, AudioFormat

PACKET_MS = 20


@dataclass(frozen=True, slots=True)
class StreamCoding:
    """One coding. `name` is Asterisk's; `audio` the same in a description, `codec` in the settings.

    `tick_bytes`: what one tick of the RTP clock takes; `silence`: the byte that silence is made of, None
    where no byte is; `linear`: 16-bit samples, little endian in the stream and big endian in RTP (RFC 3551
    §4.5.11).
    """

    name: str
    audio: AudioFormat
    codec: str
    tick_bytes: int
    silence: bytes | None
    linear: bool = False

    @property
    def packet_bytes(self) -> int:
        """20 ms of it."""
        return self.audio.clock_rate * PACKET_MS // 1000 * self.tick_bytes

    def turned(self, data: bytes) -> bytes:
        """From the stream's order of bytes to that of RTP, and back; `data` are whole ticks."""
        if not self.linear:
            return data
        samples = array("h", data)
        samples.byteswap()
        return samples.tobytes()

    def is_silence(self, data: bytes) -> bool:
        """True for digital silence, in either order of bytes."""
        return self.silence is not None and data.count(self.silence) == len(data)

    def duration_ms(self, data: bytes) -> float:
        """How long it lasts."""
        return len(data) / self.tick_bytes * 1000 / self.audio.clock_rate


assert array("h").itemsize == 2, f"{sys.platform} has no 16-bit short"
SLIN = StreamCoding("slin", L16_8000, "L16", 2, b"\0", linear=True)
SLIN16 = StreamCoding("slin16", L16_16000, "L16", 2, b"\0", linear=True)
ULAW = StreamCoding("ulaw", PCMU, "PCMU", 1, b"\xff")
ALAW = StreamCoding("alaw", PCMA, "PCMA", 1, b"\xd5")
G722_STREAM = StreamCoding("g722", G722, "G722", 1, None)

# By Asterisk's names. Opus is not among them: Asterisk neither frames nor times it in a websocket.
CODINGS = {coding.name: coding for coding in (SLIN, SLIN16, ULAW, ALAW, G722_STREAM)}
