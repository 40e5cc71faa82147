"""What became of packets of sound that were sent: bit for bit, wherever they were put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def spoken(pcm: bytes, size: int) -> list[bytes]:
    """The packets of `size` bytes that hold more than digital silence."""
    packets = [pcm[start : start + size] for start in range(0, len(pcm), size)]
    return [packet for packet in packets if any(packet)]


def left_out(sent: Sequence[bytes], heard: Sequence[bytes]) -> int:
    """How many were sent and not heard. Raises AssertionError when others were heard, or out of order."""
    at = 0
    for number, packet in enumerate(heard):
        while at < len(sent) and sent[at] != packet:
            at += 1
        assert at < len(sent), f"packet {number} of what was heard was not sent, or was before"
        at += 1
    return len(sent) - len(heard)


@dataclass(frozen=True, slots=True)
class Placed:
    """Packets looked for in a recording, in their order.

    `moves`: how often one lay otherwise than the one before; `overlaid`: packets that had no room left where
    one lay nearer to the one before than it was said.
    """

    found: int
    missing: int
    moves: int
    overlaid: float


def place(packets: Sequence[bytes], recorded: bytes) -> Placed:
    """Look for each packet of S16 behind the one before. All have one size, and no two of them are alike."""
    found, moves, overlaid, at, last = 0, 0, 0.0, 0, None
    for number, packet in enumerate(packets):
        start = recorded.find(packet, at)
        while start > 0 and start % 2:
            start = recorded.find(packet, start + 1)
        if start < 0:
            continue
        offset = start / len(packet) - number
        if last is not None and offset != last:
            moves, overlaid = moves + 1, overlaid + max(0.0, last - offset)
        found, at, last = found + 1, start + len(packet), offset
    return Placed(found, len(packets) - found, moves, overlaid)
