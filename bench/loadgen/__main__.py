"""`python -m bench.loadgen PHONES CORE SOUND`: JSON lines in and out, as `LoadGenerator` speaks them."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from random import Random

from bench.loadgen.ears import PACKETS_KEPT, barge_in_times
from bench.loadgen.phones import Phones
from bench.loadgen.tape import Sound, make_tape
from bench.speech_loop import speech_loop


def percentile(bins: list[tuple[int, int]], share: float) -> float:
    """The smallest value that at least this share of the counted values do not exceed."""
    wanted, seen = share * sum(count for _, count in bins), 0
    for value, count in bins:
        seen += count
        if seen >= wanted:
            return float(value)
    return 0.0


def main() -> None:
    """Bind, tell the ports, wait for the targets, run, tell the results."""
    count, core, sound = int(sys.argv[1]), sys.argv[2], Sound(sys.argv[3])
    if core != "-":
        os.sched_setaffinity(0, {int(core)})
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for phone in sockets:
        phone.setblocking(False)
        phone.bind(("127.0.0.1", 0))
    print(json.dumps({"ports": [phone.getsockname()[1] for phone in sockets]}), flush=True)
    order = json.loads(sys.stdin.readline())
    rng = Random(1)
    pcm, onset_packet = speech_loop(Path("/usr/share/asterisk/sounds/en_US_f_Allison"))
    tape = make_tape(sound, pcm, order["warm_up_s"] + order["seconds"])
    phones = Phones(
        [phone.fileno() for phone in sockets],
        [rng.randrange(100) for _ in sockets],
        tape.packets,
        tape.loop,
        onset_packet,
        0 if sound is Sound.PCMU else PACKETS_KEPT,
    )
    phones.aim(order["targets"])
    phones.run(order["warm_up_s"])
    phones.clear()
    print(json.dumps({"measuring": True}), flush=True)
    phones.run(order["seconds"])
    bins, barge_ins = phones.results()
    if sound is not Sound.PCMU:
        barge_ins = barge_in_times(phones.witnessed(), sound)
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    result = {
        "sent": phones.sent,
        "received": phones.received,
        "missing": phones.missing,
        "late_ticks": phones.late_ticks,
        "realtime": phones.realtime,
        "deviation_us": {name: percentile(bins, share) for name, share in shares.items()},
        "barge_in_ms": barge_ins,
    }
    print(json.dumps(result), flush=True)


main()
