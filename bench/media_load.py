"""Calls on the media engine under load: what a call's Python does for its audio, and what it costs."""

from __future__ import annotations

import gc
import os
import platform
import resource
import threading
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import trio

from aywa._native.resample import Upsampler
from aywa._native.scheduling import make_fifo
from aywa.media.engine import EngineLoad, MediaEngine, open_media_engine
from aywa.media.events import LowWater, PcmReady, SpeechStarted, SpeechStopped
from aywa.media.leg import Leg
from aywa.media.ports import PortPair
from aywa.ports.voice import VoiceSession
from aywa.settings import MediaSettings
from bench.loadgen import LoadGenerator, LoadResult, open_load_generator
from bench.speech_loop import speech_loop
from bench.variants import VARIANTS, Variant

SETTINGS = MediaSettings(rtp_port_min=10000, rtp_port_max=32767, max_legs=8192, port_quarantine_s=0.0)
ENGINE_CORE, LOAD_CORE = 0, 1
_PRIORITY = 20  # the engine thread's
ENGINE_THREAD = "aywa-media"
PIECE = 1600  # samples of TTS that arrive at once: 200 ms


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: calls, share of one core the process and its engine thread used, what the phones
    heard, the engine's figures.
    """

    calls: int
    cpu: float
    engine_cpu: float
    heard: LoadResult
    load: EngineLoad | None
    uplink_bytes: int
    memory_per_call_kib: float
    fault: str = ""  # of what the variant did beside the calls

    @property
    def clean(self) -> bool:
        """No packet lost either way, nothing went wrong beside and pacing within 5 ms at p99."""
        lost = self.heard.missing or self.fault or (self.load is not None and self.load.uplink_overrun_ms)
        return not lost and self.heard.deviation_us["p99"] <= 5000


@dataclass
class _Tally:
    uplink_bytes: int = 0


async def _converse(leg: Leg, speech: bytes, offset: int, tally: _Tally, judge: VoiceSession | None) -> None:
    """Always talks, stops for speech, starts a new turn when the caller has stopped; takes all PCM."""
    scale = leg.rate_hz // 8000
    at, piece = offset * scale, PIECE * scale

    def feed() -> None:
        nonlocal at
        while taken := leg.write_nowait(speech[2 * at : 2 * (at + piece)], leg.epoch):
            at = (at + taken) % (len(speech) // 2 - piece)

    def hear() -> None:
        # In a function of its own: a call that waits holds no audio in its locals.
        pcm = leg.read_uplink()
        tally.uplink_bytes += len(pcm)
        if judge is not None:
            judge.feed_nowait(pcm, leg.uplink_end)

    feed()
    while True:
        event = await leg.next_event()
        if isinstance(event, PcmReady):
            hear()
        elif isinstance(event, LowWater):
            feed()
        elif isinstance(event, SpeechStarted):
            leg.flush()
            if judge is not None:
                judge.speech_started(event.sample)
        elif isinstance(event, SpeechStopped):
            leg.commit(leg.epoch)
            feed()
            if judge is not None:
                judge.speech_stopped(event.sample)


async def _open_calls(
    engine: MediaEngine, stack: AsyncExitStack, remotes: list[int], variant: Variant
) -> tuple[list[Leg], list[PortPair]]:
    rng = Random(9)
    legs, ports = [], []
    for remote in remotes:
        pair = engine.reserve_port()
        parameters = variant.leg(("127.0.0.1", remote), rng.getrandbits(32))
        legs.append(await stack.enter_async_context(engine.open_leg(parameters, ports=pair)))
        ports.append(pair)
    return legs, ports


async def _measure_calls(load: LoadGenerator, variant: Variant, warm_up_s: float, seconds: float) -> Run:
    speech, _ = speech_loop(Path("/usr/share/asterisk/sounds/en_US_f_Allison"))
    start = 100 * 320
    # Backwards: what sounds like the phones' own recording would rightly be taken for its echo.
    speech = array("h", array("h", speech[start : start + 2 * 16000])[::-1]).tobytes()
    wide = Upsampler().process(speech)
    tally = _Tally()
    calls = len(load.ports)
    resident = _resident_kib()
    async with open_media_engine(SETTINGS, rng=Random(2)) as engine, AsyncExitStack() as stack:
        legs, ports = await _open_calls(engine, stack, load.ports, variant)
        async with variant.beside(legs) as company, trio.open_nursery() as nursery:
            for index, leg in enumerate(legs):
                spoken = speech if leg.rate_hz == 8000 else wide
                judge = company.judges[index] if company.judges else None
                nursery.start_soon(_converse, leg, spoken, index * 331 % 12000, tally, judge)
            load.start([pair.port for pair in ports], warm_up_s=warm_up_s, seconds=seconds)
            await trio.to_thread.run_sync(load.wait_measuring)
            overrun_before = engine.load().uplink_overrun_ms
            used, tally.uplink_bytes = cpu_meter(), 0
            heard = await trio.to_thread.run_sync(load.wait_result)
            share, engine_share = used()
            figures, wrong = engine.load(), company.fault()
            memory = (_resident_kib() - resident) / calls
            assert figures.uplink_overrun_ms >= overrun_before
            nursery.cancel_scope.cancel()
    return Run(calls, share, engine_share, heard, figures, tally.uplink_bytes, memory, wrong)


def run_calls(calls: int, *, warm_up_s: float, seconds: float, variant: Variant = VARIANTS["plain"]) -> Run:
    """So many calls on this process, pinned to one core, with the load generator on another."""
    pin(ENGINE_CORE)
    with open_load_generator(calls, core=load_core(), sound=variant.sound) as load:
        gc.collect()
        gc.freeze()
        return trio.run(_measure_calls, load, variant, warm_up_s, seconds)


def run_floor(calls: int, *, warm_up_s: float, seconds: float) -> Run:
    """The same sends and receives without an engine: the kernel's share of the bill."""
    import socket

    from bench.loadgen import build

    build()
    from bench.loadgen.floor import Floor

    pin(ENGINE_CORE)
    with open_load_generator(calls, core=load_core()) as load:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(calls)]
        for leg in sockets:
            leg.setblocking(False)
            leg.bind(("127.0.0.1", 0))
        floor = Floor([leg.fileno() for leg in sockets], load.ports)

        def run() -> None:
            make_fifo(_PRIORITY)
            floor.run()

        thread = threading.Thread(target=run, name=ENGINE_THREAD)
        thread.start()
        try:
            load.start([leg.getsockname()[1] for leg in sockets], warm_up_s=warm_up_s, seconds=seconds)
            load.wait_measuring()
            used = cpu_meter()
            heard = load.wait_result()
            share, engine_share = used()
        finally:
            floor.stop()
            thread.join()
            for leg in sockets:
                leg.close()
    return Run(calls, share, engine_share, heard, None, 0, 0.0)


