"""The native engine on a clock that the test turns: real loopback sockets, no thread, no waiting.

A datagram sent on loopback is in the receiver's socket when `sendto` returns, so one `step` sees all that
was sent before it.
"""

from __future__ import annotations

import math
import socket
import struct
from array import array
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType

from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa._native.rtp import pack_header, parse_header
from aywa.media.events import LegEvent, parse_native
from aywa.media.format import MediaFormat
from aywa.media.wire import native_wire, rate_hz_of
from tests.kit.formats import g711_format

TICK_NS = 1_000_000
TICKS = 20  # of 1 ms per packet
FRAME = 160
ULAW_SILENCE = b"\xff" * FRAME


def bound_socket(*, buffer_bytes: int = 1 << 20) -> socket.socket:
    """A non-blocking UDP socket on a free loopback port."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    made.setblocking(False)
    made.bind(("127.0.0.1", 0))
    return made


def peer_word(of: socket.socket) -> int:
    """The engine's form of a loopback socket's address."""
    return 0x7F000001 << 16 | of.getsockname()[1]


def drain(from_: socket.socket) -> list[bytes]:
    """All datagrams that wait in a socket."""
    found = []
    while True:
        try:
            found.append(from_.recv(2048))
        except BlockingIOError:
            return found


@dataclass
class Packet:
    """A received RTP packet, taken apart."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def of(cls, data: bytes) -> Packet:
        payload_type, marker, sequence, timestamp, ssrc, offset, length = parse_header(data)
        return cls(payload_type, marker, sequence, timestamp, ssrc, data[offset : offset + length])


@dataclass
class Phone:
    """The other side of a leg: sends what the test says, keeps what it hears."""

    engine_port: int
    payload_type: int = 0
    ssrc: int = 0x1234
    sequence: int = 100
    timestamp: int = 5000
    socket: socket.socket = field(default_factory=bound_socket)

    def packet(self, payload: bytes, *, payload_type: int | None = None, advance: int | None = None) -> bytes:
        """The next packet of the stream; `advance`: samples the clock moves (default: one per byte)."""
        kind = self.payload_type if payload_type is None else payload_type
        made = (
            pack_header(kind, False, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc) + payload
        )
        self.sequence += 1
        self.timestamp += len(payload) if advance is None else advance
        return made

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, ("127.0.0.1", self.engine_port))

    def say(self, payload: bytes) -> None:
        """Send the next packet of the stream."""
        self.send(self.packet(payload))

    def heard(self) -> list[Packet]:
        """All RTP packets since the last call."""
        return [Packet.of(data) for data in drain(self.socket)]


class Rig:
    """An engine with one leg and the phone it talks to."""

    def __init__(
        self,
        *,
        payload_type: int = 0,
        format: MediaFormat | None = None,
        rate_hz: int | None = None,
        **leg: int | bool | bytes,
    ) -> None:
        """`format`: G.711 with key presses under 101 by default; `rate_hz`: what suits it by default."""
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(bound_socket())
        self.phone = Phone(self._socket.getsockname()[1], payload_type)
        self._stack.enter_context(self.phone.socket)
        self.engine = NativeEngine(4)
        settings: dict[str, int | bool | bytes] = {
            "ssrc": 0xABCD,
            "sequence": 10,
            "timestamp": 1000,
            "barge_in": True,
            "timeout_samples": 8000 * 3600,
            "record": False,
            "vad_mode": 1,
            "start_ms": 34,
            "stop_ms": 450,
        }
        settings.update(leg)
        fd = self._socket.fileno()
        self.format = format or g711_format(payload_type, 101)
        wire = native_wire(self.format, rate_hz or rate_hz_of(self.format))
        self.leg = NativeLeg(fd, wire=wire, **settings)  # type: ignore[arg-type]
        self.leg.set_peer(peer_word(self.phone.socket))
        self.engine.start_manual(0)
        self.index = self.engine.add(self.leg)
        self._tick = 0
        self.flags = 0
        self.events: list[LegEvent] = []

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()
        self._stack.close()

    def step(self, packets: int = 1) -> None:
        """Run the engine for this many packet times; the leg's slot is the first tick of each."""
        self.wait_ms(packets * TICKS)

    def wait_ms(self, ms: int) -> None:
        """Run the engine for this long."""
        for _ in range(ms):
            self.engine.step(self._tick * TICK_NS, self._tick * TICK_NS)
            self._tick += 1
            self._poll()

    def configure(self, **changes: object) -> None:
        """The leg's format with these changes, from its next turn on."""
        before, self.format = self.format, replace(self.format, **changes)  # type: ignore[arg-type]
        self.engine.configure(self.leg, native_wire(self.format, self.leg.rate_hz, before=before))

    def talk(self, codes: bytes) -> None:
        """The phone sends these code words at the pace of 160 in 20 ms."""
        for at in range(0, len(codes), FRAME):
            self.phone.say(codes[at : at + FRAME])
            self.step()

    def remove(self) -> bool:
        """Take the leg off; True when the engine acknowledged it within one tick."""
        self.engine.remove(self.leg)
        self.engine.step(self._tick * TICK_NS, self._tick * TICK_NS)
        self._tick += 1
        return self._poll() == [self.index]

    def take_events(self) -> list[LegEvent]:
        """The events since the last call."""
        taken, self.events = self.events, []
        return taken

    def _poll(self) -> list[int]:
        ready, removed, _ = self.engine.poll()
        for _, flags, events in ready:
            self.flags |= flags
            self.events += [parse_native(*numbers) for numbers in events]
        return removed


def voiced(samples: int, *, amplitude: int = 9000, pitch_hz: float = 130.0) -> bytes:
    """A vowel: harmonics of a pitch with a formant near 600 Hz, S16LE at 8 kHz."""
    harmonics = [(k, math.exp(-(((k * pitch_hz - 600) / 500) ** 2))) for k in range(1, 20)]
    total = sum(weight for _, weight in harmonics)
    return array(
        "h",
        (
            int(
                amplitude
                * sum(w * math.sin(2 * math.pi * k * pitch_hz * t / 8000) for k, w in harmonics)
                / total
            )
            for t in range(samples)
        ),
    ).tobytes()


def samples_of(pcm: bytes) -> tuple[int, ...]:
    """S16LE as numbers."""
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)
