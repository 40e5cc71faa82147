"""`python -m bench.gil_hog [--calls N]`: pacing and barge-in while Python holds the GIL 30 ms at a time."""

from __future__ import annotations

import argparse

from aywa.log import configure_logging
from bench.density import HEAD, row
from bench.media_load import gil_hog, machine, raise_file_limit, run_calls

HOLD_S = 0.03
PAUSE_S = 0.07


def main() -> None:
    """One run without and one with the hog, under the same load."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=12.0)
    arguments = parser.parse_args()
    raise_file_limit()
    configure_logging(level="WARNING")
    print(f"media engine beside a thread that holds the GIL ({machine()})\n")
    print(HEAD)
    quiet = run_calls(arguments.calls, warm_up_s=3.0, seconds=arguments.seconds)
    print(row("quiet", quiet), flush=True)
    with gil_hog(HOLD_S, PAUSE_S) as holds:
        hogged = run_calls(arguments.calls, warm_up_s=3.0, seconds=arguments.seconds)
    print(row("hogged", hogged))
    longest = sorted(holds())
    print(
        f"\nThe GIL was held {len(longest)} times, {longest[len(longest) // 2] * 1000:.0f} ms at the median"
    )


if __name__ == "__main__":
    main()
