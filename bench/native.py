"""Nanoseconds per 20 ms frame of every native kernel beside its slow Python twin, and soxr for resampling.

Kernels whose functions take any length are timed on 40 frames in one call, so the figure is the loop's. Those
that take one packet or frame at a time are timed through the Python border, about 0.1 us of the figure.
"""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

import numpy as np
import numpy.typing
import soxr
import webrtcvad  # type: ignore[import-untyped]

from aywa._native import g711, pcm, resample, rtp
from aywa._native.echo import EchoGuard
from aywa._native.goertzel import ToneListener
from aywa._native.plc import LossConcealer
from aywa._native.reception import Reception
from aywa._native.reorder import ReorderBuffer
from aywa._native.rtcp import pack_report, parse_report
from aywa._native.srtp import KEY_SIZES, SUITES, CryptSession
from aywa._native.telephone_event import DigitEvents
from aywa._native.tone import ToneTransmitter
from aywa._native.vad import Vad
from aywa.proto.rtp.packet import parse_packet
from bench import codecs
from tests.kit import crypt_soak
from tests.kit.oracles import g711 as slow_g711
from tests.kit.oracles import pcm as slow_pcm
from tests.kit.oracles import resample as slow_resample
from tests.kit.oracles import rtcp as slow_rtcp
from tests.kit.oracles.plc import SlowConcealer
from tests.kit.oracles.reception import SlowReception
from tests.kit.oracles.reorder import SlowReorder
from tests.kit.oracles.srtp import SlowSrtp
from tests.kit.oracles.telephone_event import SlowDigitEvents
from tests.kit.oracles.tones import bin_powers, dtmf, to_pcm

FRAME = 160
FRAMES = 40  # so that the output stays below malloc's mmap threshold: no page faults in the figure
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One kernel: nanoseconds per 20 ms frame, of its twin, and how it was measured."""

    kernel: str
    native_ns: float
    twin: str
    twin_ns: float | None
    border: bool

    @property
    def comparison(self) -> str:
        """The twin's time, its name, and how many times faster the kernel is; "-" without a twin."""
        if self.twin_ns is None:
            return f"{'-':>12} {self.twin:9} {'-':>7}"
        return f"{self.twin_ns:12.0f} {self.twin:9} {self.twin_ns / self.native_ns:7.1f}"


def ns_per_frame(work: Callable[[], object], frames: int, seconds: float = 0.02) -> float:
    """The best of some rounds of `work`, which handles `frames` frames, each round about `seconds` long."""
    start = time.perf_counter()
    work()
    once = time.perf_counter() - start
    repeats = max(1, int(seconds / max(once, 1e-7)))
    best = float("inf")
    for _ in range(ROUNDS if once < 1 else 1):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, (time.perf_counter() - start) / repeats)
    return best / frames * 1e9


def speech_like(samples: int) -> bytes:
    """Noise under a syllable-like envelope at 8 kHz: no constant, which some loops favour."""
    noise = np.random.default_rng(1).standard_normal(samples)
    envelope = np.sin(2 * np.pi * 3 * np.arange(samples) / 8000) ** 2
    return bytes(np.clip(noise * envelope * 5000, -32768, 32767).astype("<i2"))


def stream_rows() -> list[Row]:
    """Kernels that take any length: 40 frames a call, the twin one frame."""
    long, frame = speech_like(FRAME * FRAMES), speech_like(FRAME)
    wide, wide_frame = speech_like(2 * FRAME * FRAMES), speech_like(2 * FRAME)
    ulaw, alaw = g711.encode_ulaw(long), g711.encode_alaw(long)
    up, down = resample.Upsampler(), resample.Downsampler()
    cases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("g711 mu-law decode", lambda: g711.decode_ulaw(ulaw), lambda: slow_g711.decode_ulaw(ulaw[:FRAME])),
        ("g711 A-law decode", lambda: g711.decode_alaw(alaw), lambda: slow_g711.decode_alaw(alaw[:FRAME])),
        ("g711 mu-law encode", lambda: g711.encode_ulaw(long), lambda: slow_g711.encode_ulaw(frame)),
        ("g711 A-law encode", lambda: g711.encode_alaw(long), lambda: slow_g711.encode_alaw(frame)),
        ("resample 8 to 16 kHz", lambda: up.process(long), lambda: slow_resample.upsample(frame)),
        ("resample 16 to 8 kHz", lambda: down.process(wide), lambda: slow_resample.downsample(wide_frame)),
        ("pcm gain", lambda: pcm.apply_gain(long, 20000), lambda: slow_pcm.apply_gain(frame, 20000)),
        ("pcm mix", lambda: pcm.mix(long, long), lambda: slow_pcm.mix(frame, frame)),
        ("pcm peak", lambda: pcm.peak_of(long), lambda: slow_pcm.peak_of(frame)),
        ("pcm energy", lambda: pcm.energy_of(long), lambda: slow_pcm.energy_of(frame)),
    ]
    return [
        Row(name, ns_per_frame(native, FRAMES), "Python", ns_per_frame(twin, 1), border=False)
        for name, native, twin in cases
    ]


