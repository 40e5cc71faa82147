"""What the runtime itself adds to an answer's delay, beyond wait and services.

Callers ask recorded sentences over real SIP and RTP on loopback. Two ways are measured: from the moment at
which the turn was taken to the request that reaches the model, and from the voice's first byte (or from the
decision, if the answer was made ahead) to the first packet that the caller's socket has, as the kernel
stamped it. A frame every 20 ms means that audio waits for up to 20 ms of the second way.

    python -m bench.turn_overhead [--calls N] [--at-once N] [--seed S]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from aywa.caller.measure import percentile
from bench.media_load import raise_file_limit
from bench.turns.dialogue import Dialogue, chosen, with_pauses
from bench.turns.figures import Run
from bench.turns.measure import Load, run_mode
from bench.turns.modes import MODES
from bench.turns.recordings import installed

_LANGUAGE = "en"
_TURNS = 3
_MOST_MS = 25.0
_MODES = {"asked when the turn is taken": MODES["not-ahead"], "asked ahead": MODES["default"]}


def _dialogue(number: int, seed: int) -> Dialogue:
    """Sentences without a pause in them, on a clean line."""
    rng = Random(f"{seed} {number}")
    recordings = rng.sample(chosen(_LANGUAGE, "all"), _TURNS)
    acts = tuple(with_pauses(recording, [], rng, None) for recording in recordings)
    return Dialogue(f"{number}.{_LANGUAGE}", _LANGUAGE, acts, 0.0, 0.0, None, rng.getrandbits(32))


def _rows(name: str, run: Run) -> tuple[list[str], bool]:
    """Lines of the table, and whether the sum is within its bound."""
    turns = [each for each in run.outcomes if each.request_ms is not None and each.out_ms is not None]
    ways = {
        "decision to request": [each.request_ms or 0.0 for each in turns],
        "first byte to first packet": [each.out_ms or 0.0 for each in turns],
        "both": [(each.request_ms or 0.0) + (each.out_ms or 0.0) for each in turns],
    }
    lines = [
        f"| {name} | {way} | {len(values)} | "
        + " | ".join(f"{percentile(values, rank / 100) or 0.0:.1f}" for rank in (50, 95, 99))
        + " |"
        for way, values in ways.items()
    ]
    worst = percentile(ways["both"], 0.95)
    return lines, worst is not None and worst <= _MOST_MS and not run.failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 when the sum is above its bound, 2 when recordings are missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", action="store_true", help="taken by `python -m bench`")
    wanted = parser.parse_args(arguments)
    if missing := installed((_LANGUAGE,)):
        print(f"recordings are missing: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 2
    raise_file_limit()
    load = Load(
        [_dialogue(number, wanted.seed) for number in range(wanted.calls)], wanted.at_once, wanted.seed
    )
    print(f"{wanted.calls} calls of {_TURNS} sentences, {wanted.at_once} at a time; milliseconds\n")
    print("| the model is | way | turns | p50 | p95 | p99 |\n|---|---|---|---|---|---|")
    within = True
    with tempfile.TemporaryDirectory(prefix="aywa-overhead-") as folder:
        for name, mode in _MODES.items():
            run = run_mode(mode, load, Path(folder) / mode.name)
            lines, held = _rows(name, run)
            print("\n".join(lines), flush=True)
            within = within and held
    print(f"\nBoth ways together take at most {_MOST_MS:.0f} ms (p95): {'yes' if within else 'NO'}")
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
