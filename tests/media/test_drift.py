"""Where the caller's audio stands in the recording: on his RTP clock, within a frame, however clocks run."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.kit.echo_path import Samples
from tests.kit.engine_rig import FRAME, Rig

SECOND = 8000
CLICK_EVERY_S = 10
ONE_FRAME_S = 0.020
SETTLED_S = 20  # until then the two clocks are being compared
QUIET, CLICK = b"\xff" * FRAME, b"\x80" * FRAME


@dataclass(frozen=True, slots=True)
class Line:
    """A phone whose clock is `drift` faster than the engine's, and the network before it.

    `jitter_ms`: each packet is so much late at most, in the order they were sent in; `first_late_ms`: the
    first one, and those behind it until then.
    """

    drift: float = 0.0
    loss: float = 0.0
    jitter_ms: float = 0.0
    first_late_ms: float = 0.0


class Assistant:
    """Clicks on the other track, as the phone hears them: when, in seconds of the engine."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._waits = False
        self.heard: list[float] = []

    def turn(self, now_ms: int) -> None:
        """Five seconds after each of the caller's it clicks; else the phone's ear is kept empty."""
        if now_ms % (CLICK_EVERY_S * 1000) == CLICK_EVERY_S * 500:
            self._rig.phone.heard()
            self._rig.leg.write(np.full(FRAME, 30_000, np.int16).tobytes(), 0)
            self._waits = True
        elif self._waits:
            if any(packet.payload.strip(b"\xff") for packet in self._rig.phone.heard()):
                self.heard.append(now_ms / 1000)
                self._waits = False
        elif now_ms % 500 == 0:
            self._rig.phone.heard()


def _onsets(track: NDArray[np.int16]) -> Samples:
    """Seconds at which something loud begins."""
    loud = np.flatnonzero(np.abs(track.astype(int)) > 20_000)
    return np.asarray(loud[np.insert(np.diff(loud) > SECOND, 0, True)] / SECOND)


def _clicks(line: Line, seconds: int, seed: int) -> tuple[list[float], list[float]]:
    """Seconds by which each click stands beside its place: the caller's, and ours."""
    rng, placed, arrivals = Random(seed), [], []
    recorded: list[bytes] = []
    spoken = QUIET
    with Rig(record=True, barge_in=False) as rig:
        assistant = Assistant(rig)
        number, now_ms, latest = 0, 0, line.first_late_ms
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
            assistant.turn(now_ms)
            now_ms += 1
            if now_ms % 500 == 0:
                recorded.append(rig.leg.read_recording())
                rig.leg.read_uplink()
                rig.take_events()
        assert rig.leg.stats()["source_changes"] == 0
    tracks = np.frombuffer(b"".join(recorded), "<i2").reshape(-1, 2)
    found = []
    for track, places in ((0, placed), (1, assistant.heard)):
        starts = _onsets(tracks[:, track])
        due = [at_s for at_s in places if SETTLED_S < at_s < seconds - 2]
        found.append([float(starts[np.argmin(np.abs(starts - at_s))] - at_s) for at_s in due])
    return found[0], found[1]


@pytest.mark.parametrize("drift", [0.025, -0.025, 0.0001, -0.003, 0.0])
@pytest.mark.parametrize(("loss", "jitter_ms"), [(0.0, 0.0), (0.05, 100.0)])
def test_both_tracks_stay_within_one_frame(drift: float, loss: float, jitter_ms: float) -> None:
    """Three minutes each."""
    caller, ours = _clicks(Line(drift, loss, jitter_ms), 180, 1)
    assert len(caller) >= 14
    assert _spread(caller) <= ONE_FRAME_S
    assert len(ours) >= 14
    assert max(abs(off) for off in ours) <= ONE_FRAME_S


@given(
    drift=st.floats(-0.025, 0.025),
    first_late_ms=st.floats(0, 400),
    loss=st.sampled_from([0.0, 0.02]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=12, deadline=None)
def test_a_late_first_packet_is_made_good_before_the_clock_is_learnt(
    drift: float, first_late_ms: float, loss: float, seed: int
) -> None:
    """Without jitter the place is known and not only the middle."""
    caller, ours = _clicks(Line(drift, loss, 0.0, first_late_ms), 45, seed)
    assert len(caller) >= 2
    assert max(abs(off) for off in caller + ours) <= ONE_FRAME_S


def test_both_tracks_stay_within_one_frame_for_an_hour() -> None:
    caller, ours = _clicks(Line(0.025, 0.05, 100.0, first_late_ms=250.0), 3600, 2)
    assert len(caller) >= 350
    assert _spread(caller) <= ONE_FRAME_S
    assert len(ours) >= 350
    assert max(abs(off) for off in ours) <= ONE_FRAME_S


def _spread(off: list[float]) -> float:
    """The furthest from the middle: how long every packet was under way at least cannot be known."""
    return max(abs(one - median(off)) for one in off)
