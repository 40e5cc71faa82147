"""The media engine as Trio sees it: a native thread owns the wire, one dispatcher task hears from it."""

from __future__ import annotations

import gc
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from random import Random

import trio
from trio.lowlevel import reschedule

from aywa._native.engine import NativeEngine
from aywa._native.leg import NativeLeg
from aywa.clock import monotonic_now
from aywa.errors import MediaError, OverloadedError
from aywa.log import get_logger
from aywa.media.leg import BargeInPolicy, Leg, LegParameters, hears_tones
from aywa.media.peer import NatPolicy, packed_host, packed_peer
from aywa.media.ports import PortPair, PortPool
from aywa.media.room import Room, open_room
from aywa.media.scheduling import Scheduling, look_at_host, take_best
from aywa.media.wire import native_wire, rate_hz_of
from aywa.settings import MediaSettings

_REMOVAL_S = 2.0  # the engine lets go within a tick; longer means that its thread is stuck
_REMOVAL_POLL_S = 0.001
_STOP_S = 5.0
_PORTS_TENDED_S = 1.0
_LAG_WINDOW_S = 2.0
_SAMPLE_RATE_HZ = 8000
_LATENESS_FIRST_US = 10
_YOUNG_OBJECTS = 50_000


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """The figures admission is decided on, and those an operator wants to see.

    `busy_ratio`: share of the last second the engine thread worked. `event_lag_s`: the longest an event has
    waited for Python in the last 2 s. `lateness`: ticks by how late they began, as (upper limit in
    microseconds, count); the last limit is infinite. `skipped`: ticks so late that nothing was sent.
    """

    legs: int
    busy_ratio: float
    event_lag_s: float
    lateness: tuple[tuple[float, int], ...]
    skipped: int
    event_overruns: int
    uplink_overrun_ms: float
    scheduling: Scheduling
    free_ports: int
    resting_ports: int


class MediaEngine:
    """Opens legs and knows how loaded the engine is. Made by `open_media_engine`."""

    def __init__(self, settings: MediaSettings, native: NativeEngine, rng: Random) -> None:
        self._settings = settings
        self._native = native
        self._rng = rng
        self._ports = PortPool(
            settings.host,
            settings.rtp_port_min,
            settings.rtp_port_max,
            quarantine_s=settings.port_quarantine_s,
            rng=rng,
            clock=monotonic_now,
        )
        self._legs: dict[int, Leg] = {}
        self.scheduling = Scheduling.ORDINARY
        self._lag_s = 0.0
        self._lag_at = 0.0
        self._event_overruns = 0
        self._uplink_overrun_ms = 0.0

    def admit(self) -> None:
        """Raise OverloadedError if one more leg would be one too many."""
        figures = self._native.figures()
        settings = self._settings
        if figures["legs"] >= settings.max_legs:
            raise OverloadedError("the media engine is full")
        if figures["busy_ratio"] > settings.max_busy_ratio:
            raise OverloadedError("the media engine's thread is too busy")
        if self._event_lag(figures["waiting_s"]) > settings.max_event_lag_s:
            raise OverloadedError("the process is too slow for the media engine's events")
        if self._ports.free == 0:
            raise OverloadedError("no RTP ports are free")

    def load(self) -> EngineLoad:
        """The figures of this moment; visits every leg, about 2 us each."""
        figures = self._native.figures()
        limits = [float(_LATENESS_FIRST_US << i) for i in range(len(figures["lateness"]) - 1)]
        live = [leg.stats() for leg in self._legs.values()]
        return EngineLoad(
            legs=figures["legs"],
            busy_ratio=figures["busy_ratio"],
            event_lag_s=self._event_lag(figures["waiting_s"]),
            lateness=tuple(zip([*limits, float("inf")], figures["lateness"], strict=True)),
            skipped=figures["skipped"],
            event_overruns=self._event_overruns + sum(stats.event_overruns for stats in live),
            uplink_overrun_ms=self._uplink_overrun_ms + sum(stats.uplink_overrun_ms for stats in live),
            scheduling=self.scheduling,
            free_ports=self._ports.free,
            resting_ports=self._ports.resting,
        )

    def _event_lag(self, waiting_s: float) -> float:
        recent = monotonic_now() - self._lag_at < _LAG_WINDOW_S
        return max(waiting_s, self._lag_s if recent else 0.0)

    def reserve_port(self) -> PortPair:
        """A bound port pair, for an SDP that is written before the remote side is known.

        Hand it to `open_leg` or release it. Raises OverloadedError when there is none.
        """
        pair = self._ports.reserve()
        pair.host = self._settings.advertised_host or pair.host  # what the SDP says
        return pair

    @asynccontextmanager
    async def open_leg(
        self, parameters: LegParameters, *, ports: PortPair | None = None
    ) -> AsyncIterator[Leg]:
        """A leg on the wire for as long as the block runs; takes over `ports`.

        Leaving waits until the engine has let go. Raises OverloadedError when the engine is full and
        MediaError for parameters it cannot serve.
        """
        pair = ports or self.reserve_port()
        try:
            native = self._make_native(parameters, pair)
            index = self._native.add(native)
        except BlockingIOError as error:
            pair.release()
            raise OverloadedError("the media engine takes no more legs") from error
        except BaseException:
            pair.release()
            raise
        leg = Leg(native, parameters, pair, self._native.configure)
        self._legs[index] = leg
        try:
            yield leg
        finally:
            self._native.remove(native)
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _REMOVAL_S):
                while not leg.removed.is_set():
                    # Not left to the dispatcher: when all is cancelled at once, it may be gone already.
                    await trio.sleep(_REMOVAL_POLL_S)
                    self._drain()
            stats = leg.stats()
            self._event_overruns += stats.event_overruns
            self._uplink_overrun_ms += stats.uplink_overrun_ms
            if not leg.removed.is_set():
                # The sockets stay open: the engine may still use their descriptors.
                raise MediaError("the media engine does not let go of a leg: its thread is stuck")
            native.release()
            pair.release()

    def open_room(self, rate_hz: int = _SAMPLE_RATE_HZ) -> AbstractAsyncContextManager[Room]:
        """A room in which legs hear one another, mixed at 8000 or 16000 Hz, for as long as the block runs."""
        return open_room(self._native, rate_hz)

    def _make_native(self, parameters: LegParameters, pair: PortPair) -> NativeLeg:
        format = parameters.format
        try:
            native = NativeLeg(
                pair.rtp.fileno(),
                wire=native_wire(format, rate_hz_of(format)),
                ssrc=parameters.ssrc,
                sequence=self._rng.getrandbits(
                    15
                ),  # the upper half is left free, RFC 3711 section 3.3.1's advice
                timestamp=self._rng.getrandbits(32),
                barge_in=parameters.barge_in is BargeInPolicy.IMMEDIATE,
                timeout_samples=int(parameters.media_timeout_s * _SAMPLE_RATE_HZ),
                record=parameters.record,
                vad_mode=parameters.vad_mode,
                start_ms=parameters.speech_start_ms,
                stop_ms=parameters.speech_stop_ms,
                rtcp_fd=pair.rtcp.fileno(),
                cname=b"%024x" % self._rng.getrandbits(96),  # RFC 7022 section 4.2
                seed=self._rng.getrandbits(64),
                **_learning(parameters),
                echo_guard=parameters.echo_guard,
                tones=hears_tones(parameters.inband_digits, format),
                follows=parameters.barge_in is BargeInPolicy.IMMEDIATE,
            )
        except (ValueError, MemoryError) as error:
            raise MediaError(str(error)) from error
        native.set_peer(packed_peer(parameters.remote))
        return native

    async def _dispatch(self) -> None:
        while True:
            await trio.lowlevel.wait_readable(self._native.fileno())
            self._drain()

    async def _tend_ports(self) -> None:
        """Give rested ports back even while no call comes that asks for one."""
        while True:
            await trio.sleep(_PORTS_TENDED_S)
            self._ports.wake()

    def _drain(self) -> None:
        woken, ready, removed, lag_s = self._native.dispatch()
        now = monotonic_now()
        if lag_s >= self._lag_s or now - self._lag_at >= _LAG_WINDOW_S:
            self._lag_s, self._lag_at = lag_s, now
        for task in woken:
            reschedule(task)
        for index, flags, events in ready:
            self._legs[index].deliver(flags, events)
        for index in removed:
            self._legs.pop(index).end()


