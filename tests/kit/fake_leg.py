"""A leg and an engine that keep the contract of the native ones, on the test's clock."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from aywa.errors import MediaError, OverloadedError
from aywa.media.events import (
    Digit,
    Drained,
    FirstPacket,
    GateClosed,
    LegEvent,
    LowWater,
    Mark,
    MediaTimeout,
    SpeechStarted,
    SpeechStopped,
)
from aywa.media.format import Codec, MediaFormat
from aywa.media.leg import BargeInPolicy, LegParameters
from aywa.ports.capture import CapturedPacket, CaptureMode
from aywa.proto.rtp.quality import StreamQuality
from tests.kit.fake_room import FakeRoom

TICK_S = 0.02
FRAME = 160
RATE_HZ = 8000
RING = 8192  # as the engine's


@dataclass(frozen=True, slots=True)
class FakeStats:
    """Packet counters."""

    received: int = 0
    sent: int = 0
    lost: int = 0
    echo_delay_ms: float | None = None
    echo_return_loss_db: float | None = None
    recording_lost_ms: float = 0.0


class FakeLeg:
    """Plays its ring on a tick; the test is the caller."""

    def __init__(self, parameters: LegParameters, *, lose_marks: bool = False) -> None:
        self.parameters = parameters
        self.lose_marks = lose_marks
        self.epoch = 0
        self.opened = 0
        self.played = 0
        self.timeline = 0
        self.remote = parameters.remote
        self.held = False
        self.barge_in = parameters.barge_in is BargeInPolicy.IMMEDIATE
        self.excused = False
        self.muted = False
        self.music: object = None
        self.apart = False
        self.tone = 0  # every sample of the recording from now on
        self.pressed = ""  # keys that were sent
        self.overheard = False
        self.said_by_both = b""  # what a listener reads next
        self.packets = (0, 0)  # received, lost
        self.echo: tuple[float, float] | None = None  # delay in ms, return loss in dB
        self.recording_lost_ms = 0.0
        self.capture_mode = parameters.capture
        send = parameters.format.send
        self.rate_hz = 16_000 if send.codec in (Codec.G722, Codec.OPUS, Codec.L16) else RATE_HZ
        self.format = parameters.format
        self.sounded = StreamQuality(None, None, None)
        self.formats = [parameters.format]  # all it has had
        self.sent = bytearray()  # speech that was sent, S16LE
        self.audible: list[tuple[int, int]] = []  # (timeline, samples) of each frame with speech
        self.uplink: deque[tuple[bytes, int]] = deque()  # pieces heard, and where each ends
        self.uplink_end = 0
        self._ring: deque[bytes | int] = deque()  # PCM, or a mark
        self._recorded = bytearray()
        self._events_in, self._events = trio.open_memory_channel[LegEvent](10_000)
        self._low = True

    # --- the contract

    async def next_event(self) -> LegEvent:
        return await self._events.receive()

    def read_uplink(self) -> bytes:
        pcm, self.uplink_end = self.uplink.popleft() if self.uplink else (b"", self.uplink_end)
        return pcm

    def read_recording(self) -> bytes:
        frames, self._recorded = bytes(self._recorded), bytearray()
        return frames

    def overhear(self) -> None:
        self.overheard = True

    def read_overheard(self) -> bytes:
        taken, self.said_by_both = self.said_by_both, b""
        return taken

    def write_nowait(self, pcm: bytes, epoch: int) -> int:
        if epoch != self.epoch:
            return 0
        if self.rate_hz != RATE_HZ:
            pcm = array("h", pcm)[::2].tobytes()  # this leg keeps all at 8 kHz
        taken = min(len(pcm) // 2, RING - self.waiting)
        if taken:
            self._ring.append(pcm[: 2 * taken])
            self._low = False
        return taken * (self.rate_hz // RATE_HZ)

    def mark_nowait(self, mark_id: int) -> None:
        if sum(isinstance(item, int) for item in self._ring) >= 64:
            raise MediaError("too many marks wait to be played")
        self._ring.append(mark_id)

    def open_gate(self, epoch: int) -> None:
        self.opened = epoch

    def commit(self, epoch: int) -> None:
        self._ring.clear()
        self.open_gate(epoch)

    def resume(self, epoch: int) -> None:
        self.open_gate(epoch)

    def set_remote(self, host: str, port: int) -> None:
        self.remote = (host, port)

    def set_format(self, format: MediaFormat) -> None:
        self.format = format
        self.formats.append(format)

    def send_digit(self, digit: str, duration_ms: int = 160) -> None:
        self.pressed += digit

    def set_barge_in(self, on: bool) -> None:
        self.barge_in = on

    def hold(self, held: bool) -> None:
        self.held = held

    def excuse(self, excused: bool) -> None:
        self.excused = excused

    def mute_uplink(self, muted: bool) -> None:
        self.muted = muted

    def play_background(self, clip: object) -> None:
        self.music = clip

    def record_apart(self, apart: bool) -> None:
        self.apart = apart

    @property
    def start_ns(self) -> int:
        return 1

    def quality(self) -> StreamQuality:
        return self.sounded

    def stats(self) -> FakeStats:
        received, lost = self.packets
        delay_ms, loss_db = self.echo or (None, None)
        return FakeStats(received, self.timeline // FRAME, lost, delay_ms, loss_db, self.recording_lost_ms)

    def capture(self, mode: CaptureMode) -> None:
        self.capture_mode = mode

    @property
    def captures(self) -> bool:
        return self.capture_mode is not CaptureMode.OFF

    def captured(self) -> list[CapturedPacket]:
        at = ("127.0.0.1", 4000)
        return [CapturedPacket(1, False, at, at, 12, bytes(12))] if self.captures else []

    # --- the caller and the wire

    @property
    def waiting(self) -> int:
        """Samples in the ring."""
        return sum(len(item) // 2 for item in self._ring if isinstance(item, bytes))

    @property
    def unread(self) -> int:
        """Recorded frames that nobody has read."""
        return len(self._recorded) // 4

    def speech_started(self) -> None:
        """The VAD confirms speech."""
        if self.barge_in:
            self.epoch += 1
            self.emit(SpeechStarted(self.timeline, self.epoch))
            self.emit(GateClosed(self.epoch, self.played, self.timeline))
        else:
            self.emit(SpeechStarted(self.timeline, self.epoch))

    def speech_stopped(self) -> None:
        """The VAD sees the end of speech."""
        self.emit(SpeechStopped(self.timeline))

    def press(self, digit: str) -> None:
        """The caller presses a key."""
        self.emit(Digit(digit, 160, self.timeline))

    def lose_media(self) -> None:
        """No packets for too long."""
        self.emit(MediaTimeout(30.0))

    def emit(self, event: LegEvent) -> None:
        """Report an event."""
        self._events_in.send_nowait(event)

    async def run(self) -> None:
        """The engine's ticks."""
        self.emit(FirstPacket(0))
        while True:
            await trio.sleep(TICK_S)
            self._tick()

    def _tick(self) -> None:
        silent = self.epoch != self.opened or self.held or self.remote is None
        frame = b"" if silent else self._next_frame()
        self.timeline += FRAME
        self._recorded += self.tone.to_bytes(2, "little") * (2 * FRAME * self.rate_hz // RATE_HZ)
        if frame:
            self.sent += frame
            self.audible.append((self.timeline - FRAME, len(frame) // 2))

    def _next_frame(self) -> bytes:
        frame = b""
        while self._ring and len(frame) < 2 * FRAME:
            item = self._ring.popleft()
            if isinstance(item, int):
                if not self.lose_marks:
                    self.emit(Mark(item, self.played, self.timeline + len(frame) // 2))
                continue
            room = 2 * FRAME - len(frame)
            frame += item[:room]
            self.played += min(room, len(item)) // 2
            if len(item) > room:
                self._ring.appendleft(item[room:])
        while self._ring and isinstance(mark := self._ring[0], int):
            self._ring.popleft()
            if not self.lose_marks:
                self.emit(Mark(mark, self.played, self.timeline + len(frame) // 2))
        if not self._low and self.waiting < RING // 3:
            self._low = True
            self.emit(LowWater())
            if not self.waiting and not self.lose_marks:
                self.emit(Drained(self.played, self.timeline + FRAME))
        return frame


class FakePorts:
    """A reserved address."""

    def __init__(self, port: int) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.released = False

    def release(self) -> None:
        self.released = True


class FakeEngine:
    """Opens fake legs and remembers them."""

    def __init__(self) -> None:
        self.legs: list[FakeLeg] = []
        self.ports: list[FakePorts] = []
        self.rooms: list[FakeRoom] = []
        self.overloaded = False
        self.fail_open: Exception | None = None
        self.lose_marks = False
        self._opened = trio.Event()

    def admit(self) -> None:
        if self.overloaded:
            raise OverloadedError("The tick loop is too busy")

    def reserve_port(self) -> FakePorts:
        ports = FakePorts(16384 + 2 * len(self.ports))
        self.ports.append(ports)
        return ports

    @asynccontextmanager
    async def open_leg(self, parameters: LegParameters, *, ports: FakePorts) -> AsyncIterator[FakeLeg]:
        if self.fail_open is not None:
            raise self.fail_open
        leg = FakeLeg(parameters, lose_marks=self.lose_marks)
        failure: Exception | None = None
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(leg.run)
                self.legs.append(leg)
                try:
                    yield leg
                except Exception as error:  # noqa: BLE001 - raised again below: the engine's own has no nursery
                    failure = error
                nursery.cancel_scope.cancel()
        finally:
            ports.release()
        if failure is not None:
            raise failure

    @asynccontextmanager
    async def open_room(self, rate_hz: int = RATE_HZ) -> AsyncIterator[FakeRoom]:
        room = FakeRoom(rate_hz)
        self.rooms.append(room)
        try:
            yield room
        finally:
            assert not room.seated
            room.open = False
