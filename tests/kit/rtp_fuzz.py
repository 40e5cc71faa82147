"""Hostile RTP into an engine: every codec, presses, comfort noise, with SRTP and without, on a turned clock.

The peers know everything: their packets come from the right address, and those under keys are made with the
right ones. What they break is the header, the payload, the order, the clock and the source.
"""

from __future__ import annotations

import socket
import struct
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np

from aywa._native.codec import NativeCodec
from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa._native.reception import Reception
from aywa._native.rtcp import ntp_of, pack_report
from aywa._native.srtp import SUITES, CryptSession
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.media.wire import native_wire, rate_hz_of
from tests.kit.engine_rig import TICK_NS, bound_socket, drain, peer_word, voiced

BURST = 7  # and one of a stranger: what the engine takes of one leg in a tick
_KEY_BYTES = {"AES_CM_128_HMAC_SHA1_80": 30, "AES_CM_128_HMAC_SHA1_32": 30}
_KEY_BYTES |= {"AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44}
OURS = 0xABCD  # the SSRC of every leg
_COMFORT_NOISE = 13
_EVENTS = EventFormat(101)
_WIDE_EVENTS = EventFormat(102, 48000)
_SEND = (
    PayloadFormat(Codec.PCMU, 0),
    PayloadFormat(Codec.PCMA, 8),
    PayloadFormat(Codec.G722, 9),
    PayloadFormat(Codec.L16, 96),
    PayloadFormat(Codec.L16, 97, 16000),
    PayloadFormat(Codec.OPUS, 111, 48000, fec=True, dtx=True),
)
_STEPS = (2, 2, 3, 5, 0, -1, -3, 63, 65, 90, 101, 300, 3001, 32768, -30000)
_FORWARD = (2, 3, 5, 65, 130, 300)  # a sender under keys refuses to go back
_JUMPS = (0, 1, -1, 80, 160, 8000, 48000, -48000, 1 << 20, 1 << 31, (1 << 31) - 1, -(1 << 31) + 1)
_SIZES = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    33,
    79,
    80,
    160,
    161,
    240,
    320,
    480,
    481,
    640,
    960,
    1200,
    1460,
    1900,
    1921,
    4000,
)
# Each counter is a fate of one packet: what was sent is the sum of them.
FATES = ("received", "malformed", "late", "duplicate", "rejected_source", "forged", "replayed")


@dataclass
class HostilePeer:
    """One leg and who speaks to it."""

    leg: NativeLeg
    port: int
    format: MediaFormat
    crypt: CryptSession | None
    payloads: list[tuple[int, bytes, int]]  # payload type, payload, what the clock moves
    socket: socket.socket = field(default_factory=bound_socket)
    reports: list[bytes] = field(default_factory=lambda: report_seeds())
    ssrc: int = 1
    sequence: int = 65000
    timestamp: int = 0xFFFFF000
    kept: deque[bytes] = field(default_factory=lambda: deque(maxlen=8))

    def listen(self) -> list[bytes]:
        """What the leg sent, in the clear."""
        plain = [data if self.crypt is None else self.crypt.unprotect(data) for data in drain(self.socket)]
        assert all(isinstance(packet, bytes) for packet in plain), "the peer could not read a packet"
        return [packet for packet in plain if isinstance(packet, bytes)]

    def packet(self, first: int, second: int, payload: bytes) -> bytes:
        """One with these first two bytes, at the peer's place and time."""
        header = (first, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc)
        return struct.pack("!BBHII", *header) + payload

    def _report(self, rng: Random) -> bytes:
        """RTCP on the RTP port (RFC 5761), half of it spoilt, half of that after it was sealed."""
        report = rng.choice(self.reports)
        spoil = rng.random()
        if spoil < 0.25:
            report = _spoilt(rng, report)
        if self.crypt is not None:
            sealed = self.crypt.protect_rtcp(report[:1500])
            report = sealed if isinstance(sealed, bytes) else report
        return _spoilt(rng, report) if spoil > 0.75 else report

    def forge(self, rng: Random) -> bytes:
        """The next packet: now and then a good one, else broken in one or more ways."""
        kind, payload, advance = rng.choice(self.payloads)
        game = rng.random()
        if game < 0.08:
            self.timestamp += rng.choice(_JUMPS)
        elif game < 0.09:
            self.ssrc = rng.choice((1, 2, 3, 4 if self.crypt else rng.getrandbits(32)))
        elif game < 0.12 and self.kept:
            return rng.choice(self.kept)
        elif game < 0.16:
            self.sequence += rng.choice(_STEPS if self.crypt is None else _FORWARD)
        if game > 0.97:
            return self._report(rng)
        self.sequence += 1
        self.timestamp += advance
        first, second = 0x80, kind | (0x80 if game > 0.9 else 0)
        if game > 0.6:
            first, kind, payload = _broken(rng, first, payload)
            second = second if kind < 0 else kind
        packet = self.packet(first, second, payload)
        if self.crypt is not None:
            if len(packet) <= 2000 and game < 0.95:
                sealed = self.crypt.protect(packet)
                packet = sealed if isinstance(sealed, bytes) else packet
            if 0.5 < game < 0.6:
                packet = _spoilt(rng, packet)
        if game < 0.3:
            self.kept.append(packet)
        if 0.3 < game < 0.32 and len(self.kept) == 8:
            # This one later, an older one or one of the same now.
            return self.kept[0]
        return packet


