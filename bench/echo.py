"""Echo guard: false interruptions and words found, for every way back that a telephone leg may have.

Each sentence is a call of its own, so the guard knows no echo when it begins. Both directions pass through
mu-law; the assistant speaks at -20 dBFS; words are recorded, 0.6 s at most, one second into the sentence.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from aywa._native.echo import EchoGuard
from tests.kit.echo_calls import (
    Situation,
    call,
    delays_over_a_known_echo,
    detections,
    false_starts,
    long_enough,
    recorded_sentences,
    spoken_sentences,
)
from tests.kit.echo_path import FRAME, LEAD_FRAMES, EchoPath, PathKind

DELAYS_MS = (40, 80, 150, 250, 400)
COUNT = 30  # calls per cell and delay


def must_reach() -> str:
    """The bound of the issue: 1,000 sentences, 20 dB, with and without noise; and the words over them."""
    sentences = (*recorded_sentences(), *spoken_sentences(100))
    wrong = {
        noise: sum(
            false_starts(sentences[at * 80 :], Situation(EchoPath(delay, 20.0), noise), 200)
            for at, delay in enumerate(DELAYS_MS)
        )
        for noise in (None, -60.0)
    }
    return (
        f"20 dB return loss, {len(sentences)} sentences over 5 delays, 1,000 calls each: "
        f"{wrong[None]} false interruptions without line noise, {wrong[-60.0]} with noise at -60 dBFS."
    )


def share(situation: Situation, count: int) -> str:
    """Words found, and the median wait."""
    found = list(detections(long_enough(recorded_sentences()), situation, count))
    waits = [wait for ok, wait in found if ok]
    return f"{100 * len(waits) / count:.0f} %, {median(waits):.0f} ms" if waits else "0 %"


def row(label: str, path: EchoPath) -> str:
    """One line of the table, over all delays."""
    paths = [replace(path, delay_ms=delay) for delay in DELAYS_MS]
    silent = [
        sum(false_starts(recorded_sentences(), Situation(one, noise), COUNT) for one in paths)
        for noise in (None, -60.0)
    ]
    equal, quieter, start = (
        share(Situation(EchoPath(150, path.loss_db, path.kind, path.wander, path.jump_ms), *rest), COUNT)
        for rest in ((None, 0.0), (None, -6.0), (None, 0.0, LEAD_FRAMES * FRAME))
    )
    total = COUNT * len(paths)
    return f"| {label} | {silent[0]} of {total} | {silent[1]} of {total} | {equal} | {quieter} | {start} |"


def figures() -> str:
    """How exact delay and return loss are."""
    delays, losses = [], []
    for number, sentence in enumerate(recorded_sentences()[:COUNT]):
        guard = EchoGuard()
        call(sentence, Situation(EchoPath(DELAYS_MS[number % 5], 20.0), -60.0), number, guard)
        if guard.delay_samples is not None and guard.return_loss_db is not None:
            delays.append(abs(guard.delay_samples / 8 - DELAYS_MS[number % 5]))
            losses.append(abs(guard.return_loss_db - 20))
    return (
        f"Figures after one sentence at 20 dB: known in {len(delays)} of {COUNT}; delay wrong by "
        f"{median(delays):.2f} ms (median), {max(delays):.2f} (most); return loss by {median(losses):.1f} dB "
        f"(median), {max(losses):.1f} (most)."
    )


def later() -> str:
    """What an echo that is known costs a caller."""
    per_delay = [delays_over_a_known_echo(EchoPath(delay, 20.0), COUNT) for delay in DELAYS_MS]
    waits = sorted(wait for one in per_delay for wait in one)
    return (
        f"{len(waits)} words at 0 dB over a known echo of 20 dB, against no echo and no guard: "
        f"told {median(waits):.0f} ms later (median), {waits[len(waits) * 95 // 100]:.0f} (p95), "
        f"{waits[-1]:.0f} (most)."
    )


def main() -> None:
    """Print the tables."""
    print(must_reach())
    print()
    print(figures())
    print()
    print(later())
    print()
    print("| way back | false | false, noise -60 dBFS | word at 0 dB | word at -6 dB | word at the start |")
    print("|---|---|---|---|---|---|")
    for kind in PathKind:
        for loss in (0.0, 6.0, 10.0, 20.0, 30.0):
            print(row(f"{kind.value}, {loss:.0f} dB", EchoPath(150, loss, kind)), flush=True)
    print(row("line, 20 dB, half of it changes", EchoPath(150, 20.0, wander=0.5)), flush=True)
    for jump in (10.0, 30.0, 100.0):
        print(
            row(f"line, 20 dB, delay jumps by {jump:.0f} ms", EchoPath(150, 20.0, jump_ms=jump)), flush=True
        )
    print(row("no echo", EchoPath(0, None)), flush=True)


if __name__ == "__main__":
    main()
