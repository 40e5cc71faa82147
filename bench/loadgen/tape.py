"""What the phones send: ready RTP packets, made before the run so that the generator stays light.

All phones of a run send from the same tape, each from another place in its first loop: the same SSRC and,
under SRTP, the same key on every leg, which costs the server what different ones would.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from aywa._native import g711
from aywa._native.codec import NativeCodec
from aywa._native.resample import Upsampler
from aywa._native.srtp import SUITES, CryptSession

SSRC = 0x0B5E55ED
FRAME = 160  # samples of 8 kHz in 20 ms
SRTP_SUITE = "AES_CM_128_HMAC_SHA1_80"
PHONE_KEY, SERVER_KEY = bytes(range(30)), bytes(range(30, 60))  # what each side sends under
OPUS_PAYLOAD_TYPE, OPUS_CLOCK_HZ, OPUS_RATE_HZ = 111, 48000, 16000
_MOST_PACKETS = 65_000  # an SRTP receiver that joins later guesses the rollover counter wrong


class Sound(Enum):
    """How the phones and the server encode speech."""

    PCMU = "pcmu"
    SRTP = "srtp"  # PCMU under AES_CM_128_HMAC_SHA1_80, both ways
    OPUS = "opus"  # 48 kHz clock, 20 ms


@dataclass(frozen=True, slots=True)
class Tape:
    """Packets in the order they are sent; the speech repeats every `loop` of them."""

    packets: list[bytes]
    loop: int


Protect = Callable[[bytes], bytes]


def _plain(packet: bytes) -> bytes:
    return packet


def _packets(
    payloads: list[bytes], count: int, payload_type: int, step: int, protect: Protect = _plain
) -> list[bytes]:
    """`count` packets that repeat these payloads; `step`: the RTP clock's ticks in a packet."""
    packets = []
    for index in range(count):
        head = struct.pack("!BBHII", 0x80, payload_type, index + 1 & 0xFFFF, index * step & 0xFFFFFFFF, SSRC)
        packets.append(protect(head + payloads[index % len(payloads)]))
    return packets


def make_tape(sound: Sound, pcm: bytes, seconds: float) -> Tape:
    """Packets for a run of so many seconds. `pcm`: the loop, 8 kHz S16LE, whole packets of 20 ms.

    Raises ValueError for a run too long for one tape and for a packet that cannot be encrypted.
    """
    loop = len(pcm) // (2 * FRAME)
    count = loop + int(seconds * 50) + 50
    if count > _MOST_PACKETS:
        raise ValueError("the run is longer than a tape")
    match sound:
        case Sound.PCMU:
            codes = g711.encode_ulaw(pcm)
            payloads = [codes[at : at + FRAME] for at in range(0, len(codes), FRAME)]
            return Tape(_packets(payloads, count, 0, FRAME), loop)
        case Sound.SRTP:
            codes = g711.encode_ulaw(pcm)
            payloads = [codes[at : at + FRAME] for at in range(0, len(codes), FRAME)]
            return Tape(_packets(payloads, count, 0, FRAME, _protector()), loop)
        case Sound.OPUS:
            return Tape(_packets(_opus(pcm), count, OPUS_PAYLOAD_TYPE, OPUS_CLOCK_HZ // 50), loop)


def _protector() -> Protect:
    session = CryptSession(SUITES.index(SRTP_SUITE), PHONE_KEY, SERVER_KEY)

    def protect(packet: bytes) -> bytes:
        sealed = session.protect(packet)
        if isinstance(sealed, int):
            raise ValueError("a packet of the tape cannot be encrypted")
        return sealed

    return protect


def _opus(pcm: bytes) -> list[bytes]:
    """The loop as a phone's wideband encoder has it the second time round."""
    encoder = NativeCodec("opus", OPUS_RATE_HZ, OPUS_CLOCK_HZ)
    wide = Upsampler().process(pcm)
    size = OPUS_RATE_HZ // 50 * 2
    frames = [wide[at : at + size] for at in range(0, len(wide), size)]
    return [encoder.encode(frame) for frame in frames * 2][len(frames) :]