def _broken(rng: Random, first: int, payload: bytes) -> tuple[int, int, bytes]:
    """First byte, second byte (-1: as it was) and what follows the header."""
    match rng.randrange(8):
        case 0:  # any version, padding, extension, count of sources
            return rng.randrange(256), -1, payload
        case 1:  # another payload type, RTCP's among them
            return first, rng.randrange(256), payload
        case 2:  # an extension that says how long it is, rightly or not
            words = rng.choice((0, 1, 3, 40, 0xFFFF))
            head = struct.pack("!HH", rng.getrandbits(16), words) + bytes(4 * rng.randrange(5))
            return first | 0x10, -1, head + payload
        case 3:  # padding that says how long it is, rightly or not
            return first | 0x20, -1, payload + bytes([rng.randrange(256)])
        case 4:  # any bytes, any length
            return first, -1, rng.randbytes(rng.choice(_SIZES))
        case 5:  # sources that are there or not
            return first | rng.randrange(16), -1, bytes(4 * rng.randrange(4)) + payload
        case _:
            return first, -1, _spoilt(rng, payload)


def _spoilt(rng: Random, data: bytes) -> bytes:
    """Bytes changed, cut off or said twice."""
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 6))):
        if spoilt:
            spoilt[int(rng.random() * len(spoilt))] = rng.getrandbits(8)
    match rng.randrange(4):
        case 0:
            del spoilt[int(rng.random() * (len(spoilt) + 1)) :]
        case 1:
            spoilt += spoilt[: rng.choice((1, 16, 200))]
    return bytes(spoilt)


