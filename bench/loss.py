"""What bad networks leave of recorded speech: PESQ of ours beside silence, repetition, Appendix I and Opus.

Needs the extra `bench` (pesq) and the recordings of asterisk-core-sounds-en-wav; libopus for its two columns.
Exits with 1 when the concealment misses its bounds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean

import numpy as np

from bench.heat_map import heat_map
from bench.opus_peer import library, opus_repaired
from tests.kit.losses import (
    FRAME,
    PROMPTS,
    Samples,
    appendix_i,
    bridged,
    bursts,
    gilbert_elliott,
    mu_law_speech,
    repeated,
    silenced,
    speech,
    uniform,
)
from tests.kit.playout import Packet, packets, play, uniform_jitter

PLOT = Path(__file__).parent / "results" / "loss.svg"
SEEDS = 2
BOUNDS = {0.01: 4.11, 0.03: 3.70, 0.05: 3.48, 0.10: 2.92}
QUEUE = 3  # packets (60 ms) that the plain queue waits for


@dataclass(frozen=True, slots=True)
class Condition:
    """One row: which frames are lost, or how late packets are and how the clocks drift."""

    name: str
    lost: Callable[[int, Random], list[bool]] | None = None
    jitter_ms: float = 0.0
    drift: float = 0.0


LOSSES = (
    Condition("no loss", lambda count, _: [False] * count),
    Condition("uniform 1 %", lambda count, rng: uniform(count, 0.01, rng)),
    Condition("uniform 2 %", lambda count, rng: uniform(count, 0.02, rng)),
    Condition("uniform 3 %", lambda count, rng: uniform(count, 0.03, rng)),
    Condition("uniform 5 %", lambda count, rng: uniform(count, 0.05, rng)),
    Condition("uniform 10 %", lambda count, rng: uniform(count, 0.10, rng)),
    Condition("uniform 20 %", lambda count, rng: uniform(count, 0.20, rng)),
    Condition("bursts of 2, 5 %", lambda count, rng: bursts(count, 2, 0.05, rng)),
    Condition("bursts of 2-5, 5 %", lambda count, rng: bursts(count, 5, 0.05, rng)),
    Condition("Gilbert-Elliott 5 %", lambda count, rng: gilbert_elliott(count, 0.05, 3, rng)),
    Condition("Gilbert-Elliott 10 %", lambda count, rng: gilbert_elliott(count, 0.10, 3, rng)),
)
DELAYS = (
    Condition("jitter 20 ms", jitter_ms=20),
    Condition("jitter 50 ms", jitter_ms=50),
    Condition("jitter 100 ms", jitter_ms=100),
    Condition("drift +1 %", jitter_ms=5, drift=0.01),
    Condition("drift -1 %", jitter_ms=5, drift=-0.01),
    Condition("drift +2.5 %", jitter_ms=5, drift=0.025),
    Condition("drift -2.5 %", jitter_ms=5, drift=-0.025),
)
REPAIRS: dict[str, Callable[[Samples, Sequence[bool]], Samples | None]] = {
    "silence": silenced,
    "repetition": repeated,
    "Appendix I": appendix_i,
    "ours": bridged,
    "Opus PLC": lambda clean, lost: opus_repaired(clean, lost, fec=False),
    "Opus FEC": lambda clean, lost: opus_repaired(clean, lost, fec=True),
}


def score(reference: Samples, heard: Samples | None) -> float | None:
    """PESQ, narrowband (ITU-T P.862, raised to MOS-LQO by P.862.1)."""
    from pesq import pesq

    return None if heard is None else float(pesq(8000, reference, heard, "nb"))


def loss_scores(task: tuple[int, str, int]) -> dict[str, float | None]:
    """One prompt under one loss: every repair against the recording, and ours against mu-law without loss."""
    row, name, seed = task
    condition, carried = LOSSES[row], mu_law_speech(name)
    assert condition.lost is not None
    lost = condition.lost(len(carried) // FRAME, Random(f"{condition.name} {name} {seed}"))
    scores = {}
    for kind, repair in REPAIRS.items():
        original = kind.startswith("Opus")
        scores[kind] = score(speech(name), repair(speech(name) if original else carried, lost))
    for kind in ("silence", "ours"):
        scores[f"{kind} to mu-law"] = score(carried, REPAIRS[kind](carried, lost))
    return scores


def plain_queue(sent: list[Packet], until: int) -> Samples:
    """The usual simple buffer: waits for 60 ms, is silent when empty, drops the oldest beyond 120 ms."""
    queue: list[bytes] = []
    parts, at, begun = [], 0, False
    for now in range(1, until, FRAME):
        while at < len(sent) and sent[at].arrival <= now:
            queue.append(sent[at].pcm)
            at += 1
        queue = queue[-2 * QUEUE :]
        begun = begun or len(queue) >= QUEUE
        parts.append(queue.pop(0) if begun and queue else bytes(2 * FRAME))
    return np.frombuffer(b"".join(parts), np.int16)


def delay_scores(task: tuple[int, str]) -> dict[str, float | None]:
    """One prompt through the jitter buffer and through a plain queue."""
    row, name = task
    condition, carried = DELAYS[row], mu_law_speech(name)
    # Once more before it, so that the buffer has settled when the measured part begins.
    twice = np.concatenate([carried, carried])
    sent = packets(twice, uniform_jitter(condition.jitter_ms, Random(name)), drift=condition.drift)
    half, until = round(len(carried) * (1 + condition.drift)), round(len(twice) * (1 + condition.drift))
    played = play(sent, until + 1600)
    settled = half // FRAME
    return {
        "plain queue": score(speech(name), plain_queue(sent, until + 1600)[half:]),
        "ours": score(speech(name), played.pcm[half:]),
        "buffered ms": fmean(played.buffered[settled:-10]) / 8,
        "concealed %": 100 - 100 * sum(played.real[settled:-10]) / (FRAME * len(played.real[settled:-10])),
    }


def mean(scores: Sequence[dict[str, float | None]], kind: str) -> float | None:
    """Over prompts and seeds; None where the peer is missing."""
    values = [value for each in scores if (value := each[kind]) is not None]
    return fmean(values) if values else None


def table(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None]]]) -> None:
    """As Markdown."""
    print("| | " + " | ".join(columns) + " |\n|---" + "|--:" * len(columns) + "|")
    for name, values in rows:
        print(f"| {name} | " + " | ".join("" if v is None else f"{v:.2f}" for v in values) + " |")


def bounds_met(by_name: dict[str, list[dict[str, float | None]]]) -> bool:
    """Print ours beside what must be reached; the reference is mu-law without loss, so clean scores 4.55."""
    print(
        "\nAgainst the mu-law signal without loss (which itself scores 4.55), beside what must be reached:\n"
    )
    rows = []
    for rate, bound in BOUNDS.items():
        scores = by_name[f"uniform {round(100 * rate)} %"]
        rows.append(
            (f"{rate:.0%}", (bound, mean(scores, "ours to mu-law"), mean(scores, "silence to mu-law")))
        )
    table(("bound", "ours", "silence"), rows)
    return all(row[1] is not None and row[1] >= row[0] for _, row in rows if row[0] is not None)


def main() -> int:
    """Print the tables and write the heat map."""
    opus = library()
    print(
        f"{len(PROMPTS)} prompts of up to 8 s, {SEEDS} patterns each; "
        "mean PESQ-NB against the recording, 20 ms frames."
    )
    print(
        f"Opus: {opus.opus_get_version_string().decode() if opus else 'not installed'}, 16 kHz, 24 kbit/s.\n"
    )
    by_name: dict[str, list[dict[str, float | None]]] = {}
    with ProcessPoolExecutor() as pool:
        for row, condition in enumerate(LOSSES):
            tasks = [(row, name, seed) for name in PROMPTS for seed in range(SEEDS)]
            by_name[condition.name] = list(pool.map(loss_scores, tasks))
        for row, condition in enumerate(DELAYS):
            by_name[condition.name] = list(pool.map(delay_scores, [(row, name) for name in PROMPTS]))
    losses = [(c.name, [mean(by_name[c.name], kind) for kind in REPAIRS]) for c in LOSSES]
    table(tuple(REPAIRS), losses)
    met = bounds_met(by_name)
    columns = ("plain queue", "ours", "buffered ms", "concealed %")
    delays = [(c.name, [mean(by_name[c.name], kind) for kind in columns]) for c in DELAYS]
    print("\nThrough a playout buffer (a drift alone costs PESQ much, because it compares by the clock):\n")
    table(columns, delays)
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_text(heat_map("PESQ-NB of recorded speech after losses", tuple(REPAIRS), losses), "utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
