"""The engine's own thread and its Trio side on loopback sockets; waits are on events, under deadlines."""

from __future__ import annotations

import os
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
import trio
import trio.testing
from structlog.testing import capture_logs

from aywa._native import g711
from aywa.errors import MediaError, OverloadedError
from aywa.media.engine import MediaEngine, open_media_engine
from aywa.media.events import (
    Digit,
    DigitSent,
    Drained,
    FirstPacket,
    GateClosed,
    LegEvent,
    Mark,
    MediaTimeout,
    PcmReady,
    SpeechStarted,
)
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat
from aywa.media.leg import BargeInPolicy, Leg, LegParameters
from aywa.media.scheduling import Scheduling
from aywa.settings import MediaSettings
from tests.kit.engine_rig import FRAME, Phone, drain, voiced

pytestmark = [pytest.mark.live, pytest.mark.paired]

DEADLINE_S = 20.0
Event = TypeVar("Event", bound=LegEvent)
DECODE = {0: g711.decode_ulaw, 8: g711.decode_alaw}


def settings(**changes: float) -> MediaSettings:
    values: dict[str, float] = {"rtp_port_min": 34000, "rtp_port_max": 38999, "port_quarantine_s": 0.0}
    return MediaSettings(**{**values, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def running(**changes: float) -> AsyncIterator[MediaEngine]:
    with trio.fail_after(DEADLINE_S):
        async with open_media_engine(settings(**changes), rng=Random(5)) as engine:
            yield engine


def packets(payload_type: int) -> MediaFormat:
    """G.711 with key presses."""
    codec = PayloadFormat(Codec.PCMA if payload_type == 8 else Codec.PCMU, payload_type)
    events = EventFormat(101)
    return MediaFormat(send=codec, receive=(codec,), events=events, receive_events=(events,))


def parameters(remote: tuple[str, int] | None, **changes: object) -> LegParameters:
    values: dict[str, object] = {"format": packets(0), "ssrc": 77, "record": True}
    return LegParameters(remote=remote, **{**values, **changes})  # type: ignore[arg-type]


async def wait_for(leg: Leg, kind: type[Event]) -> Event:
    """The next event of this kind; others are passed over."""
    while True:
        event = await leg.next_event()
        if isinstance(event, kind):
            return event


async def until(ready: Callable[[], bool]) -> None:
    """Wait for a condition that another thread makes true; the surrounding deadline bounds it."""
    while not ready():  # noqa: ASYNC110 - the engine thread sets no Trio events
        await trio.sleep(0.002)


async def together(*tasks: Callable[[], Awaitable[object]]) -> None:
    async with trio.open_nursery() as nursery:
        for task in tasks:
            nursery.start_soon(task)


@pytest.mark.parametrize("payload_type", [0, 8])
async def test_two_legs_hear_each_other_bit_exact(payload_type: int) -> None:
    codes = [Random(seed).randbytes(6000).replace(b"\x7f", b"\x70") for seed in (1, 2)]
    pcm = [DECODE[payload_type](code) for code in codes]
    async with running() as engine:
        ports = engine.reserve_port(), engine.reserve_port()
        quiet = {"format": packets(payload_type), "barge_in": BargeInPolicy.OFF}
        async with (
            engine.open_leg(parameters(("127.0.0.1", ports[1].port), **quiet), ports=ports[0]) as a,
            engine.open_leg(parameters(("127.0.0.1", ports[0].port), **quiet), ports=ports[1]) as b,
        ):
            await wait_for(a, FirstPacket)
            await wait_for(b, FirstPacket)

            async def speak(leg: Leg, index: int) -> None:
                assert await leg.write(pcm[index], leg.epoch)
                leg.mark_nowait(9)
                mark = await wait_for(leg, Mark)
                assert (mark.mark_id, mark.played) == (9, 6000)
                end = leg.timeline
                await until(lambda: leg.timeline > end + 1600)

            await together(lambda: speak(a, 0), lambda: speak(b, 1))
            for leg, far in ((a, 1), (b, 0)):
                doubled = array("h", leg.read_uplink())
                # One of the half-band filter's two phases is a plain delay: those are the very samples sent.
                assert any(pcm[far] in doubled[phase::2].tobytes() for phase in (0, 1))
                assert leg.stats().lost == 0


async def test_a_writer_with_a_stale_epoch_is_told_and_nothing_of_it_is_heard() -> None:
    async with running() as engine:
        ports = engine.reserve_port()
        phone = Phone(ports.port)
        with phone.socket:
            async with (
                engine.open_leg(parameters(phone.socket.getsockname()), ports=ports) as leg,
                trio.open_nursery() as nursery,
            ):
                nursery.start_soon(_call_out, phone, leg)
                outcome: list[bool] = []

                async def play() -> None:
                    outcome.append(await leg.write(voiced(80_000), 0))

                nursery.start_soon(play)
                started = await wait_for(leg, SpeechStarted)
                closed = await wait_for(leg, GateClosed)
                assert closed.epoch == started.epoch == leg.epoch == 1
                await until(lambda: bool(outcome))
                assert outcome == [False]
                assert leg.write_nowait(voiced(160), 0) == 0
                assert leg.played == closed.played
                leg.commit(closed.epoch)
                assert await leg.write(voiced(160), closed.epoch)
                drained = await wait_for(leg, Drained)
                assert drained.played == closed.played + 160
                nursery.cancel_scope.cancel()


async def _call_out(phone: Phone, leg: Leg) -> None:
    """Half a second of silence, then speech, each packet on the leg's own clock."""
    quiet, loud = b"\xff" * FRAME, g711.encode_ulaw(voiced(4000, pitch_hz=171.0))
    for frame in [quiet] * 25 + [loud[at : at + FRAME] for at in range(0, 4000, FRAME)]:
        phone.say(frame)
        now = leg.timeline
        await until(lambda now=now: leg.timeline > now)  # type: ignore[misc]


async def test_digits_go_both_ways() -> None:
    async with running() as engine:
        ports = engine.reserve_port(), engine.reserve_port()
        async with (
            engine.open_leg(parameters(("127.0.0.1", ports[1].port)), ports=ports[0]) as a,
            engine.open_leg(parameters(("127.0.0.1", ports[0].port)), ports=ports[1]) as b,
        ):
            await wait_for(a, FirstPacket)
            await wait_for(b, FirstPacket)
            b.send_digit("#")
            a.send_digit("7", 60)
            a.send_digit("d", 60)
            pressed = [await wait_for(b, Digit) for _ in range(2)]
            assert [(event.digit, event.duration_ms) for event in pressed] == [("7", 60), ("D", 60)]
            assert await wait_for(a, DigitSent) == DigitSent("7")
            a.send_digit("1", 60)
            b.send_digit("2", 60)
            assert await wait_for(b, DigitSent) == DigitSent("2")
            with pytest.raises(MediaError):
                a.send_digit("x")


async def test_silence_of_the_network_is_told() -> None:
    async with (
        running() as engine,
        engine.open_leg(parameters(None, media_timeout_s=0.1)) as leg,
    ):
        assert (await wait_for(leg, MediaTimeout)).silent_s == pytest.approx(0.1, abs=0.021)


async def test_a_remote_side_that_is_learnt_later_is_served() -> None:
    async with running() as engine, engine.open_leg(parameters(None)) as leg:
        phone = Phone(leg.local_port)
        with phone.socket:
            before = leg.timeline
            await until(lambda: leg.timeline > before + FRAME)
            assert leg.stats().sent == 0
            leg.set_remote(*phone.socket.getsockname())
            await until(lambda: bool(drain(phone.socket)))
            phone.say(b"\xff" * FRAME)
            await wait_for(leg, FirstPacket)


async def test_1000_legs_come_and_go_under_traffic_without_a_leak() -> None:
    async with running(max_legs=8) as engine:
        phone = Phone(0)
        with phone.socket:
            # The engine's thread looks at the host before it ticks, which takes descriptors for a moment.
            await until(lambda: sum(count for _, count in engine.load().lateness) > 0)
            before = len(os.listdir("/proc/self/fd"))

            async def churn(count: int) -> None:
                for _ in range(count):
                    # A leg's socket hears packets from before it is on the wheel until after it is off.
                    async with engine.open_leg(parameters(phone.socket.getsockname())) as leg:
                        phone.engine_port = leg.local_port
                        for _ in range(5):
                            phone.say(b"\xff" * FRAME)
                        leg.write_nowait(bytes(640), 0)
                        leg.mark_nowait(1)
                        await trio.lowlevel.checkpoint()

            await together(*[lambda: churn(250)] * 4)
            assert len(os.listdir("/proc/self/fd")) == before
        assert engine.load().legs == 0


async def test_cancelling_everything_at_once_lets_go_of_every_leg() -> None:
    with trio.fail_after(DEADLINE_S), trio.CancelScope() as scope:
        async with open_media_engine(settings(), rng=Random(5)) as engine, trio.open_nursery() as nursery:

            async def call() -> None:
                async with engine.open_leg(parameters(("127.0.0.1", 9))) as leg:
                    while True:
                        await leg.next_event()

            for _ in range(50):
                nursery.start_soon(call)
            await until(lambda: engine.load().legs == 50)
            scope.cancel()
    assert scope.cancelled_caught
    assert engine.load().legs == 0


async def test_a_full_engine_refuses_and_the_admitted_leg_goes_on() -> None:
    async with running(max_legs=1) as engine:
        engine.admit()
        async with engine.open_leg(parameters(None)) as leg:
            with pytest.raises(OverloadedError):
                engine.admit()
            with pytest.raises(OverloadedError):
                async with engine.open_leg(parameters(None)):
                    pass
            now = leg.timeline
            await until(lambda: leg.timeline > now)
        engine.admit()
        assert engine.load().free_ports == 2500


async def test_the_load_counts_every_tick() -> None:
    async with running() as engine:
        await until(lambda: sum(count for _, count in engine.load().lateness) > 50)
        load = engine.load()
        assert (load.legs, load.event_overruns, load.uplink_overrun_ms) == (0, 0, 0.0)
        assert isinstance(load.scheduling, Scheduling)
        await until(lambda: engine.load().busy_ratio > 0)
        assert engine.load().busy_ratio < 1


@pytest.mark.parametrize("wanted", [True, False])
async def test_it_says_once_how_the_thread_is_scheduled_and_why(wanted: bool) -> None:
    with capture_logs() as lines:
        async with running(realtime=wanted) as engine:
            await until(lambda: sum(count for _, count in engine.load().lateness) > 0)
            granted = engine.load().scheduling is Scheduling.FIFO
    (line,) = [line for line in lines if line["event"] == "engine-started"]
    assert line["realtime"] is granted
    assert line["scheduling"] in ("fifo", "short_slice", "ordinary")
    assert granted or line["reason"].startswith("SCHED_FIFO was refused: " if wanted else "switched off")


async def test_pcm_that_stands_in_the_mailbox_is_told_once() -> None:
    async with running() as engine, engine.open_leg(parameters(None)) as leg:
        leg.deliver(1, [])
        leg.deliver(1, [(1, 0, 0, 0)])
        assert [await leg.next_event() for _ in range(2)] == [PcmReady(), FirstPacket(0)]
        leg.deliver(1, [])
        assert await leg.next_event() == PcmReady()


async def test_one_waiter_at_a_time_and_none_after_the_end() -> None:
    async with running() as engine:
        async with engine.open_leg(parameters(None)) as leg, trio.open_nursery() as nursery:
            nursery.start_soon(leg.next_event)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(trio.BusyResourceError):
                await leg.next_event()
            nursery.cancel_scope.cancel()
        with pytest.raises(trio.ClosedResourceError):
            await wait_for(leg, Mark)


async def test_an_event_for_a_waiter_that_is_being_cancelled_harms_nothing() -> None:
    async with running() as engine, engine.open_leg(parameters(None)) as leg:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(leg.next_event)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
            leg.deliver(0, [(1, 0, 0, 0)])
        assert await leg.next_event() == FirstPacket(0)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": replace(packets(0), ptime_ms=70)},
        {"vad_mode": 4},
        {"remote": ("::1", 4000)},
        {"remote": ("host", 4000)},
    ],
)
async def test_parameters_that_cannot_be_served_are_refused(changes: dict[str, object]) -> None:
    async with running() as engine:
        remote = changes.pop("remote", None)
        before = engine.load().free_ports
        with pytest.raises(MediaError):
            async with engine.open_leg(parameters(remote, **changes)):  # type: ignore[arg-type]
                pass
        assert engine.load().free_ports == before