def cpu_meter() -> Callable[[], tuple[float, float]]:
    """Starts measuring; the function it returns gives the shares of one core that the process and that its
    engine thread have had since, by the scheduler's own account.
    """
    media = next(thread for thread in threading.enumerate() if thread.name == ENGINE_THREAD)
    account = Path(f"/proc/self/task/{media.native_id}/schedstat")

    def used() -> tuple[float, float, float]:
        return time.monotonic(), time.process_time(), int(account.read_text().split()[0]) * 1e-9

    began = used()

    def shares() -> tuple[float, float]:
        wall, process, engine = (now - then for now, then in zip(used(), began, strict=True))
        return process / wall, engine / wall

    return shares


@contextmanager
def gil_hog(hold_s: float, pause_s: float) -> Iterator[Callable[[], list[float]]]:
    """A thread that holds the GIL for `hold_s` without giving it up, pauses, and does so again.

    Yields a function that returns how long the holds really were, in seconds.
    """
    numbers = list(range(1_000_000))
    began = time.perf_counter()
    sum(numbers)
    count = int(len(numbers) * hold_s / (time.perf_counter() - began))
    part = (numbers * (count // len(numbers) + 1))[:count]
    stop = threading.Event()
    held: list[float] = []

    def hog() -> None:
        while not stop.wait(pause_s):
            begin = time.perf_counter()
            sum(part)  # one call into C: the interpreter cannot take the GIL away in it
            held.append(time.perf_counter() - begin)

    thread = threading.Thread(target=hog)
    thread.start()
    try:
        yield lambda: held
    finally:
        stop.set()
        thread.join()


def pin(core: int) -> None:
    """This process on one core, if there is another one for the load."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


def load_core() -> int | None:
    """The load generator's core, if there is one."""
    return LOAD_CORE if (os.cpu_count() or 1) > 1 else None


def raise_file_limit() -> None:
    """Two sockets a call need more descriptors than a shell gives."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 65536, hard))


def machine() -> str:
    """Where and when: processor, cores, kernel, date."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}"


def _resident_kib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return float(line.split()[1])
    return 0.0
