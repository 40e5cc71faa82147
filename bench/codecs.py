"""What to time of the codecs: packets of 20 ms each way, and the same through FFmpeg (PyAV) if installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TypeAlias

import numpy as np

from aywa._native.codec import NativeCodec
from aywa._native.comfort_noise import NoiseGenerator

Work: TypeAlias = Callable[[], object]

# Name here, PCM rate, RTP clock, FFmpeg's encoder and decoder.
_CODECS = (
    ("PCMU", 8000, 8000, "pcm_mulaw", "pcm_mulaw"),
    ("PCMA", 8000, 8000, "pcm_alaw", "pcm_alaw"),
    ("L16", 16000, 16000, "pcm_s16be", "pcm_s16be"),
    ("G722", 16000, 8000, "g722", "g722"),
    ("opus", 8000, 48000, "libopus", "libopus"),
    ("opus", 16000, 48000, "libopus", "libopus"),
)
# As ours: complexity 5, VOIP, the same bit rate.
_OPTIONS = {"opus": {"application": "voip", "compression_level": "5", "frame_duration": "20"}}
_BITRATES = {8000: "16000", 16000: "24000"}
_NOISE = bytes([50, 100, 140, 120, 130, 127, 126, 128, 127])


@dataclass(frozen=True, slots=True)
class Case:
    """Work on all frames by our code and by FFmpeg's; None where there is no FFmpeg."""

    name: str
    native: Work
    ffmpeg: Work | None


def cases(signal: Callable[[int], bytes], frames: int) -> Iterator[Case]:
    """Every codec each way, and comfort noise; `signal(n)` makes n samples of PCM."""
    there = find_spec("av") is not None
    for name, rate, clock_hz, encoder, decoder in _CODECS:
        pcm = signal(frames * rate // 50)
        size = rate // 25
        parts = [pcm[at : at + size] for at in range(0, len(pcm), size)]
        codec = NativeCodec(name, rate, clock_hz)
        payloads = [codec.encode(part) for part in parts]
        options = {**_OPTIONS[name], "b": _BITRATES[rate]} if name == "opus" else {}
        yield Case(
            f"{name} {rate // 1000} kHz encode",
            lambda codec=codec, parts=parts: [codec.encode(part) for part in parts],  # type: ignore[misc]
            _ffmpeg_encodes(encoder, rate, parts, options) if there else None,
        )
        yield Case(
            f"{name} {rate // 1000} kHz decode",
            lambda codec=codec, payloads=payloads: [codec.decode(each) for each in payloads],  # type: ignore[misc]
            _ffmpeg_decodes(decoder, rate, payloads) if there else None,
        )
    generator = NoiseGenerator(1)
    generator.receive(_NOISE)
    yield Case(
        "comfort noise of order 8, 8 kHz",
        lambda: [generator.fill(160) for _ in range(frames)],
        _ffmpeg_decodes("comfortnoise", 8000, [_NOISE] * frames) if there else None,
    )


def _ffmpeg_encodes(name: str, rate: int, parts: list[bytes], options: dict[str, str]) -> Work:
    import av

    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"
    context.options = options
    context.open()
    made = []
    for part in parts:
        frame = av.AudioFrame.from_ndarray(np.frombuffer(part, np.int16).reshape(1, -1), "s16", "mono")
        frame.sample_rate = rate
        made.append(frame)
    return lambda: [context.encode(frame) for frame in made]


def _ffmpeg_decodes(name: str, rate: int, payloads: list[bytes]) -> Work:
    import av

    context = av.CodecContext.create(name, "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = rate, "mono"
    context.open()
    packets = [av.Packet(payload) for payload in payloads]
    return lambda: [context.decode(packet) for packet in packets]