async def test_a_thousand_formats_under_a_running_engine_lose_nothing() -> None:
    every = (
        PayloadFormat(Codec.PCMU, 0),
        PayloadFormat(Codec.G722, 9),
        PayloadFormat(Codec.L16, 96),
        PayloadFormat(Codec.OPUS, 111, 48000),
    )
    first = MediaFormat(send=every[0], receive=every)
    rng = Random(4)
    async with running() as engine:
        ports = engine.reserve_port(), engine.reserve_port()
        quiet = {"format": first, "barge_in": BargeInPolicy.OFF}
        async with (
            engine.open_leg(parameters(("127.0.0.1", ports[1].port), **quiet), ports=ports[0]) as near,
            engine.open_leg(parameters(("127.0.0.1", ports[0].port), **quiet), ports=ports[1]) as far,
        ):
            await wait_for(far, FirstPacket)
            resident = _resident_kib()
            for number in range(1000):
                ptime_ms = rng.choice((10, 20, 30, 40, 50, 60))
                near.set_format(replace(first, send=rng.choice(every), ptime_ms=ptime_ms))
                if number % 4 == 0:
                    await trio.sleep(0.001)
                    while far.read_uplink():
                        pass
            # Each of them holds a decoder and perhaps an encoder of Opus: 50 KiB, if one were kept.
            assert _resident_kib() - resident < 20_000
            await until(lambda: near._native.timeline > 0 and far.stats().received > 20)
            received = far.stats().received
            near.set_format(first)
            await until(lambda: far.stats().received > received + 10)
            stats = far.stats()
            assert (stats.lost, stats.duplicate, stats.malformed, stats.source_changes) == (0, 0, 0, 0)
            assert near.stats().received > 20
        await until(lambda: engine._native.figures()["formats"] == 0)


def _resident_kib() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0])
