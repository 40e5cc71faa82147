"""`python -m bench fuzz [--rtp N] [--rtcp N] [--seed N]`: mutated packets into the engine and the parser.

`python -m bench fuzz --target T [--minutes M]` goes to `bench.fuzz_sip` with all its options instead.

RTP goes over loopback sockets into twelve legs, every codec with and without SRTP, on a turned clock, with
RTCP among it on the same ports; RTCP by itself goes into the function that the engine calls. A crash ends the
process: that this prints its tables is the result.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from aywa._native.rtcp import parse_report
from aywa.errors import ParseError
from bench import fuzz_sip
from tests.kit.mutate import mutated
from tests.kit.oracles import rtcp as slow_rtcp
from tests.kit.rtp_fuzz import FATES, OURS, HostileRig, report_seeds

ROUND = 100_000


def fuzz_rtp(packets: int, seed: int) -> None:
    """Send the packets and print each leg's figures."""
    with HostileRig(seed) as rig:
        began = time.perf_counter()
        while rig.sent < packets:
            rig.attack(min(ROUND, packets - rig.sent))
        seconds = time.perf_counter() - began
        rig.tick(20)
        print(
            "| leg | SRTP | received | malformed | late | twice | stranger | forged | replayed | new source |"
        )
        print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
        for peer in rig.peers:
            send, srtp, stats = peer.format.send, peer.format.srtp, peer.leg.stats()
            columns = (*(stats[name] for name in FATES), stats["source_changes"])
            suite = srtp.suite.value if srtp else "off"
            print(
                f"| {send.codec.value} {send.clock_rate_hz} | {suite} | "
                + " | ".join(map(str, columns))
                + " |"
            )
        total = sum(rig.fates().values())
        print(f"\n{rig.sent} RTP packets in {seconds:.1f} s; {total} counted under one fate, the others kept")
        print("aside as jumps that no second packet confirmed. No crash.")


def fuzz_rtcp(packets: int, seed: int) -> None:
    """Parse the packets, each beside the slow twin, and print what was taken."""
    found: Counter[bool] = Counter()
    began = time.perf_counter()
    for data in mutated(report_seeds(), packets, seed):
        try:
            report = parse_report(data[:9000], OURS)
        except ParseError:
            report = None
        if report != slow_rtcp.parse(data[:9000], OURS):
            raise SystemExit(f"the kernel and its twin differ on {data.hex()}")
        found[report is not None] += 1
    seconds = time.perf_counter() - began
    print(f"\n{packets} RTCP packets in {seconds:.1f} s: {found[True]} taken, {found[False]} refused,")
    print("each as the slow twin reads it. No crash.")


def main() -> None:
    """Both, in this order; or what is hostile SIP."""
    if any(word.startswith("--target") for word in sys.argv):
        sys.exit(fuzz_sip.main())
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rtp", type=int, default=1_000_000)
    parser.add_argument("--rtcp", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    fuzz_rtp(arguments.rtp, arguments.seed)
    fuzz_rtcp(arguments.rtcp, arguments.seed)


if __name__ == "__main__":
    main()
