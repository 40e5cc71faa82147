"""Captures RTP on loopback with tcpdump and reads the arrival times back."""

import shutil
import struct
import subprocess
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

_TCPDUMP = ("tcpdump", "-i", "lo", "-s", "64", "-B", "32768", "--time-stamp-precision=nano", "-U")
_PCAP_NANO = 0xA1B23C4D
_ETHERNET, _IP, _UDP = 14, 20, 8


@dataclass
class Stream:
    """The packets of one source port, in order of arrival."""

    times: list[float] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    kinds: Counter[tuple[int, int]] = field(default_factory=Counter)  # payload type and payload bytes

    @property
    def largest_gap_ms(self) -> float:
        """The longest time between two packets in a row."""
        pairs = zip(self.times, self.times[1:], strict=False)
        return max(((b - a) * 1000 for a, b in pairs), default=0.0)

    @property
    def lost(self) -> int:
        """Sequence numbers that never came."""
        if not self.sequences:
            return 0
        unique = len(set(self.sequences))
        return ((self.sequences[-1] - self.sequences[0]) & 0xFFFF) + 1 - unique


def missing_reason() -> str | None:
    """Why capturing is impossible here; None when it works."""
    return None if shutil.which("tcpdump") else "tcpdump is not installed"


@asynccontextmanager
async def capture(path: Path, sources: range) -> AsyncIterator[None]:
    """Record every UDP packet sent from these ports until the block is left."""
    expression = f"udp and src portrange {sources.start}-{sources.stop - 1}"
    process = subprocess.Popen(
        [*_TCPDUMP, "-w", str(path), expression],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        first = await trio.to_thread.run_sync(process.stderr.readline)
        assert b"listening" in first or b"tcpdump" in first, first
        yield
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


def read_streams(path: Path) -> dict[int, Stream]:
    """The captured RTP packets by source port: a peer may receive several calls on one."""
    data = path.read_bytes()
    (magic,) = struct.unpack_from("<I", data)
    scale = 1e-9 if magic == _PCAP_NANO else 1e-6
    streams: dict[int, Stream] = defaultdict(Stream)
    offset = 24
    while offset + 16 <= len(data):
        seconds, fraction, length, original = struct.unpack_from("<IIII", data, offset)
        packet = data[offset + 16 : offset + 16 + length]
        offset += 16 + length
        payload = _ETHERNET + _IP + _UDP
        if len(packet) < payload + 12 or packet[payload] >> 6 != 2:
            continue
        if 192 <= packet[payload + 1] <= 223:  # RTCP (RFC 5761 section 4)
            continue
        (port,) = struct.unpack_from("!H", packet, _ETHERNET + _IP)
        (sequence,) = struct.unpack_from("!H", packet, payload + 2)
        streams[port].times.append(seconds + fraction * scale)
        streams[port].sequences.append(sequence)
        streams[port].kinds[packet[payload + 1] & 0x7F, original - payload - 12] += 1
    return dict(streams)
