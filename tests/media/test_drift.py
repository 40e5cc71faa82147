"""Where the caller's audio stands in the recording: on his RTP clock, within a frame, however clocks run."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from statistics import median

import numpy as np
import pytest

from tests.kit.engine_rig import FRAME, Rig

SECOND = 8000
CLICK_EVERY_S = 10
SETTLED_S = 20  # until then the two clocks are being compared
QUIET, CLICK = b"\xff" * FRAME, b"\x80" * FRAME


@dataclass(frozen=True, slots=True)
class Line:
    """A phone whose clock is `drift` faster than the engine's, and the network before it.

    `jitter_ms`: each packet is so much late at most, in the order they were sent in.
    """

    drift: float = 0.0
    loss: float = 0.0
    jitter_ms: float = 0.0


def _clicks(line: Line, seconds: int, seed: int) -> list[float]:
    """Seconds by which each click stands beside its place."""
    rng, placed, arrivals = Random(seed), [], []
    recorded: list[bytes] = []
    spoken = QUIET
    with Rig(record=True, barge_in=False) as rig:
        number, now_ms, latest = 0, 0, 0.0
        while now_ms < seconds * 1000:
            while number * 20 / (1 + line.drift) <= now_ms:
                at_s = number * 0.02 / (1 + line.drift)
                clicks = at_s >= CLICK_EVERY_S * (len(placed) + 1)
                spoken = CLICK if clicks else QUIET
                packet = rig.phone.packet(spoken)
                latest = max(latest, at_s * 1000 + rng.random() * line.jitter_ms)
                if clicks or rng.random() >= line.loss:
                    heappush(arrivals, (latest, number, packet))
                if clicks:
                    placed.append(at_s)
                number += 1
            while arrivals and arrivals[0][0] <= now_ms:
                rig.phone.send(heappop(arrivals)[2])
            rig.wait_ms(1)
            now_ms += 1
            if now_ms % 500 == 0:
                recorded.append(rig.leg.read_recording())
                rig.leg.read_uplink()
                rig.take_events()
        assert rig.leg.stats()["source_changes"] == 0
    left = np.frombuffer(b"".join(recorded), "<i2")[::2]
    loud = np.flatnonzero(np.abs(left) > 20_000)
    starts = loud[np.insert(np.diff(loud) > SECOND, 0, True)] / SECOND
    found = []
    for at_s in placed:
        if SETTLED_S < at_s < seconds - 2:
            nearest = starts[np.argmin(np.abs(starts - at_s))]
            found.append(float(nearest - at_s))
    return found


@pytest.mark.parametrize("drift", [0.025, -0.025, 0.0001, -0.003, 0.0])
@pytest.mark.parametrize(("loss", "jitter_ms"), [(0.0, 0.0), (0.05, 100.0)])
def test_both_tracks_stay_within_one_frame(drift: float, loss: float, jitter_ms: float) -> None:
    """Three minutes each; the engine's track is the clock the clicks are measured by."""
    off = _clicks(Line(drift, loss, jitter_ms), 180, 1)
    assert len(off) >= 14
    assert _spread(off) <= 0.020


def test_both_tracks_stay_within_one_frame_for_an_hour() -> None:
    off = _clicks(Line(0.025, 0.05, 100.0), 3600, 2)
    assert len(off) >= 350
    assert _spread(off) <= 0.020


def _spread(off: list[float]) -> float:
    """The furthest from the middle: how long every packet was under way at least cannot be known."""
    return max(abs(one - median(off)) for one in off)
