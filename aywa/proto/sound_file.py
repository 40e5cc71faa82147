"""Sound files as they come from elsewhere: RIFF WAVE of PCM and G.711, and headerless G.711 and L16.

Only the bytes are looked at: a `Sound` says where the samples lie and what they are.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import Enum

from aywa.errors import ParseError

MAX_CHANNELS = 8
RATES_HZ = (4000, 192_000)
_ALAW, _EXTENSIBLE = 6, 0xFFFE  # beside 1 (PCM) and 7 (mu-law)
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")  # KSDATAFORMAT_SUBTYPE of a format tag


class Coding(Enum):
    """What one sample is."""

    UNSIGNED_8 = "PCM of 8 bits"
    LITTLE_ENDIAN = "PCM of 16, 24 or 32 bits"
    BIG_ENDIAN_16 = "L16 (RFC 3551 section 4.5.11)"
    ULAW = "G.711 mu-law"
    ALAW = "G.711 A-law"


@dataclass(frozen=True, slots=True)
class Sound:
    """Interleaved samples; `width` in bytes, `data` whole frames."""

    coding: Coding
    rate_hz: int
    channels: int
    width: int
    data: memoryview
    cut: bool = False  # the header promised more

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.data) / (self.width * self.channels * self.rate_hz)


def parse_sound(data: bytes, media_type: str = "", path: str = "") -> Sound:
    """A WAV by its own header, whatever it is called; else by media type (RFC 2046) or the path's ending.

    Raises ParseError for what is none of these.
    """
    if data[:4] == b"RIFF":
        return parse_wav(data)
    name, _, parameters = media_type.lower().partition(";")
    ending = path.rpartition(".")[2].lower() if "." in path else ""
    known = _RAW_TYPES.get(name.strip())
    if known is None and name.strip() in _TELLS_NOTHING:
        known = _RAW_ENDINGS.get(ending)
    if known is None:
        raise ParseError("it is no WAV file, nor G.711 or L16 by its media type or name")
    coding, rate_hz = known
    channels = 1
    if name.strip() == "audio/l16":
        rate_hz, channels = _parameter(parameters, "rate", 0), _parameter(parameters, "channels", 1)
    return _sound(coding, rate_hz, channels, 2 if coding in _WIDE else 1, memoryview(data))


def parse_wav(data: bytes) -> Sound:
    """A RIFF WAVE file: PCM of 8 to 32 bits or G.711. Raises ParseError."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ParseError("it is no WAV file")
    header: bytes | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt " and header is None:
            header = data[at : at + min(size, 40)]
        elif name == b"data":
            if header is None:
                raise ParseError("a WAV file without a format before its samples")
            sound = _described(header, memoryview(data)[at : at + size])
            return replace(sound, cut=at + size > len(data))
        at += size + size % 2
    raise ParseError("a WAV file without samples")


def _described(header: bytes, samples: memoryview) -> Sound:
    if len(header) < 16:
        raise ParseError("a WAV file whose format is cut off")
    tag, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", header[:16])
    if tag == _EXTENSIBLE and len(header) >= 40 and header[26:40] == _GUID_TAIL:
        tag = int.from_bytes(header[24:26], "little")
    match tag:
        case 1 if bits in (8, 16, 24, 32):
            coding = Coding.UNSIGNED_8 if bits == 8 else Coding.LITTLE_ENDIAN
        case 6 | 7 if bits == 8:
            coding = Coding.ALAW if tag == _ALAW else Coding.ULAW
        case _:
            raise ParseError("it is no WAV file of integer PCM or G.711")
    return _sound(coding, rate_hz, channels, bits // 8, samples)


def _sound(coding: Coding, rate_hz: int, channels: int, width: int, data: memoryview) -> Sound:
    low, high = RATES_HZ
    if not low <= rate_hz <= high:
        raise ParseError(f"{rate_hz} samples a second; {low} to {high} can be played")
    if not 1 <= channels <= MAX_CHANNELS:
        raise ParseError(f"{channels} channels; at most {MAX_CHANNELS} can be played")
    whole = len(data) // (width * channels) * width * channels
    return Sound(coding, rate_hz, channels, width, data[:whole])


def _parameter(parameters: str, name: str, default: int) -> int:
    for part in parameters.split(";"):
        key, _, value = part.partition("=")
        value = value.strip().strip('"')
        if key.strip() == name and value.isascii() and value.isdigit() and len(value) <= 6:
            return int(value)
    return default


_WIDE = (Coding.LITTLE_ENDIAN, Coding.BIG_ENDIAN_16)
_RAW_TYPES = {
    "audio/basic": (Coding.ULAW, 8000),  # RFC 2046 section 4.3
    "audio/pcmu": (Coding.ULAW, 8000),  # RFC 4856
    "audio/pcma": (Coding.ALAW, 8000),
    "audio/l16": (Coding.BIG_ENDIAN_16, 0),  # the rate is a parameter
}
_TELLS_NOTHING = ("", "application/octet-stream", "binary/octet-stream")  # then the name counts
_RAW_ENDINGS = {
    **dict.fromkeys(("ulaw", "ul", "pcmu"), (Coding.ULAW, 8000)),
    **dict.fromkeys(("alaw", "al", "pcma"), (Coding.ALAW, 8000)),
    "sln": (Coding.LITTLE_ENDIAN, 8000),
    "sln16": (Coding.LITTLE_ENDIAN, 16_000),
}
