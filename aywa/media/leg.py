"""One leg: what its call may ask of the engine, and the mailbox of what the engine tells.

None of the `*_nowait`, `read_*` and property accesses blocks or waits for the engine thread: they touch
rings in shared memory. One task may wait in `next_event`; any number may wait in `write`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import cast

import trio

from aywa._native.capture import NativeCapture
from aywa._native.leg import NativeLeg
from aywa._native.wire import NativeWire
from aywa.errors import MediaError
from aywa.media.capture import DEFAULT_PACKETS, native_mode, new_ring, packets_of
from aywa.media.clip import Clip
from aywa.media.events import DIGITS, GateClosed, LegEvent, LowWater, PcmReady, parse_native
from aywa.media.format import MediaFormat
from aywa.media.peer import NatPolicy, packed_peer
from aywa.media.ports import PortPair
from aywa.media.quality import quality_of
from aywa.media.stats import LegStats
from aywa.media.wire import native_wire
from aywa.ports.capture import CapturedPacket, CaptureMode
from aywa.proto.rtp.quality import StreamQuality

_FLAG_LOW_WATER = 2
_SAMPLES_PER_MS = 8
_PCM_READY = PcmReady()
_LOW_WATER = LowWater()
_MAX_DIGIT_MS = 8000  # 65535 samples, the longest press that one event carries (RFC 4733 section 2.3.5)


class BargeInPolicy(Enum):
    """What confirmed speech of the caller does to playout."""

    OFF = "off"
    IMMEDIATE = "immediate"


class InbandDigits(Enum):
    """Whether key presses are looked for in the audio."""

    AUTO = "auto"  # when no telephone-event was agreed on
    OFF = "off"
    ON = "on"


@dataclass(frozen=True, slots=True)
class LegParameters:
    """What SDP agreed on and how the leg shall behave.

    `remote`: IPv4 address and port of the other side's RTP, None while unknown (until `set_remote` nothing is
    sent or accepted, and what is written waits). `format`: its sent codec settles the rate of the PCM for as
    long as the leg lasts.
    `nat`: may another source than `remote` be learned; `signalling_host`: the IPv4 address that the policy
    SIGNALLING means, "" for none.
    `echo_guard`: take our own speech, come back from the phone, for nobody's; 6 KiB.
    `speech_start_ms`: sound above the background within the last 60 ms that confirms speech, 2..60;
    `speech_stop_ms`: silence that ends it. `capture`: what is kept of the last packets, `capture_packets` of
    them (a power of two from 2 to 65536, 256 bytes each).
    """

    remote: tuple[str, int] | None
    format: MediaFormat
    ssrc: int
    barge_in: BargeInPolicy = BargeInPolicy.IMMEDIATE
    media_timeout_s: float = 30.0
    record: bool = False
    vad_mode: int = 1  # the highest that finds 97 % of recorded words within 60 ms; 3 misses one in ten
    speech_start_ms: int = 34  # longer than a click of under 30 ms can touch
    echo_guard: bool = True
    inband_digits: InbandDigits = InbandDigits.AUTO
    speech_stop_ms: int = 400  # splits none of 110 recorded words and 1 of 248 recorded sentences
    nat: NatPolicy = NatPolicy.OFF
    signalling_host: str = ""
    capture: CaptureMode = CaptureMode.OFF
    capture_packets: int = DEFAULT_PACKETS


def hears_tones(wanted: InbandDigits, format: MediaFormat) -> bool:
    """Whether a leg of this format looks for key presses in the audio."""
    return wanted is InbandDigits.ON or (wanted is InbandDigits.AUTO and not format.receive_events)


class Leg:
    """A running leg; made by `MediaEngine.open_leg`."""

    def __init__(
        self,
        native: NativeLeg,
        parameters: LegParameters,
        ports: PortPair,
        configure: Callable[[NativeLeg, NativeWire], None],
    ) -> None:
        """`configure` hands the engine a format for the native leg."""
        self.parameters = parameters
        self.format = parameters.format
        self.local_host = ports.host
        self.local_port = ports.port
        self._native = native
        self._configure = configure
        self._ring: NativeCapture | None = None
        if parameters.capture is not CaptureMode.OFF:
            self.capture(parameters.capture)
        native.listen(_PCM_READY, _LOW_WATER)
        self._room = trio.lowlevel.ParkingLot()
        self.removed = trio.Event()

    async def next_event(self) -> LegEvent:
        """The next event, in the order of the engine. Raises trio.ClosedResourceError after the leg's end."""
        native = self._native
        if native.posted:
            # The mailbox fills at the pace of audio, so whoever empties it is never at it for long: being
            # cancelled matters here, giving way to the other tasks does not.
            await trio.lowlevel.checkpoint_if_cancelled()
        while (event := native.take()) is None:
            if self.removed.is_set():
                raise trio.ClosedResourceError("the leg is over")
            if native.waiter is not None:
                raise trio.BusyResourceError("another task waits for this leg's events")
            native.waiter = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self._abort)
        return cast("LegEvent", event)

    def read_uplink(self) -> bytes:
        """The caller's audio since the last read: 16 kHz S16LE mono, without holes; b"" when there is none.

        It ends where time is missing before the next sample (nothing was sent, a key press, a loss): read
        until it is empty, and place each piece by `uplink_end`.
        """
        return self._native.read_uplink()

    @property
    def uplink_end(self) -> int:
        """The timeline sample after the last one that `read_uplink` returned, to within 5 ms."""
        return self._native.uplink_end

    def read_recording(self) -> bytes:
        """Recorded frames since the last read: S16LE stereo at `rate_hz`, caller left, in order, no holes.

        About 200 ms behind the timeline, so that late packets have landed; after `open_leg` is left, the
        rest. At most 8192 frames a call: read until it is empty to get all. b"" without recording.
        """
        return self._native.read_recording()

    def overhear(self) -> None:
        """Have what both sides say kept for `read_overheard` from now on; it costs nothing before.

        Again: what was not read meanwhile is left out.
        """
        self._native.overhear()

    def read_overheard(self) -> bytes:
        """What both sides said since the last read: S16LE stereo at `rate_hz`, the caller left, what is sent
        to him right, about 200 ms behind the timeline. What nobody has read for 3 s is silence.
        """
        return self._native.read_overheard()

    def write_nowait(self, pcm: bytes | memoryview, epoch: int) -> int:
        """Put S16LE at `rate_hz` into the playout ring. Returns how many it took: 0 for a stale `epoch`."""
        return self._native.write(pcm, epoch)

    async def write(self, pcm: bytes, epoch: int) -> bool:
        """Put all of it, waiting for room. False as soon as `epoch` is not the engine's: the rest was not
        taken.
        """
        rest = memoryview(pcm)
        while True:
            await trio.lowlevel.checkpoint()
            if epoch != self.epoch:
                return False
            rest = rest[2 * self._native.write(rest, epoch) :]
            if not rest:
                return True
            # Asking before waiting: the engine answers with low water even if it got there in between.
            if self._native.want_room() == 0 and epoch == self.epoch:
                await self._room.park()

    def mark_nowait(self, mark_id: int) -> None:
        """Ask for a `Mark` once the sample written last has been sent. Raises MediaError at 64 open marks."""
        if not self._native.mark(mark_id):
            raise MediaError("too many marks wait to be played")

    @property
    def epoch(self) -> int:
        """The gate sequence the engine is at."""
        return self._native.epoch

    def open_gate(self, epoch: int) -> None:
        """Play again if `epoch` is still the engine's; a later one closes the gate whatever was opened
        here.
        """
        self._native.open_gate(epoch)

    def commit(self, epoch: int) -> None:
        """Drop all that was written before, then open the gate."""
        self._native.flush()
        self._native.open_gate(epoch)

    def resume(self, epoch: int) -> None:
        """Open the gate and go on with the sample after the last one sent."""
        self._native.open_gate(epoch)

    def flush(self) -> None:
        """Drop all that was written and not sent; the gate stays as it is."""
        self._native.flush()

    @property
    def played(self) -> int:
        """Speech samples of 8 kHz sent since the leg began; silence does not count."""
        return self._native.played

    @property
    def unplayed(self) -> int:
        """Samples of 8 kHz written and neither sent nor dropped."""
        return self._native.unplayed

    @property
    def timeline(self) -> int:
        """The first sample of the next tick: 8000 a second since the leg's first tick."""
        return self._native.timeline

    def send_digit(self, digit: str, duration_ms: int = 160) -> None:
        """Send a key press in place of audio; presses queue and are 100 ms apart.

        By RFC 4733, or as tones (ITU-T Q.23) where the other side has no telephone-event. Raises MediaError
        for an impossible digit or with 32 waiting.
        """
        if digit.upper() not in DIGITS or len(digit) != 1 or not 20 <= duration_ms <= _MAX_DIGIT_MS:
            raise MediaError("a key press is one of 0-9 * # A-D for 20 to 8000 ms")
        if not self._native.send_digit(DIGITS.index(digit.upper()), duration_ms * _SAMPLES_PER_MS):
            raise MediaError("too many key presses wait to be sent")

    def set_remote(self, host: str, port: int) -> None:
        """Send to and accept from this IPv4 address and port from the next packet on."""
        self._native.set_peer(packed_peer((host, port)))

    @property
    def rate_hz(self) -> int:
        """Samples a second of what `write` takes and `read_recording` gives: 8000 or 16000."""
        return self._native.rate_hz

    def set_format(self, format: MediaFormat) -> None:
        """Send and take packets so from the next turn on, at most 60 ms away.

        Sequence, clock, timeline and recording go on; codecs that both formats have go on where they are, and
        so does each side's key that is the same. Raises MediaError for a format the engine does not carry,
        and when it takes no commands.
        """
        try:
            self._configure(self._native, native_wire(format, self.rate_hz, before=self.format))
        except (ValueError, MemoryError, BlockingIOError) as error:
            raise MediaError(str(error)) from error
        self.format = format
        self._native.listen_for_tones(hears_tones(self.parameters.inband_digits, format))

    def mute_uplink(self, muted: bool) -> None:
        """Hear silence instead of the caller: recording, recognition and barge-in alike."""
        self._native.mute(muted)

    def set_barge_in(self, on: bool) -> None:
        """Whether the caller's speech closes the gate, from now on."""
        self._native.set_barge_in(on)

    def hold(self, held: bool) -> None:
        """Stop sending, or go on. Held, the playout ring stands still, the caller is silence to all but the
        recording, and no media timeout comes; the timeline goes on.
        """
        self._native.hold(held)

    def excuse(self, excused: bool) -> None:
        """The other side has been told to send nothing: no media timeout comes, all else goes on."""
        self._native.excuse(excused)

    def capture(self, mode: CaptureMode) -> None:
        """Keep the last packets from now on, or keep more or less of each than before.

        Raises MediaError for OFF (a ring once there stays until the leg ends) and when memory is out.
        """
        if self._ring is not None:
            self._ring.mode = native_mode(mode)
            return
        ring = new_ring(mode, self.parameters.capture_packets)
        self._native.capture(ring)
        self._ring = ring

    @property
    def captures(self) -> bool:
        """Whether packets are kept."""
        return self._ring is not None

    def captured(self) -> list[CapturedPacket]:
        """The packets kept, the oldest first, decrypted; from any thread, also after the leg's end."""
        if self._ring is None:
            return []
        return packets_of(self._ring, (self.local_host, self.local_port), self.format.rtcp_mux)

    def play_background(self, clip: Clip | None) -> None:
        """Loop a clip behind all that is sent, 15 dB lower while something else is heard; None: fade out."""
        self._native.play_background(None if clip is None else clip.at(self.rate_hz))

    def record_apart(self, apart: bool) -> None:
        """The recording's right track keeps the leg's own speech only, without those in its room and without
        background: for a recording that has each party on its own track.
        """
        self._native.record_apart(apart)

    @property
    def start_ns(self) -> int:
        """When timeline sample 0 is, in ns of the engine's clock, which all legs share; 0 before its first
        tick.
        """
        return self._native.start_ns

    @property
    def native(self) -> NativeLeg:
        """For the engine's own parts."""
        return self._native

    def stats(self) -> LegStats:
        """The counters up to now."""
        native = self._native
        return LegStats.of(native.stats(), native.report_figures(), self.format)

    def quality(self) -> StreamQuality:
        """How both directions have sounded up to now."""
        return quality_of(self.stats(), self.format)

    def deliver(self, flags: int, events: list[tuple[int, int, int, int]]) -> None:
        """Called by the engine's dispatcher with what the native leg has to say."""
        for numbers in events:
            event = parse_native(*numbers)
            self._native.post(event)
            if isinstance(event, GateClosed):
                self._room.unpark_all()  # their epoch is stale
        if flags & _FLAG_LOW_WATER:
            self._room.unpark_all()
        self._native.post_flags(flags)
        self._wake()

    def end(self) -> None:
        """Called by the engine's dispatcher when the engine has let go of the leg."""
        self.removed.set()
        self._room.unpark_all()
        self._wake()

    def _abort(self, _: object) -> trio.lowlevel.Abort:
        # At once, not when the cancelled task runs: an event may come in between and must not wake it again.
        self._native.waiter = None
        return trio.lowlevel.Abort.SUCCEEDED

    def _wake(self) -> None:
        waiter = self._native.waiter
        if waiter is not None and (self._native.posted or self.removed.is_set()):
            self._native.waiter = None
            trio.lowlevel.reschedule(waiter)
