"""The packets a leg keeps: the native ring as packets with addresses."""

from __future__ import annotations

from ipaddress import IPv4Address

from aywa._native.capture import NativeCapture
from aywa.errors import MediaError
from aywa.ports.capture import CapturedPacket, CaptureMode

DEFAULT_PACKETS = 2048  # 512 KiB: at 20 ms the last 20 s of both directions
_MODES = {CaptureMode.HEADERS: 1, CaptureMode.AUDIO: 2, CaptureMode.FULL: 3}
_SENT = 1


def native_mode(mode: CaptureMode) -> int:
    """The engine's word for it. Raises MediaError for OFF."""
    if mode not in _MODES:
        raise MediaError("a capture cannot be switched off while the leg lasts")
    return _MODES[mode]


def new_ring(mode: CaptureMode, packets: int) -> NativeCapture:
    """Memory for a power of two of packets, 256 bytes each. Raises MediaError."""
    try:
        return NativeCapture(native_mode(mode), packets)
    except (ValueError, MemoryError) as error:
        raise MediaError(str(error)) from error


def packets_of(ring: NativeCapture, local: tuple[str, int], rtcp_mux: bool) -> list[CapturedPacket]:
    """What the ring has, the oldest first; about 2 ms for 1,000 packets, from any thread.

    `local`: where this side's RTP is; its RTCP is at the next port but for `rtcp_mux`.
    """
    reports = local if rtcp_mux else (local[0], local[1] + 1)
    return [
        CapturedPacket(
            at_ns,
            direction == _SENT,
            reports if is_rtcp else local,
            (str(IPv4Address(peer >> 16)), peer & 0xFFFF),
            length,
            data,
        )
        for at_ns, direction, is_rtcp, peer, length, data in ring.packets()
    ]
