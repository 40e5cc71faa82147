"""A room in the native engine on a clock that the test turns, with RTP phones of any codec around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from aywa._native.codec import NativeCodec
from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa._native.room import NativeMember, NativeRoom
from aywa._native.srtp import KEY_SIZES, SUITES, CryptSession
from aywa.media.events import LegEvent, parse_native
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.media.wire import native_wire, rate_hz_of
from tests.kit.engine_rig import TICK_NS, Packet, Phone, bound_socket, drain, peer_word

PCMU = PayloadFormat(Codec.PCMU, 0)
PCMA = PayloadFormat(Codec.PCMA, 8)
G722 = PayloadFormat(Codec.G722, 9)
OPUS = PayloadFormat(Codec.OPUS, 111, 48000)
COMFORT_NOISE = 13
Audio = NDArray[np.int16]


def pcm_rate_hz(codec: PayloadFormat) -> int:
    """Of what the codec takes."""
    return 16000 if codec.codec in (Codec.G722, Codec.OPUS) else 8000


def new_codec(codec: PayloadFormat) -> NativeCodec:
    """One end of it."""
    return NativeCodec(codec.codec.value, pcm_rate_hz(codec), codec.clock_rate_hz)


def tone(hz: float, rate_hz: int, seconds: float, amplitude: float = 4000) -> Audio:
    """A steady tone."""
    at = np.arange(int(seconds * rate_hz))
    return (amplitude * np.sin(2 * np.pi * hz * at / rate_hz)).astype(np.int16)


def voice(rate_hz: int, seconds: float, seed: int) -> Audio:
    """A voice that says nothing: a pitch that wanders, syllables of random strength, nothing above 3 kHz."""
    rng = np.random.default_rng(seed)
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    knots = np.arange(0, seconds + 0.2, 0.12)
    pitch = np.interp(at, knots, rng.uniform(100, 180, len(knots)))
    strength = np.interp(at, knots, rng.uniform(0.1, 1, len(knots)))
    phase = 2 * np.pi * np.cumsum(pitch) / rate_hz
    sound = sum(np.sin(k * phase + k) / k for k in range(1, 17))
    return (strength * sound * 4000).astype(np.int16)


def amplitude(pcm: Audio, hz: float, rate_hz: int) -> float:
    """Of one frequency in all of it."""
    angle = 2 * np.pi * hz * np.arange(len(pcm)) / rate_hz
    return float(2 * abs(np.mean(pcm * np.exp(-1j * angle))))


def _keys(suite: SrtpSuite, number: int) -> SrtpKeys:
    """Of the leg's side; others for each number."""
    size = KEY_SIZES[SUITES.index(suite.value)]
    return SrtpKeys(suite, bytes([2 * number]) * size, bytes([2 * number + 1]) * size)