def _payloads(rng: Random) -> list[tuple[int, bytes, int]]:
    """Speech and noise in every codec and packet length, presses of every clock, comfort noise."""
    found: list[tuple[int, bytes, int]] = []
    for codec in _SEND:
        rate = 16000 if codec.codec in (Codec.G722, Codec.OPUS) else codec.clock_rate_hz
        kernel = NativeCodec(codec.codec.value, rate, codec.clock_rate_hz, fec=codec.fec)
        for ms in (10, 20, 20, 40, 60):
            pcm = voiced(rate // 1000 * ms) if ms != 10 else rng.randbytes(2 * rate // 1000 * ms)
            payload = kernel.encode(pcm)
            found.append((codec.payload_type, payload, codec.clock_rate_hz // 1000 * ms))
    for events in (_EVENTS, _WIDE_EVENTS):
        for end in (0, 0, 0x80):
            body = struct.pack("!BBH", rng.choice((*range(17), 255)), end | 10, rng.getrandbits(16))
            found.append((events.payload_type, body, rng.choice((0, 0, 160))))
    noises = (bytes([rng.randrange(256)]) + rng.randbytes(order) for order in (0, 1, 5, 12, 60))
    found += [(_COMFORT_NOISE, noise, 160) for noise in noises]
    return found


def report_seeds() -> list[bytes]:
    """Reports as peers send them: senders' and receivers', with blocks about us and a leave-taking."""
    source = Reception(OURS)
    for sequence in range(100, 160):
        source.packet(sequence)
    info = (ntp_of(1_700_000_000_000_000_000) >> 32, 50, 8000)
    now = ntp_of(1_700_000_000_000_000_000)
    choices = ((info, source), (info, None), (None, source), (None, None))
    return [pack_report(7, b"a@b", told, heard, now, bye) for told, heard in choices for bye in (False, True)]


def _formats(rng: Random) -> Iterator[tuple[MediaFormat, CryptSession | None]]:
    suites = (*SUITES, *SUITES)
    for index, codec in enumerate(_SEND):
        plain = MediaFormat(
            send=codec,
            receive=_SEND,
            events=_EVENTS,
            receive_events=(_EVENTS, _WIDE_EVENTS),
            comfort_noise=(_COMFORT_NOISE,),
        )
        yield plain, None
        suite = suites[index]
        ours, theirs = rng.randbytes(_KEY_BYTES[suite]), rng.randbytes(_KEY_BYTES[suite])
        keys = SrtpKeys(SrtpSuite(suite), ours, theirs)
        yield replace(plain, srtp=keys), CryptSession(SUITES.index(suite), theirs, ours)


def vowel_at(rate_hz: int, packets: int) -> bytes:
    """`packets` times 20 ms of a steady vowel, S16LE: 125 Hz, so that a period is whole samples."""
    at = np.arange(packets * rate_hz // 50) * 2 * np.pi * 125 / rate_hz
    sound = sum(np.sin(k * at + k * k) / k for k in range(1, 10))
    return (sound * 4000).astype("<i2").tobytes()


class HostileRig:
    """An engine whose legs have every format, each with a hostile peer."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._stack = ExitStack()
        self.engine = NativeEngine(16)
        self.engine.start_manual(0)
        self._tick = 0
        self._stranger = self._stack.enter_context(bound_socket())
        self.sent = 0
        self.events: Counter[int] = Counter()
        payloads = _payloads(self._rng)
        self.peers = [self._peer(format, crypt, payloads) for format, crypt in _formats(self._rng)]

    def _peer(
        self, format: MediaFormat, crypt: CryptSession | None, payloads: list[tuple[int, bytes, int]]
    ) -> HostilePeer:
        socket = self._stack.enter_context(bound_socket())
        leg = NativeLeg(
            socket.fileno(),
            wire=native_wire(format, rate_hz_of(format)),
            ssrc=OURS,
            sequence=65530,
            timestamp=0xFFFFFF00,
            barge_in=True,
            timeout_samples=8000,
            record=crypt is None,
            vad_mode=1,
            start_ms=34,
            stop_ms=450,
            echo_guard=True,
            follows=True,
        )
        peer = HostilePeer(leg, socket.getsockname()[1], format, crypt, payloads)
        # Mostly the codec of the leg: a leg that hears another one each packet never gets deep into any.
        own = [entry for entry in payloads if entry[0] == format.send.payload_type]
        peer.payloads = payloads + 8 * own
        self._stack.enter_context(peer.socket)
        leg.set_peer(peer_word(peer.socket))
        self.engine.add(leg)
        return peer

    def __enter__(self) -> HostileRig:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self._stack.close()

    def attack(self, packets: int) -> None:
        """Send at least this many, in the engine's own thread of control."""
        until = self.sent + packets
        while self.sent < until:
            for peer in self.peers:
                self._burst(peer, BURST)
            self.tick()
            if self._tick % 100 == 0:
                self._meddle()

    def _burst(self, peer: HostilePeer, packets: int) -> None:
        target, send, rng = ("127.0.0.1", peer.port), peer.socket.sendto, self._rng
        for _ in range(packets):
            send(peer.forge(rng), target)
        self._stranger.sendto(peer.forge(rng), target)
        self.sent += packets + 1

    def _meddle(self) -> None:
        """What Python does in the meantime: listen, speak, press, hold, agree on something else."""
        rng = self._rng
        for peer in self.peers:
            leg = peer.leg
            while leg.read_uplink():
                pass
            leg.read_recording()
            leg.write(rng.randbytes(3200), leg.epoch)
            leg.open_gate(leg.epoch)
            peer.listen()
            match rng.randrange(12):
                case 0:
                    leg.hold(rng.random() < 0.3)
                case 1:
                    leg.send_digit(rng.randrange(16), 800)
                case 2:
                    leg.flush()
                case 3:
                    self._agree_anew(peer)

    def _agree_anew(self, peer: HostilePeer) -> None:
        rng = self._rng
        taken = tuple(rng.sample(_SEND, rng.randint(1, len(_SEND))))
        longest = 40 if peer.format.send.payload_type == 97 else 60
        format = replace(peer.format, receive=taken, ptime_ms=rng.randrange(10, longest + 1, 10))
        self.engine.configure(peer.leg, native_wire(format, peer.leg.rate_hz, before=peer.format))

    def tick(self, ticks: int = 1) -> None:
        """Run the engine for so many milliseconds."""
        for _ in range(ticks):
            now = self._tick * TICK_NS
            self.engine.step(now, now)
            self._tick += 1
            ready, _, _ = self.engine.poll()
            for _, _, events in ready:
                self.events.update(event[0] for event in events)

    def recover(self, peer: HostilePeer) -> None:
        """The first agreement again, nothing held, nothing waiting."""
        self.engine.configure(peer.leg, native_wire(peer.format, peer.leg.rate_hz, before=peer.format))
        peer.leg.hold(False)
        peer.leg.flush()
        self.tick(400)
        while peer.leg.read_uplink():
            pass

    def hear(self, peer: HostilePeer, packets: int) -> bytes:
        """The peer speaks a vowel for so many packets of 20 ms: what the leg hears, at 16 kHz."""
        send, rate = peer.format.send, peer.leg.rate_hz
        codec = NativeCodec(send.codec.value, rate, send.clock_rate_hz)
        vowel, frame, heard = vowel_at(rate, packets), rate // 25, b""
        for at in range(0, len(vowel), frame):
            peer.sequence += 1
            peer.timestamp += send.clock_rate_hz // 50
            packet = peer.packet(0x80, send.payload_type, codec.encode(vowel[at : at + frame]))
            sealed = packet if peer.crypt is None else peer.crypt.protect(packet)
            assert isinstance(sealed, bytes), "the peer's own sender refused"
            peer.socket.sendto(sealed, ("127.0.0.1", peer.port))
            self.tick(20)
            while pcm := peer.leg.read_uplink():
                heard += pcm
        return heard

    def answer(self, peer: HostilePeer, packets: int) -> bytes:
        """The leg speaks the same: what the peer hears, at the leg's rate."""
        send, rate = peer.format.send, peer.leg.rate_hz
        codec = NativeCodec(send.codec.value, rate, send.clock_rate_hz)
        self.tick(600)  # the peer's speech is over
        peer.leg.open_gate(peer.leg.epoch)
        peer.listen()
        vowel, frame, answered = vowel_at(rate, packets), rate // 25, b""
        for at in range(0, len(vowel), frame):
            peer.leg.write(vowel[at : at + frame], peer.leg.epoch)
            self.tick(20)
            for packet in peer.listen():
                answered += codec.decode(packet[12:])
        return answered

    def fates(self) -> Counter[str]:
        """How many packets had which fate, over all legs."""
        found: Counter[str] = Counter()
        for peer in self.peers:
            stats = peer.leg.stats()
            found.update({fate: stats[fate] for fate in FATES})
        return found