def soxr_rows() -> list[Row]:
    """The half-band kernels beside soxr's streams at the quality nearest to theirs, frame by frame."""
    rows = []
    for name, source, target, kernel in (
        ("resample 8 to 16 kHz", 8000, 16000, resample.Upsampler()),
        ("resample 16 to 8 kHz", 16000, 8000, resample.Downsampler()),
    ):
        data = speech_like(source // 50)
        array = np.frombuffer(data, np.int16)
        for quality in ("HQ", "QQ"):
            stream = soxr.ResampleStream(source, target, 1, dtype="int16", quality=quality)
            native = ns_per_frame(lambda kernel=kernel, data=data: kernel.process(data), 1)  # type: ignore[misc]
            theirs = ns_per_frame(lambda stream=stream, array=array: stream.resample_chunk(array), 1)  # type: ignore[misc]
            rows.append(Row(name, native, f"soxr {quality}", theirs, border=True))
    return rows


def vad_and_plc_rows() -> list[Row]:
    """Kernels that take one frame at a time."""
    signal = speech_like(FRAME * FRAMES)
    frames = [signal[at : at + 2 * FRAME] for at in range(0, len(signal), 2 * FRAME)]
    ours, theirs = Vad(2), webrtcvad.Vad(2)

    def judge(vad: Vad) -> Callable[[], object]:
        return lambda: [vad.is_speech(frame, 8000) for frame in frames]

    fast, slow = LossConcealer(), SlowConcealer()

    def hole(concealer: LossConcealer | SlowConcealer, frames: Sequence[bytes]) -> Callable[[], object]:
        def work() -> None:
            for frame in frames:
                concealer.good(frame)
                concealer.conceal(FRAME)

        return work

    return [
        Row(
            "vad mode 2 (twin: its own Python call)",
            ns_per_frame(judge(ours), FRAMES),
            "webrtcvad",
            ns_per_frame(judge(theirs), FRAMES),
            border=True,
        ),
        Row(
            "plc frame that came",
            ns_per_frame(lambda: [fast.good(frame) for frame in frames], FRAMES),
            "Python",
            ns_per_frame(lambda: [slow.good(frame) for frame in frames], FRAMES),
            border=True,
        ),
        Row(
            "plc hole of 20 ms and the frame after",
            ns_per_frame(hole(fast, frames), FRAMES),
            "Python",
            ns_per_frame(hole(slow, frames[:3]), 3),
            border=True,
        ),
    ]


def tone_rows() -> list[Row]:
    """Keys as tones: heard in a frame of silence, of something else and of a press, and made."""
    key = to_pcm(dtmf(5, FRAME * FRAMES))
    rows = []
    for name, signal in (
        ("silence", bytes(2 * FRAME * FRAMES)),
        ("speech", speech_like(FRAME * FRAMES)),
        ("a press", key),
    ):
        frames = [signal[at : at + 2 * FRAME] for at in range(0, len(signal), 2 * FRAME)]
        listener = ToneListener()

        def listen(listener: ToneListener = listener, frames: list[bytes] = frames) -> None:
            for number, frame in enumerate(frames):
                listener.frame(frame, number * FRAME)

        def powers(frames: list[bytes] = frames) -> None:
            for frame in frames:
                bin_powers(frame)

        native, twin = ns_per_frame(listen, FRAMES), ns_per_frame(powers, FRAMES)
        rows.append(Row(f"goertzel, a frame of {name}", native, "numpy", twin, border=True))

    def send() -> None:
        sender = ToneTransmitter()
        sender.start(5, FRAME * 25, 0)
        for _ in range(25):
            sender.next(FRAME)

    rows.append(
        Row(
            "tone",
            ns_per_frame(send, 25),
            "numpy",
            ns_per_frame(lambda: to_pcm(dtmf(5, FRAME)), 1),
            border=True,
        )
    )
    return rows


def codec_rows() -> list[Row]:
    """Every codec each way beside FFmpeg's, and comfort noise."""
    return [
        Row(
            case.name,
            ns_per_frame(case.native, FRAMES),
            "PyAV",
            ns_per_frame(case.ffmpeg, FRAMES) if case.ffmpeg else None,
            border=True,
        )
        for case in codecs.cases(speech_like, FRAMES)
    ]


def packet_rows() -> list[Row]:
    """Kernels that take one packet at a time."""
    packets = [rtp.pack_header(0, False, n, n * FRAME, 7) + bytes(FRAME) for n in range(FRAMES)]
    payload = bytes(FRAME)
    order = list(range(FRAMES))
    rng = Random(1)
    for at in range(0, FRAMES - 1, 10):
        if rng.random() < 0.5:
            order[at], order[at + 1] = order[at + 1], order[at]
    event = b"\x05\x0a\x01\x40"

    def native_order() -> None:
        buffer = ReorderBuffer()
        for index in order:
            buffer.push(index, index * FRAME, payload)
            while buffer.pop() is not None:
                pass

    def slow_order() -> None:
        buffer = SlowReorder()
        for index in order:
            buffer.push(index, payload)
            while buffer.pop() is not None:
                pass

    fast, slow = DigitEvents(), SlowDigitEvents()
    cases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        (
            "rtp parse",
            lambda: [rtp.parse_header(p) for p in packets],
            lambda: [parse_packet(p) for p in packets],
        ),
        ("reorder push and pop, 5 % swapped", native_order, slow_order),
        (
            "telephone-event update",
            lambda: [fast.receive(event, 1000) for _ in order],
            lambda: [slow.receive(event, 1000) for _ in order],
        ),
    ]
    return [
        Row(name, ns_per_frame(native, FRAMES), "Python", ns_per_frame(twin, FRAMES), border=True)
        for name, native, twin in cases
    ]


