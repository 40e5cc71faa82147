"""How soon calls are answered: sipp calls the whole runtime, 20 new calls a second, and times each 200 OK.

python -m bench.sip_setup [--calls N] [--rate N] [--runs N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import trio

from aywa.caller.measure import percentile
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wide_rtp_range
from tests.kit.sipp_caller import Burst, Outcome, sipp_calls

_TALK_MS = 2000
_LIMIT_P95_MS = 50.0


async def measure(folder: Path, calls: int, rate: int) -> Outcome:
    """One burst against a runtime of its own."""
    # A port rests for 30 s after its call, so each call needs a pair of its own.
    settings = runtime_settings(folder / "data", **wide_rtp_range(2 * calls + 2))
    async with open_runtime_process(settings) as runtime:
        return await sipp_calls(f"127.0.0.1:{runtime.sip_port}", folder, Burst(calls, rate, _TALK_MS))


def main() -> int:
    """Print a row a run; 1 when a call failed or the 95th percentile is above 50 ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--runs", type=int, default=2)
    chosen = parser.parse_args()
    print("| run | calls | failed | calls a second | p50 ms | p95 ms | longest ms |")
    print("|---|---|---|---|---|---|---|")
    held = True
    for number in range(chosen.runs):
        with tempfile.TemporaryDirectory() as folder:
            outcome = trio.run(measure, Path(folder), chosen.calls, chosen.rate)
        p50, p95, worst = (percentile(outcome.set_up_ms, share) or 0.0 for share in (0.5, 0.95, 1.0))
        print(
            f"| {number + 1} | {outcome.successful} | {outcome.failed} | {chosen.rate}"
            f" | {p50:.1f} | {p95:.1f} | {worst:.1f} |",
            flush=True,
        )
        held = held and not outcome.failed and outcome.successful == chosen.calls and p95 <= _LIMIT_P95_MS
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
