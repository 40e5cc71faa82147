"""Captures as files that tcpdump and Wireshark read: classic pcap with nanoseconds, packets from IPv4 up.

The engine sees datagrams, not packets: IP and UDP headers are made here from the addresses.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from aywa.artifacts.wav import file_name
from aywa.clock import wall_now, wall_offset_ns
from aywa.ports.capture import CapturedPacket

MAGIC_NANOSECONDS = 0xA1B23C4D
LINKTYPE_RAW = 101  # a packet begins with its IP header
PCAP_TYPE = "application/vnd.tcpdump.pcap"  # as IANA has it
_SNAP_LENGTH = 65535
_UDP = 17
_TTL = 64
_NS = 1_000_000_000


def encode_pcap(packets: Sequence[CapturedPacket], offset_ns: int) -> bytes:
    """A whole file, in order of time. `offset_ns`: from the packets' clock to nanoseconds since 1970.

    A packet of which only the beginning was kept has its true length beside it, and no UDP checksum.
    """
    parts = [struct.pack("<IHHiIII", MAGIC_NANOSECONDS, 2, 4, 0, 0, _SNAP_LENGTH, LINKTYPE_RAW)]
    for packet in sorted(packets, key=lambda packet: packet.at_ns):
        at_ns = packet.at_ns + offset_ns
        data = datagram(packet)
        whole = len(data) - len(packet.data) + packet.length
        parts.append(struct.pack("<IIII", at_ns // _NS, at_ns % _NS, len(data), whole))
        parts.append(data)
    return b"".join(parts)


def datagram(packet: CapturedPacket) -> bytes:
    """The packet from its header of IPv4 (RFC 791) or IPv6 (RFC 8200) on, with UDP (RFC 768)."""
    from_, to = (packet.local, packet.remote) if packet.sent else (packet.remote, packet.local)
    udp_length = 8 + packet.length
    if ":" in to[0]:
        source, target = IPv6Address(from_[0]).packed, IPv6Address(to[0]).packed
        ip = struct.pack(">IHBB16s16s", 6 << 28, udp_length, _UDP, _TTL, source, target)
    else:
        source, target = IPv4Address(from_[0]).packed, IPv4Address(to[0]).packed
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + udp_length, 0, 0, _TTL, _UDP, 0, source, target)
        ip = ip[:10] + struct.pack(">H", _checksum(ip)) + ip[12:]
    udp = struct.pack(">HHHH", from_[1], to[1], udp_length, 0)
    if len(packet.data) == packet.length:
        pseudo = source + target + struct.pack(">IHBB", udp_length, 0, 0, _UDP)
        # Zero says that there is none, so a sum of zero is sent as its other form.
        udp = udp[:6] + struct.pack(">H", _checksum(pseudo + udp + packet.data) or 0xFFFF)
    return ip + udp + packet.data


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class PcapFiles:
    """Implements `ports.capture.CaptureStore`: `directory/YYYY/MM/DD/<call id>.pcap`."""

    def __init__(
        self,
        directory: str,
        *,
        wall: Callable[[], datetime] = wall_now,
        offset_ns: Callable[[], int] = wall_offset_ns,
    ) -> None:
        self._directory = Path(directory).absolute()
        self._wall = wall
        self._offset_ns = offset_ns

    def encode(self, packets: Sequence[CapturedPacket]) -> bytes:
        """The bytes that `write` would write now."""
        return encode_pcap(packets, self._offset_ns())

    def write(self, call_id: str, packets: Sequence[CapturedPacket]) -> str:
        """Write them and return the path. Raises OSError, and leaves no file then.

        The name appears when all of it is on the disk; a process that is killed before leaves a hidden
        `.part` beside it.
        """
        folder = self._directory / self._wall().astimezone(UTC).strftime("%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{file_name(call_id)}.pcap"
        part = folder / f".{path.name}.part"
        try:
            _write_whole(part, self.encode(packets))
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
        return str(path)


def _write_whole(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)