def rtcp_rows() -> list[Row]:
    """A sender report with a block read, and the statistics of one packet."""
    fast, slow = Reception(7), SlowReception(7)
    report = pack_report(9, b"a-name-of-16-byt", (1, 2, 3), fast, 1 << 40)

    def count(source: Reception | SlowReception) -> Callable[[], object]:
        def work() -> None:
            for index in range(FRAMES):
                source.packet(index)
                source.timing(index * FRAME, index * FRAME + index % 7)

        return work

    return [
        Row(
            "rtcp parse, SR with a block and SDES",
            ns_per_frame(lambda: [parse_report(report, 7) for _ in range(FRAMES)], FRAMES),
            "Python",
            ns_per_frame(lambda: [slow_rtcp.parse(report, 7) for _ in range(FRAMES)], FRAMES),
            border=True,
        ),
        Row(
            "reception statistics (two calls)",
            ns_per_frame(count(fast), FRAMES),
            "Python",
            ns_per_frame(count(slow), FRAMES),
            border=True,
        ),
    ]


Seal: TypeAlias = Callable[[bytes, int], object]


def sealed_and_opened(pair: Callable[[], tuple[Seal, Seal]]) -> tuple[float, float]:
    """Nanoseconds to protect and to unprotect a packet with 160 bytes of sound.

    An index passes only once, so each round has packets and sessions of its own.
    """
    packets = [rtp.pack_header(0, False, n, n * FRAME, 7) + bytes(FRAME) for n in range(50 * FRAMES)]
    best = (float("inf"), float("inf"))
    for _ in range(ROUNDS):
        protect, unprotect = pair()
        start = time.perf_counter()
        sealed = [protect(packet, n) for n, packet in enumerate(packets)]
        middle = time.perf_counter()
        opened = [unprotect(packet, n) for n, packet in enumerate(sealed)]  # type: ignore[arg-type]
        best = min(best[0], middle - start), min(best[1], time.perf_counter() - middle)
        if opened != packets:
            raise AssertionError("what was opened is not what was sealed")
    return best[0] / len(packets) * 1e9, best[1] / len(packets) * 1e9


