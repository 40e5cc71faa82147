"""Runs `aywa-media` beside a thread that holds the GIL and the core for 30 ms of every 200."""

from __future__ import annotations

import sys
import threading
import time

from aywa_server.serve import main

HOLD_S = 0.030
REST_S = 0.170


def _calibrate() -> int:
    """How far one uninterruptible `sum` must count to take 30 ms here."""
    count = 100_000
    while True:
        began = time.perf_counter()
        sum(range(count))
        took = time.perf_counter() - began
        if took > 0.01:
            return int(count * HOLD_S / took)
        count *= 2


def _hog(count: int, stop: threading.Event) -> None:
    while not stop.wait(REST_S):
        sum(range(count))


if __name__ == "__main__":
    stopping = threading.Event()
    hog = threading.Thread(target=_hog, args=(_calibrate(), stopping), name="gil-hog")
    hog.start()
    try:
        status = main()
    finally:
        stopping.set()
        hog.join()
    sys.exit(status)
