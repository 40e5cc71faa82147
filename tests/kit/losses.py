"""Which frames a network loses, and speech put together again in several ways (20 ms frames at 8 kHz)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from aywa._native.g711 import decode_ulaw, encode_ulaw
from aywa._native.plc import LossConcealer
from tests.kit.oracles.appendix_i import PitchRepeater
from tests.kit.recordings import read_recording

Samples = npt.NDArray[np.int16]
Repair = Callable[[Samples, Sequence[bool]], Samples]

FRAME = 160
LONGEST = 64000  # samples of a prompt that are used: 8 s
PROMPTS = (
    "demo-congrats", "demo-abouttotry", "demo-instruct", "vm-options", "privacy-prompt", "tt-allbusy",
    "conf-adminmenu", "dir-intro", "vm-msginstruct", "agent-incorrect", "confbridge-only-participant",
    "vm-tempgreeting",
)  # fmt: skip


def speech(name: str) -> Samples:
    """The first 8 s at most of a recorded prompt, in whole frames."""
    pcm = np.frombuffer(read_recording(name), np.int16)[:LONGEST]
    return pcm[: len(pcm) // FRAME * FRAME]


def mu_law_speech(name: str) -> Samples:
    """The prompt as G.711 carries it."""
    return np.frombuffer(decode_ulaw(encode_ulaw(speech(name).tobytes())), np.int16)


def uniform(count: int, rate: float, rng: Random) -> list[bool]:
    """True for each frame lost, independently; the first three come."""
    return [index > 2 and rng.random() < rate for index in range(count)]


def bursts(count: int, longest: int, rate: float, rng: Random) -> list[bool]:
    """Losses of 2 to `longest` frames in a row that together make `rate`, none touching another."""
    lost = [False] * count
    mean = (2 + longest) / 2
    index = 3
    while index + longest < count:
        if rng.random() < rate / (mean * (1 - rate)):
            length = rng.randint(2, longest)
            lost[index : index + length] = [True] * length
            index += length
        index += 1
    return lost


def gilbert_elliott(count: int, rate: float, mean_burst: float, rng: Random) -> list[bool]:
    """A good state that loses 0.5 % and a bad one that loses half, stayed in 2 * `mean_burst` frames."""
    leave = 1 / (2 * mean_burst)
    enter = leave * rate / max(1e-9, 0.5 - rate)
    lost, bad = [], False
    for index in range(count):
        bad = rng.random() >= leave if bad else rng.random() < enter
        lost.append(index > 2 and rng.random() < (0.5 if bad else 0.005))
    return lost


def silenced(clean: Samples, lost: Sequence[bool]) -> Samples:
    """Silence for what is lost."""
    return np.where(np.repeat(np.array(lost), FRAME), 0, clean).astype(np.int16)


def repeated(clean: Samples, lost: Sequence[bool]) -> Samples:
    """The frame before again."""
    frames = clean.reshape(-1, FRAME).copy()
    for index, gone in enumerate(lost):
        if gone:
            frames[index] = frames[index - 1]
    return frames.reshape(-1)


def _frame_by_frame(
    concealer: LossConcealer | PitchRepeater, clean: Samples, lost: Sequence[bool]
) -> Samples:
    frames = clean.reshape(-1, FRAME)
    parts = [
        concealer.conceal(FRAME) if gone else concealer.good(frame.tobytes())
        for frame, gone in zip(frames, lost, strict=True)
    ]
    return np.frombuffer(b"".join(parts), np.int16)


def appendix_i(clean: Samples, lost: Sequence[bool]) -> Samples:
    """ITU-T G.711 Appendix I without its delay."""
    return _frame_by_frame(PitchRepeater(), clean, lost)


def one_sided(clean: Samples, lost: Sequence[bool]) -> Samples:
    """Ours where the frame after the hole is not known."""
    return _frame_by_frame(LossConcealer(), clean, lost)


def bridged(clean: Samples, lost: Sequence[bool]) -> Samples:
    """Ours as the uplink does it: a hole is filled when the frame after it is there."""
    concealer = LossConcealer()
    parts, hole = [], 0
    for frame, gone in zip(clean.reshape(-1, FRAME), lost, strict=True):
        if gone:
            hole += FRAME
            continue
        parts += [concealer.bridge(hole, frame.tobytes()), concealer.good(frame.tobytes())]
        hole = 0
    parts.append(concealer.conceal(hole))
    return np.frombuffer(b"".join(parts), np.int16)
