"""One AudioSocket frame: a kind, a length of 16 bits, a payload.

```
 0        1        2        3
+--------+--------+--------+-----------------
|  kind  |  length, network order  |  payload
+--------+--------+--------+-----------------
0x00 hang-up  0x01 UUID, 16 bytes  0x03 key, one ASCII character  0xff error, a code
0x10 to 0x18: signed linear audio, 16 bits, little endian, mono: 8, 12, 16, 24, 32, 44.1, 48, 96, 192 kHz
```
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from aywa.errors import LocalProtocolError, ParseError

HEADER_BYTES = 3
# 100 ms at 48 kHz and more than 200 ms at 16 kHz; Asterisk sends 20 ms.
MAX_PAYLOAD = 9600
UUID_BYTES = 16
KEYS = frozenset(b"0123456789*#ABCD")


class Kind(IntEnum):
    """What a frame is."""

    HANGUP = 0x00
    UUID = 0x01
    KEY = 0x03
    AUDIO_8K = 0x10
    AUDIO_12K = 0x11
    AUDIO_16K = 0x12
    AUDIO_24K = 0x13
    AUDIO_32K = 0x14
    AUDIO_44K = 0x15
    AUDIO_48K = 0x16
    AUDIO_96K = 0x17
    AUDIO_192K = 0x18
    ERROR = 0xFF

    @property
    def rate_hz(self) -> int | None:
        """Samples a second of an audio frame; None for the others."""
        return _RATES_HZ.get(self)


_RATES_HZ = {
    Kind.AUDIO_8K: 8000,
    Kind.AUDIO_12K: 12_000,
    Kind.AUDIO_16K: 16_000,
    Kind.AUDIO_24K: 24_000,
    Kind.AUDIO_32K: 32_000,
    Kind.AUDIO_44K: 44_100,
    Kind.AUDIO_48K: 48_000,
    Kind.AUDIO_96K: 96_000,
    Kind.AUDIO_192K: 192_000,
}
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it is on the wire, its payload checked against its kind."""

    kind: Kind
    payload: bytes = b""

    def encode(self) -> bytes:
        """The bytes. Raises LocalProtocolError for a payload that the length cannot say."""
        if len(self.payload) > 0xFFFF:
            raise LocalProtocolError("An AudioSocket frame holds at most 65535 bytes")
        return bytes((self.kind, len(self.payload) >> 8, len(self.payload) & 0xFF)) + self.payload

    @property
    def uuid(self) -> UUID:
        """Of a UUID frame."""
        return UUID(bytes=self.payload)

    @property
    def key(self) -> str:
        """Of a key frame: one of 0-9, *, #, A-D."""
        return self.payload.decode("ascii")


def parse_kind(number: int, length: int) -> Kind | None:
    """What a header announces; None for a kind that nobody has given a meaning yet, to be passed over.

    Raises ParseError for a length that its kind cannot have.
    """
    kind = _KINDS.get(number)
    if length > MAX_PAYLOAD:
        raise ParseError("A frame longer than any that is sent", where="length")
    if kind is Kind.UUID and length != UUID_BYTES:
        raise ParseError("A UUID has 16 bytes", where="length")
    if kind is Kind.KEY and length != 1:
        raise ParseError("A key has one byte", where="length")
    if kind in _RATES_HZ and (length % 2 or not length):
        raise ParseError("Audio is whole samples of two bytes", where="length")
    return kind


def check_frame(frame: Frame) -> Frame:
    """The frame, if its payload can be what its kind says. Raises ParseError."""
    if frame.kind is Kind.KEY and frame.payload[0] not in KEYS:
        raise ParseError("Not a key of a telephone", where="payload")
    return frame
