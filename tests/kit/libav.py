"""FFmpeg's codecs through PyAV: independent implementations to compare with."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pytest
import soxr

Samples = npt.NDArray[np.int16]


def require() -> None:
    """Skip the test with the reason when PyAV is missing; in CI (CI=true) fail instead."""
    if find_spec("av") is not None:
        return
    reason = "no FFmpeg to compare with: pip install av"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def encode(name: str, samples: Samples, rate: int, options: dict[str, str] | None = None) -> list[bytes]:
    """Packets of 20 ms (the last may be shorter) that FFmpeg's encoder `name` makes of mono samples."""
    import av

    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"  # type: ignore[assignment]
    context.options = options or {}
    context.open()
    packets: list[bytes] = []
    size = context.frame_size or rate // 50
    for at in range(0, len(samples), size):
        part = np.ascontiguousarray(samples[at : at + size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts = rate, at
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets + [bytes(packet) for packet in context.encode(None)]


def decode(name: str, packets: Iterable[bytes], rate: int) -> Iterator[Samples]:
    """What FFmpeg's decoder `name` gives for each packet, mono 16-bit."""
    import av

    context = av.CodecContext.create(name, "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = rate, "mono"  # type: ignore[assignment]
    context.open()
    for payload in packets:
        for frame in context.decode(av.Packet(payload)):
            made = frame.to_ndarray().ravel()
            if made.dtype != np.int16:
                made = np.clip(np.rint(made * 32768), -32768, 32767)
            yield made.astype(np.int16)


def encode_stereo(
    name: str, left: Samples, right: Samples, rate: int, options: dict[str, str]
) -> list[bytes]:
    """Packets of 20 ms that FFmpeg's encoder `name` makes of two channels."""
    import av

    context = av.CodecContext.create(name, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, "stereo", "s16"  # type: ignore[assignment]
    context.options = options
    context.open()
    packets: list[bytes] = []
    both = np.stack([left, right], axis=1)
    for at in range(0, len(both) - context.frame_size + 1, context.frame_size):
        part = np.ascontiguousarray(both[at : at + context.frame_size]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = rate, at
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets


def resampled(samples: Samples, source: int, target: int) -> Samples:
    """Another rate, by soxr."""
    made = soxr.resample(samples.astype(np.float64), source, target)
    return np.clip(np.rint(made), -32768, 32767).astype(np.int16)