@dataclass
class Party:
    """A phone, its leg and its place in the room."""

    leg: NativeLeg
    phone: Phone
    codec: PayloadFormat
    ptime_ms: int
    member: NativeMember
    index: int
    place: int = -1
    spoken: Audio = field(default_factory=lambda: np.zeros(0, np.int16))
    said: int = 0  # samples of it that were sent
    send_at_ms: Callable[[int], float] = float  # when packet number n goes out; by default n x ptime
    sent: int = 0  # packets
    arrivals: list[tuple[int, bytes]] = field(default_factory=list)
    events: list[LegEvent] = field(default_factory=list)
    crypt: CryptSession | None = None  # the phone's end of it
    noise: bytes | None = None  # sent once in place of speech, with nothing after it: its payload of RFC 3389

    def __post_init__(self) -> None:
        self.rate_hz = pcm_rate_hz(self.codec)
        self._encoder, self._decoder = new_codec(self.codec), new_codec(self.codec)
        self.send_at_ms = lambda number: number * self.ptime_ms

    def say(self, pcm: Audio) -> None:
        """Speak this from the next packet on, then silence."""
        self.spoken, self.said = pcm, 0

    def tick(self, ms: int) -> None:
        """Send what is due."""
        while self.send_at_ms(self.sent) <= ms:
            n = self.rate_hz * self.ptime_ms // 1000
            frame = np.zeros(n, np.int16)
            part = self.spoken[self.said : self.said + n]
            frame[: len(part)] = part
            self.said += n
            self.sent += 1
            advance = self.codec.clock_rate_hz * self.ptime_ms // 1000
            if self.noise is None:
                self._send(self._encoder.encode(frame.tobytes()), self.codec.payload_type, advance)
            elif self.noise:
                self._send(self.noise, COMFORT_NOISE, advance)
                self.noise = b""
            else:
                self.phone.timestamp += advance

    def _send(self, payload: bytes, payload_type: int, advance: int) -> None:
        data: bytes | int = self.phone.packet(payload, payload_type=payload_type, advance=advance)
        if self.crypt is not None:
            data = self.crypt.protect(bytes(data))
        assert isinstance(data, bytes)
        self.phone.send(data)

    def listen(self, ms: int) -> None:
        """Take what has come."""
        for data in drain(self.phone.socket):
            clear = data if self.crypt is None else self.crypt.unprotect(data)
            assert isinstance(clear, bytes), clear
            packet = Packet.of(clear)
            if packet.payload_type == self.codec.payload_type:
                self.arrivals.append((ms, self._decoder.decode(packet.payload)))

    def heard(self, last_ms: int | None = None) -> Audio:
        """All that has been heard, or the last so many milliseconds of it."""
        pcm = np.frombuffer(b"".join(pcm for _, pcm in self.arrivals), np.int16)
        return pcm if last_ms is None else pcm[-self.rate_hz * last_ms // 1000 :]

    def recorded(self) -> NDArray[np.int16]:
        """Frames of two samples: what it said, what it was sent."""
        return np.frombuffer(b"".join(iter(self.leg.read_recording, b"")), np.int16).reshape(-1, 2)


class RoomRig:
    """An engine, a room and those who come."""

    def __init__(self, *, rate_hz: int = 8000, legs: int = 8) -> None:
        self._stack = ExitStack()
        self.engine = NativeEngine(legs)
        self.engine.start_manual(0)
        self.room = NativeRoom(rate_hz)
        self.engine.add_room(self.room)
        self.parties: list[Party] = []
        self.ms = 0

    def __enter__(self) -> RoomRig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.close()
        self._stack.close()

    def party(
        self,
        codec: PayloadFormat = PCMU,
        *,
        ptime_ms: int = 20,
        seated: bool = True,
        suite: SrtpSuite | None = None,
        **leg: bool,
    ) -> Party:
        """A phone on a leg of its own, in the room unless `seated` is false; `suite`: with SRTP."""
        socket = self._stack.enter_context(bound_socket())
        phone = Phone(socket.getsockname()[1], codec.payload_type, ssrc=1000 + len(self.parties))
        self._stack.enter_context(phone.socket)
        events = EventFormat(101)
        keys = None if suite is None else _keys(suite, len(self.parties))
        format = MediaFormat(
            codec, (codec,), events, (events,), ptime_ms, comfort_noise=(COMFORT_NOISE,), srtp=keys
        )
        wire = native_wire(format, rate_hz_of(format))
        settings: dict[str, int | bool] = {"barge_in": False, "record": True, **leg}
        native = NativeLeg(
            socket.fileno(),
            wire=wire,
            ssrc=7 + len(self.parties),
            sequence=1,
            timestamp=1,
            timeout_samples=8000 * 3600,
            vad_mode=1,
            start_ms=34,
            stop_ms=450,
            **settings,  # type: ignore[arg-type]
        )
        native.set_peer(peer_word(phone.socket))
        index = self.engine.add(native)
        made = Party(native, phone, codec, ptime_ms, NativeMember(native.rate_hz), index)
        made.sent = -(-self.ms // ptime_ms)  # as if it had sent before
        if keys is not None:
            made.crypt = CryptSession(SUITES.index(keys.suite.value), keys.remote, keys.local)
        self.parties.append(made)
        if seated:
            self.join(made)
        return made

    def join(self, party: Party) -> None:
        """Seat it."""
        party.place = self.engine.join(party.leg, self.room, party.member)

    def hear(self, hearing: Mapping[int, tuple[int, int]]) -> None:
        """Masks of voices and assistants by place."""
        for party in self.parties:
            if party.place in hearing:
                party.member.hear(*hearing[party.place])

    def all_hear_all(self) -> None:
        """A conference."""
        for party in self.parties:
            party.member.hear(0xFF, 0)

    def run(self, ms: int) -> None:
        """Turn the clock."""
        for _ in range(ms):
            for party in self.parties:
                party.tick(self.ms)
            self.engine.step(self.ms * TICK_NS, self.ms * TICK_NS)
            for party in self.parties:
                party.listen(self.ms)
            for index, _, events in self.engine.poll()[0]:
                self.parties[index].events += [parse_native(*numbers) for numbers in events]
            self.ms += 1
