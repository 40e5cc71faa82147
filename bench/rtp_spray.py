"""`python -m bench.rtp_spray [--calls N] [--rate N] [--before S] [--during S]`: calls under a spray.

A stranger at 127.0.0.2 sends RTP, RTCP and nonsense to the whole range of RTP ports, before the calls and
while they last. 1 when he gets a packet, when a sample of his is in a recording, or when the calls lose more
than 1 %.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

import trio

from aywa.log import configure_logging
from aywa.media.peer import NatPolicy
from bench.media_load import machine
from tests.kit.spray_calls import sprayed_calls

_MOST_LOST = 0.01


def main() -> int:
    """Print the table and the verdict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--before", type=float, default=10.0)
    parser.add_argument("--during", type=float, default=30.0)
    arguments = parser.parse_args()
    configure_logging(level="ERROR")
    print(f"{arguments.calls} calls ({machine()})\n")
    print(
        "| NAT policy | sprayed a second | sent to him | samples of his | calls' packets | lost | rejected |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|", flush=True)
    passed = True
    for nat in (NatPolicy.OFF, NatPolicy.SIGNALLING):
        done = trio.run(
            partial(
                sprayed_calls,
                arguments.calls,
                before_s=arguments.before,
                during_s=arguments.during,
                rate=arguments.rate,
                nat=nat,
            )
        )
        print(
            f"| {nat.value} | {done.sent / done.seconds:,.0f} | {done.heard_by_stranger} | {done.loudest} "
            f"| {done.expected:,} | {done.lost:,} | {done.rejected:,} |",
            flush=True,
        )
        passed &= done.heard_by_stranger == done.loudest == 0 and done.lost <= _MOST_LOST * done.expected
    print("\nPassed." if passed else "\nMissed.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
