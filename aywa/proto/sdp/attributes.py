"""Attributes that audio needs: rtpmap, fmtp, ptime, maxptime, rtcp and the direction (RFC 8866 §6, RFC 3605).

A malformed attribute counts as absent: §5.13 has receivers ignore what they do not understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .description import Attribute, MediaDescription, SessionDescription

_RTPMAP = re.compile(r"[ \t]*([0-9]{1,3})[ \t]+([^/ \t]+)/([0-9]{1,6})(?:/([0-9]{1,2}))?[ \t]*")
_RTCP = re.compile(r"[ \t]*([0-9]{1,5})(?:[ \t]+IN[ \t]+IP[46][ \t]+([0-9A-Fa-f:.]+))?[ \t]*")
_MILLISECONDS = re.compile(r"[ \t]*([0-9]{1,4})(?:\.[0-9]+)?[ \t]*")


class Direction(Enum):
    """Who sends, as the writer of the description sees it (§6.7)."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @classmethod
    def of(cls, *, sends: bool, receives: bool) -> Direction:
        """The direction of a writer that does these."""
        return _BY_FLAGS[sends, receives]

    @property
    def sends(self) -> bool:
        """True if the writer sends."""
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        """True if the writer receives."""
        return self in (Direction.SENDRECV, Direction.RECVONLY)

    @property
    def reversed(self) -> Direction:
        """The same, as the reader sees it."""
        return Direction.of(sends=self.receives, receives=self.sends)


_BY_FLAGS = {
    (True, True): Direction.SENDRECV,
    (True, False): Direction.SENDONLY,
    (False, True): Direction.RECVONLY,
    (False, False): Direction.INACTIVE,
}


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What a payload type means. `name` compares without case; the clock rate is in Hz."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1

    def matches(self, other: AudioFormat) -> bool:
        """True if both name the same coding, whatever their payload types."""
        mine = (self.name.lower(), self.clock_rate, self.channels)
        return mine == (other.name.lower(), other.clock_rate, other.channels)

    @property
    def rtpmap(self) -> Attribute:
        """The attribute that says this."""
        channels = f"/{self.channels}" if self.channels > 1 else ""
        return "rtpmap", f"{self.payload_type} {self.name}/{self.clock_rate}{channels}"


PCMU = AudioFormat(0, "PCMU", 8000)
PCMA = AudioFormat(8, "PCMA", 8000)
TELEPHONE_EVENT = AudioFormat(101, "telephone-event", 8000)  # 101 is what nearly everybody offers

# RFC 3551 table 4: what a payload type means when no rtpmap says so.
STATIC_FORMATS = {
    audio.payload_type: audio
    for audio in (
        PCMU,
        AudioFormat(3, "GSM", 8000),
        AudioFormat(4, "G723", 8000),
        PCMA,
        AudioFormat(9, "G722", 8000),  # 16 kHz audio; 8000 by an old mistake (RFC 3551 §4.5.2)
        AudioFormat(13, "CN", 8000),
        AudioFormat(18, "G729", 8000),
    )
}


def first(attributes: Iterable[Attribute], name: str) -> str | None:
    """The value of the first attribute of this name that has one."""
    return next((value for key, value in attributes if key == name and value is not None), None)


def formats_of(medium: MediaDescription) -> list[AudioFormat]:
    """The formats of an RTP stream in its order of preference, without payload types of unknown meaning."""
    mapped = {}
    for name, value in medium.attributes:
        match = _RTPMAP.fullmatch(value) if name == "rtpmap" and value else None
        if match is not None:
            payload_type = int(match[1])
            mapped[payload_type] = AudioFormat(payload_type, match[2], int(match[3]), int(match[4] or 1))
    found = []
    for text in medium.formats:
        if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= 127:
            audio = mapped.get(int(text)) or STATIC_FORMATS.get(int(text))
            if audio is not None and audio not in found:
                found.append(audio)
    return found


def fmtp_of(medium: MediaDescription, payload_type: int) -> str | None:
    """The format parameters of a payload type: `0-15` for telephone-event."""
    for name, value in medium.attributes:
        if name == "fmtp" and value is not None:
            key, _, parameters = value.strip(" \t").partition(" ")
            if key == str(payload_type):
                return parameters.strip(" \t")
    return None


def direction_of(session: SessionDescription, medium: MediaDescription) -> Direction:
    """The stream's direction, else the session's, else sendrecv; not yet looking at the address (hold)."""
    for attributes in (medium.attributes, session.attributes):
        for name, value in attributes:
            if value is None and name in _DIRECTIONS:
                return Direction(name)
    return Direction.SENDRECV


_DIRECTIONS = {direction.value for direction in Direction}


def milliseconds_of(medium: MediaDescription, name: str) -> int | None:
    """`ptime` or `maxptime` in whole milliseconds, 1 to 9999; None if absent or unreadable."""
    value = first(medium.attributes, name)
    match = _MILLISECONDS.fullmatch(value) if value else None
    return int(match[1]) or None if match else None


def rtcp_of(medium: MediaDescription, remote: tuple[str, int]) -> tuple[str, int]:
    """Where RTCP goes: the rtcp attribute, else the port above (RFC 3605 §2.1, RFC 3550 §11)."""
    value = first(medium.attributes, "rtcp")
    match = _RTCP.fullmatch(value) if value else None
    if match is not None and 0 < int(match[1]) < 65536:
        return match[2] or remote[0], int(match[1])
    return remote[0], min(remote[1] + 1, 65535)
