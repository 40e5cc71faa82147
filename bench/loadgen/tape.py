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

SSRC = 0x0B5E55ED
FRAME = 160  # samples of 8 kHz in 20 ms
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

    Raises ValueError for a run too long for one tape and for a sound that cannot be made.
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
        case _:
            raise ValueError(f"no tape of {sound.value} can be made")
