"""What a leg sends and takes: codecs by payload type, packet length, key presses, keys, RTCP."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Codec(Enum):
    """The encoding names of RFC 3551 and RFC 7587; `clock_rate_hz` of a payload format says the rest."""

    PCMU = "PCMU"
    PCMA = "PCMA"
    G722 = "G722"  # 16 kHz audio under an 8 kHz RTP clock (RFC 3551 section 4.5.2)
    OPUS = "opus"
    L16 = "L16"  # big-endian linear, 8 or 16 kHz


class SrtpSuite(Enum):
    """SDES crypto suites (RFC 4568 section 6.2, RFC 7714 section 14.2)."""

    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"
    AES_CM_128_HMAC_SHA1_32 = "AES_CM_128_HMAC_SHA1_32"
    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"


@dataclass(frozen=True, slots=True)
class PayloadFormat:
    """One codec under one payload type. `fec`, `dtx`, `bitrate_bps`: of Opus, as the receiver asked for them
    (RFC 7587 section 6.1); `bitrate_bps` 0: the encoder's choice.
    """

    codec: Codec
    payload_type: int
    clock_rate_hz: int = 8000
    fec: bool = False
    dtx: bool = False
    bitrate_bps: int = 0


@dataclass(frozen=True, slots=True)
class EventFormat:
    """telephone-event under one payload type; its clock is that of the audio it stands in for (RFC 4733
    section 2.1), but 8 kHz events beside 48 kHz Opus exist and are taken.
    """

    payload_type: int
    clock_rate_hz: int = 8000


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """What SDES agreed on: master key and salt of each direction, never printed."""

    suite: SrtpSuite
    local: bytes
    remote: bytes

    def __repr__(self) -> str:
        return f"SrtpKeys({self.suite.value})"


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """Everything about packets that an offer and its answer settle; replaced whole in mid-call.

    `send`: the codec of the downlink. `receive`: every payload type that is decoded. `events`: what key
    presses are sent under, None for none; `receive_events`: under what they are taken. `ptime_ms`: the length
    of sent packets, a multiple of 10 from 10 to 60; received ones may have any length up to 60 ms.
    `comfort_noise`: payload types of RFC 3389, taken, not sent. `remote_rtcp`: None sends no reports;
    with `rtcp_mux` reports share the RTP port (RFC 5761).
    """

    send: PayloadFormat
    receive: tuple[PayloadFormat, ...]
    events: EventFormat | None = None
    receive_events: tuple[EventFormat, ...] = ()
    ptime_ms: int = 20
    comfort_noise: tuple[int, ...] = ()
    srtp: SrtpKeys | None = None
    remote_rtcp: tuple[str, int] | None = None
    rtcp_mux: bool = False