def _learning(parameters: LegParameters) -> dict[str, int]:
    """Whose packets the leg may turn to, as the native leg has it."""
    match parameters.nat:
        case NatPolicy.ANY:
            return {"nat": 2}
        case NatPolicy.SIGNALLING if parameters.signalling_host:
            return {"nat": 1, "nat_host": packed_host(parameters.signalling_host)}
    return {"nat": 0}


@contextmanager
def _calm_collector() -> Iterator[None]:
    """A wider youngest generation of the garbage collector, for as long as the block runs.

    Ten times a second each call's tasks end one await and park in the next. To the collector the coroutines
    of some thousand calls look like a heap that grows: with the interpreter's 700 it runs all the time, for
    a seventh of all Python time at 1,200 calls, and finds nothing.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _YOUNG_OBJECTS) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _run(engine: MediaEngine, native: NativeEngine, realtime: bool) -> None:
    """The engine thread: says how it is scheduled and never comes back to Python until it is stopped."""
    host = look_at_host()
    report = take_best(realtime, host)
    engine.scheduling = report.scheduling
    log = get_logger("media")
    say = log.info if report.scheduling is Scheduling.FIFO or not realtime else log.warning
    say(
        "engine-started",
        realtime=report.scheduling is Scheduling.FIFO,
        scheduling=report.scheduling.name.lower(),
        reason=report.reason,
        advice=list(report.advice),
        cpus=host.cpus,
    )
    native.run()


@asynccontextmanager
async def open_media_engine(settings: MediaSettings, *, rng: Random) -> AsyncIterator[MediaEngine]:
    """The engine with its thread, for as long as the block runs. Legs must be closed before it is left."""
    native = NativeEngine(settings.max_legs)
    engine = MediaEngine(settings, native, rng)
    thread = threading.Thread(
        target=_run, args=(engine, native, settings.realtime), name="aywa-media", daemon=True
    )
    with _calm_collector():
        async with trio.open_nursery() as nursery:
            thread.start()
            nursery.start_soon(engine._dispatch)
            nursery.start_soon(engine._tend_ports)
            try:
                yield engine
            finally:
                nursery.cancel_scope.cancel()
                engine._ports.close()
                native.stop()
                thread.join(_STOP_S)  # returns within one tick of 1 ms
                if thread.is_alive():
                    get_logger("media").error("engine-stuck")
                else:
                    native.close()
