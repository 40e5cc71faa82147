"""Drives a fuzz target: seeded mutations, a corpus that grows by what was accepted, a limit on CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.kit.fuzz_program import TransactionTarget
from tests.kit.fuzz_targets import DatagramTarget, DigestTarget, SdpTarget, StreamTarget, Target, Trial
from tests.kit.mutate import mutated
from tests.kit.stream_fuzz import AsteriskWsTarget, AudioSocketTarget

TARGETS: dict[str, Callable[[], Target]] = {
    "datagram": DatagramTarget,
    "stream": StreamTarget,
    "sdp": SdpTarget,
    "digest": DigestTarget,
    "transactions": TransactionTarget,
    "audiosocket": AudioSocketTarget,
    "asterisk_ws": AsteriskWsTarget,
}
MS_PER_KIB = 1.0
AGAIN = 40  # times that a slow input is run before it counts as slow: the fastest run is its own cost
_LONGEST = 65_535
_CORPUS = 400  # inputs kept because they were accepted: what lies behind them is reached through them
_AMPLIFIED = 0.03  # the share of inputs in which one piece is said hundreds of times


@dataclass(slots=True)
class Figures:
    """What a run has come to; `worst_ms_per_kib` is CPU time, a started KiB counting whole."""

    inputs: int = 0
    taken: int = 0
    octets: int = 0
    worst_ms_per_kib: float = 0.0
    worst: bytes = b""
    seconds: float = 0.0


class SlowInputError(AssertionError):
    """An input took more than `MS_PER_KIB`, however often it was tried."""


def inputs(seeds: list[bytes], rng: Random) -> Iterator[bytes]:
    """Mutations without end of `seeds`, which may grow meanwhile."""
    while True:
        data = next(mutated(seeds, 1, rng.getrandbits(48)))
        if data and rng.random() < _AMPLIFIED:
            at = rng.randrange(len(data))
            piece = data[at : at + rng.choice((1, 2, 3, 5, 8, 20, 60))]
            times = rng.choice((10, 100, 1000, 10_000, 60_000))
            data = data[:at] + (piece * times)[: rng.choice((300, 4_000, 30_000, 60_000))] + data[at:]
        yield data[:_LONGEST]


def fuzz(target: Target, rng: Random, *, until: Callable[[Figures], bool], timed: bool = True) -> Figures:
    """Feed `target` until `until` says so. Raises what the target raises, with the input in hexadecimal.

    `timed`: also raises SlowInputError. CPU time of this thread counts, not the clock of the wall.
    """
    figures = Figures()
    corpus = list(target.seeds)
    fixed = len(corpus)
    began = time.monotonic()
    for data in inputs(corpus, rng):
        trial = target.trial(data, Random(figures.inputs))
        taken, size, spent = _run(trial, data)
        per_kib = spent * 1e3 / (1 + size // 1024)
        if timed and per_kib > figures.worst_ms_per_kib:
            for _ in range(AGAIN):
                if per_kib <= figures.worst_ms_per_kib:
                    break
                per_kib = min(per_kib, _run(trial, data)[2] * 1e3 / (1 + size // 1024))
            if per_kib > figures.worst_ms_per_kib:
                figures.worst_ms_per_kib, figures.worst = per_kib, data
            if per_kib > MS_PER_KIB:
                raise SlowInputError(f"{per_kib:.2f} ms a KiB: {data.hex()}")
        figures.inputs += 1
        figures.taken += taken
        figures.octets += len(data)
        if taken and len(data) < 4096 and rng.random() < 0.05:
            if len(corpus) < fixed + _CORPUS:
                corpus.append(data)
            else:
                corpus[rng.randrange(fixed, len(corpus))] = data
        figures.seconds = time.monotonic() - began
        if until(figures):
            return figures
    raise AssertionError("the inputs have no end")


def _run(trial: Trial, data: bytes) -> tuple[bool, int, float]:
    """Whether the input was taken, its size, and the CPU seconds it took."""
    began = time.thread_time_ns()
    try:
        outcome = trial()
    except BaseException as error:
        error.add_note(f"the input: {data.hex()}")
        raise
    return outcome.taken, outcome.size, (time.thread_time_ns() - began) * 1e-9
