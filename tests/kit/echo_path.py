"""A phone leg with echo: what was sent comes back late, quieter and bent, with a caller and line noise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from aywa._native.echo import EchoGuard
from aywa._native.g711 import decode_ulaw, encode_ulaw
from aywa._native.speech import SpeechMonitor

FRAME = 160
RATE_HZ = 8000
LEAD_FRAMES = 15  # silence before a sentence, in which the detector learns the background

Samples = NDArray[np.float64]


class PathKind(Enum):
    """What bends the echo."""

    LINE = "line"  # a two-wire hybrid: a few taps
    HANDSET = "handset"  # a telephone's body: 300-3400 Hz, reflections of 6 ms
    CODEC = "codec"  # a handset behind a low-rate codec: narrow, clipped softly, coarse in level


@dataclass(frozen=True, slots=True)
class EchoPath:
    """The way back: `delay_ms` of the first sound, `loss_db` of energy; None of loss is no echo at all.

    `wander`: share of the path that is another one at the end (slow change). `jump_ms`: added to the delay
    from the middle on.
    """

    delay_ms: float
    loss_db: float | None
    kind: PathKind = PathKind.LINE
    wander: float = 0.0
    jump_ms: float = 0.0


def over_ulaw(pcm: Samples) -> Samples:
    """Through one mu-law coder and decoder."""
    clipped = np.clip(np.rint(pcm), -32768, 32767).astype("<i2").tobytes()
    return np.frombuffer(decode_ulaw(encode_ulaw(clipped)), "<i2").astype(np.float64)


def scaled(pcm: Samples, level_db: float) -> Samples:
    """Brought to this level (dBFS, active speech: mean over the frames within 25 dB of the loudest)."""
    frames = pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME)
    energy = (frames**2).mean(axis=1)
    active = energy[energy > energy.max() * 10**-2.5].mean()
    return pcm * (32768 * 10 ** (level_db / 20) / np.sqrt(active))


def _taps(kind: PathKind, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    if kind is PathKind.LINE:
        taps = np.zeros(24)
        taps[:6] = [0.15, 0.9, -0.35, 0.12, -0.06, 0.03]
        return taps + rng.normal(0, 0.02, 24) * np.exp(-np.arange(24) / 8)
    at = np.arange(64)
    reflections = rng.normal(0, 0.25, 48) * np.exp(-np.arange(48) / 12)
    reflections[0] = 1.0
    low, high = (400, 2600) if kind is PathKind.CODEC else (300, 3400)
    centred = at[:33] - 16.0
    band = (2 * high / RATE_HZ) * np.sinc(2 * high / RATE_HZ * centred)
    band -= (2 * low / RATE_HZ) * np.sinc(2 * low / RATE_HZ * centred)
    return np.convolve(reflections, band * np.hamming(33))


def _bend(pcm: Samples, kind: PathKind, seed: int) -> Samples:
    bent = np.convolve(pcm, _taps(kind, seed))[: len(pcm)]
    if kind is not PathKind.CODEC:
        return bent
    drive = 2.0 * np.sqrt(np.mean(bent**2) + 1)
    bent = drive * np.tanh(bent / drive)
    rng = np.random.default_rng(seed)
    smooth = np.convolve(np.abs(bent), np.ones(40) / 40, "same")
    return (
        bent + rng.normal(0, 1, len(bent)) * smooth * 0.15
    )  # noise that follows the speech, as coders make it


def echo_of(sent: Samples, path: EchoPath, seed: int = 1) -> Samples:
    """What comes back of `sent`, at the same places on the timeline, as long as `sent`."""
    if path.loss_db is None:
        return np.zeros(len(sent))
    back = _bend(sent, path.kind, seed)
    if path.wander:
        share = np.linspace(0, path.wander, len(sent))
        back = (1 - share) * back + share * _bend(sent, path.kind, seed + 1000)
    loud = np.sqrt(np.mean(sent**2) / max(np.mean(back**2), 1e-9))
    back *= loud * 10 ** (-path.loss_db / 20)
    delay = round(path.delay_ms * 8)
    late = np.concatenate([np.zeros(delay), back])[: len(sent)]
    if path.jump_ms:
        later = np.concatenate([np.zeros(delay + round(path.jump_ms * 8)), back])[: len(sent)]
        late[len(sent) // 2 :] = later[len(sent) // 2 :]
    return late


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one leg: `starts` are (position of the frame that told it, onset)."""

    starts: list[tuple[int, int]]
    verdicts: list[int]
    given: Samples
    raw: Samples


def run(guard: EchoGuard | None, monitor: SpeechMonitor, sent: Samples, heard: Samples, at: int = 0) -> Heard:
    """Guard and detector over one piece of a call that begins at timeline `at`; both directions mu-law.

    None of guard: the detector alone.
    """
    raw = over_ulaw(heard)
    down = np.clip(sent, -32768, 32767).astype("<i2").tobytes()
    up = raw.astype("<i2").tobytes()
    starts, verdicts, pieces = [], [], []
    for place in range(0, 2 * (len(sent) // FRAME) * FRAME, 2 * FRAME):
        position = at + place // 2
        pcm, verdict = up[place : place + 2 * FRAME], 0
        if guard is not None:
            guard.sent(position, down[place : place + 2 * FRAME])
            pcm, verdict = guard.process(position, pcm)
        found = monitor.receive(pcm, position)
        if found is not None and found[0] == "started":
            starts.append((position, found[1]))
        verdicts.append(verdict)
        pieces.append(pcm)
    given = np.frombuffer(b"".join(pieces), "<i2").astype(np.float64)
    return Heard(starts, verdicts, given, raw[: len(given)])


def padded(sentence: Samples, tail_frames: int = 25) -> Samples:
    """The sentence as it is sent: through mu-law, silence before and after."""
    before, after = np.zeros(LEAD_FRAMES * FRAME), np.zeros(tail_frames * FRAME)
    whole = np.concatenate([before, over_ulaw(sentence), after])
    return whole[: len(whole) // FRAME * FRAME]


def line_noise(samples: int, level_db: float, seed: int) -> Samples:
    """White noise at this level, dBFS."""
    return np.random.default_rng(seed).normal(0, 32768 * 10 ** (level_db / 20), samples)