def srtp_pairs(suite: int) -> dict[str, Callable[[], tuple[Seal, Seal]]]:
    """What makes the two ends of a call: ours, one in Python, pylibsrtp if there."""
    key = bytes(range(KEY_SIZES[suite]))

    def ours() -> tuple[Seal, Seal]:
        sender, receiver = CryptSession(suite, key, key), CryptSession(suite, key, key)
        return lambda packet, _: sender.protect(packet), lambda packet, _: receiver.unprotect(packet)

    def python() -> tuple[Seal, Seal]:
        slow = SlowSrtp(SUITES[suite], key)
        return slow.protect, slow.unprotect

    pairs = {"native": ours, "Python": python}
    if find_spec("pylibsrtp") is not None:
        lib = import_module("pylibsrtp")
        names = ("AES128_CM_SHA1_80", "AES128_CM_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM")
        profile = getattr(lib.Policy, f"SRTP_PROFILE_{names[suite]}")

        def theirs() -> tuple[Seal, Seal]:
            sides = (lib.Policy.SSRC_ANY_OUTBOUND, lib.Policy.SSRC_ANY_INBOUND)
            sender, receiver = (lib.Session(lib.Policy(key, side, 0, profile)) for side in sides)
            return lambda packet, _: sender.protect(packet), lambda packet, _: receiver.unprotect(packet)

        pairs["pylibsrtp"] = theirs
    return pairs


def srtp_rows() -> list[Row]:
    """Each suite, there and back: through Python beside its twins, and as the engine calls it."""
    rows = []
    with TemporaryDirectory() as folder:
        library = crypt_soak.build(Path(folder))
        soaks = [crypt_soak.Call(library, suite).soak(2000) for suite in range(len(SUITES))]
    for suite, name in enumerate(SUITES):
        figures = {twin: sealed_and_opened(pair) for twin, pair in srtp_pairs(suite).items()}
        native = figures.pop("native")
        short = name.removeprefix("AEAD_").replace("_HMAC", "")
        for twin, theirs in figures.items():
            rows.append(Row(f"srtp protect {short}", native[0], twin, theirs[0], border=True))
            rows.append(Row(f"srtp unprotect {short}", native[1], twin, theirs[1], border=True))
        twin, slow = (
            ("pylibsrtp", figures["pylibsrtp"]) if "pylibsrtp" in figures else ("Python", figures["Python"])
        )
        rows.append(Row(f"srtp protect {short}", soaks[suite].protect_ns, twin, slow[0], border=False))
        rows.append(Row(f"srtp unprotect {short}", soaks[suite].unprotect_ns, twin, slow[1], border=False))
    return rows


def echo_rows() -> list[Row]:
    """The echo guard in its three states, beside a numpy correlation of a frame with all it remembers."""
    sent = np.frombuffer(speech_like(FRAME * 100), np.int16)
    other = np.random.default_rng(2).integers(-3000, 3000, len(sent)).astype("<i2")
    late = (np.concatenate([np.zeros(800), sent])[: len(sent)] * 0.1).astype("<i2")
    history, frame = sent[:4096].astype(np.float32), sent[:FRAME].astype(np.float32)
    twin = ns_per_frame(lambda: np.correlate(history, frame), 1)
    silence = np.zeros(len(sent), "<i2")

    def work(down: np.typing.NDArray[np.int16], up: np.typing.NDArray[np.int16]) -> Callable[[], object]:
        sends = [down[at : at + FRAME].tobytes() for at in range(0, len(down), FRAME)]
        hears = [up[at : at + FRAME].tobytes() for at in range(0, len(up), FRAME)]

        def run() -> None:
            guard = EchoGuard()
            for number, (out, back) in enumerate(zip(sends, hears, strict=True)):
                guard.sent(number * FRAME, out)
                guard.process(number * FRAME, back)

        return run

    return [
        Row(name, ns_per_frame(work(down, up), 100), "numpy", twin, border=True)
        for name, down, up in (
            ("echo: nothing sent, caller speaks", silence, other),
            ("echo: sending, caller silent", sent, silence),
            ("echo: locked", sent, late),
            ("echo: searching for a hiss in every frame", sent, other),
            ("echo: searching for a vowel in every frame", sent, np.repeat(other, 8)[: len(sent)]),
        )
    ]


def rows() -> list[Row]:
    """Every kernel, measured now: takes a few seconds."""
    audio = stream_rows() + soxr_rows() + codec_rows() + vad_and_plc_rows() + tone_rows()
    return audio + packet_rows() + rtcp_rows() + srtp_rows() + echo_rows()


def machine() -> str:
    """This machine in one line: CPU model, kernel, Python."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return f"{model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    """Print the table."""
    print(f"Native kernels, ns per 20 ms frame. {machine()}, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}")
    print(f"{'kernel':40} {'native':>9} {'twin':>12} {'':9} {'times':>7}")
    for row in rows():
        star = "*" if row.border else " "
        print(f"{row.kernel:40} {row.native_ns:8.0f}{star} {row.comparison}")
    print("* through the Python border, a call a frame or packet (about 0.1 us of the figure)")


if __name__ == "__main__":
    main()
