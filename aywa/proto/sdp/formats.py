"""What payload types mean (RFC 8866 §6.6, RFC 3551): codings that are served, and those of a description."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .attributes import fmtp_of
from .description import Attribute, MediaDescription

_RTPMAP = re.compile(r"[ \t]*([0-9]{1,3})[ \t]+([^/ \t]+)/([0-9]{1,6})(?:/([0-9]{1,2}))?[ \t]*")
_STATIC_END = 35  # RFC 3551 table 4 and 5: what lies below has one meaning or none
_RTCP_TYPES = range(64, 96)  # packets of these types look like RTCP (RFC 5761 §4)
FIRST_DYNAMIC, LAST_DYNAMIC = 96, 127


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a payload type means. `name` compares without case; the clock rate is in Hz; `parameters` is the
    fmtp: what the writer of the description wants to receive.
    """

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    parameters: str = ""

    def matches(self, other: AudioFormat) -> bool:
        """True if both name the same coding, whatever their payload types and parameters."""
        mine = (self.name.lower(), self.clock_rate, self.channels)
        return mine == (other.name.lower(), other.clock_rate, other.channels)

    @property
    def rtpmap(self) -> Attribute:
        """The attribute that says this."""
        channels = f"/{self.channels}" if self.channels > 1 else ""
        return "rtpmap", f"{self.payload_type} {self.name}/{self.clock_rate}{channels}"

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """All attributes that say this."""
        if not self.parameters:
            return (self.rtpmap,)
        return self.rtpmap, ("fmtp", f"{self.payload_type} {self.parameters}")

    @property
    def is_event(self) -> bool:
        """True for telephone-event, at any clock rate (RFC 4733 §2.1)."""
        return self.name.lower() == "telephone-event"

    @property
    def is_noise(self) -> bool:
        """True for comfort noise (RFC 3389)."""
        return self.name.lower() == "cn"

    @property
    def is_codec(self) -> bool:
        """True for what carries a voice."""
        return not self.is_event and not self.is_noise

    @property
    def is_sound(self) -> bool:
        """True if the number may stand for this: a static one for nothing else, none that looks like RTCP."""
        if self.payload_type < _STATIC_END:
            static = STATIC_FORMATS.get(self.payload_type)
            return static is not None and static.matches(self)
        return self.payload_type not in _RTCP_TYPES


EVENTS = "0-15"  # RFC 4733 §2.4.1: the digits 0-9, *, #, A-D
PCMU = AudioFormat(0, "PCMU", 8000)
PCMA = AudioFormat(8, "PCMA", 8000)
G722 = AudioFormat(9, "G722", 8000)  # 16 kHz audio; 8000 by an old mistake (RFC 3551 §4.5.2)
# RFC 7587 §6.1: decoded at 16 kHz, so more than that is not worth its bits; a lost packet is mended from FEC.
OPUS = AudioFormat(96, "opus", 48000, 2, "maxplaybackrate=16000;useinbandfec=1")
L16_16000 = AudioFormat(97, "L16", 16000)
L16_8000 = AudioFormat(98, "L16", 8000)
TELEPHONE_EVENT = AudioFormat(101, "telephone-event", 8000, 1, EVENTS)  # 101 is what nearly everybody offers
TELEPHONE_EVENT_48000 = AudioFormat(102, "telephone-event", 48000, 1, EVENTS)
TELEPHONE_EVENT_16000 = AudioFormat(103, "telephone-event", 16000, 1, EVENTS)
COMFORT_NOISE = AudioFormat(13, "CN", 8000)
COMFORT_NOISE_16000 = AudioFormat(99, "CN", 16000)

# RFC 3551 table 4: what a payload type means when no rtpmap says so.
STATIC_FORMATS = {
    audio.payload_type: audio
    for audio in (
        PCMU,
        AudioFormat(3, "GSM", 8000),
        AudioFormat(4, "G723", 8000),
        PCMA,
        G722,
        COMFORT_NOISE,
        AudioFormat(18, "G729", 8000),
    )
}

# A codec's name in the settings, with what stands for it in a description.
CODECS: dict[str, tuple[AudioFormat, ...]] = {
    "PCMU": (PCMU,),
    "PCMA": (PCMA,),
    "G722": (G722,),
    "opus": (OPUS,),
    "L16": (L16_16000, L16_8000),
}
_COMPANIONS = (
    TELEPHONE_EVENT,
    TELEPHONE_EVENT_48000,
    TELEPHONE_EVENT_16000,
    COMFORT_NOISE,
    COMFORT_NOISE_16000,
)


def formats_for(names: Iterable[str]) -> tuple[AudioFormat, ...]:
    """The formats of these codecs in this order, then key presses and comfort noise at their clock rates.

    Key presses at 8000 Hz are always among them: peers send them so beside any codec. KeyError for a name
    that is not in `CODECS`.
    """
    codecs = tuple(audio for name in names for audio in CODECS[name])
    clocks = {audio.clock_rate for audio in codecs}
    return codecs + tuple(
        audio for audio in _COMPANIONS if audio.clock_rate in clocks or audio is TELEPHONE_EVENT
    )


def formats_of(medium: MediaDescription) -> list[AudioFormat]:
    """The formats of an RTP stream in its order of preference, without payload types of unknown meaning."""
    mapped = {}
    for name, value in medium.attributes:
        match = _RTPMAP.fullmatch(value) if name == "rtpmap" and value else None
        if match is not None:
            payload_type = int(match[1])
            parameters = fmtp_of(medium, payload_type) or ""
            mapped[payload_type] = AudioFormat(
                payload_type, match[2], int(match[3]), int(match[4] or 1), parameters
            )
    found: dict[int, AudioFormat] = {}
    for text in medium.formats:
        if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= LAST_DYNAMIC:
            audio = mapped.get(int(text)) or STATIC_FORMATS.get(int(text))
            if audio is not None:
                found.setdefault(audio.payload_type, audio)
    return list(found.values())
