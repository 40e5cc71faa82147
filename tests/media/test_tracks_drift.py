"""A call's tracks beside what each party really said, on telephones whose clocks run away from each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from aywa.artifacts.tracks import Part, Side, Track, TracksFile
from aywa.artifacts.wav import WavRecordings, WavSink
from tests.kit.correlation import Match
from tests.kit.engine_rig import TICK_NS, drain
from tests.kit.room_rig import Party, RoomRig

RATE_HZ = 8000
ONE_FRAME_S = 0.020
SEARCH_S = 0.120
PIECE_S = 0.5
WINDOW_S = 0.040  # the places of a drifting leg's packets are corrected in steps: within one, all is as said
SETTLED_S = 20  # until then a leg compares its phone's clock with its own
ALIKE = 0.6  # of windows; of noises that have nothing to do with each other hardly any reaches 0.4
MOST = 0.8


@dataclass
class Telephone:
    """A party whose clock is `drift` faster than the engine's, and when it said what."""

    party: Party
    began_ms: int
    drift: float
    sink: WavSink
    said: list[tuple[float, int]] = field(default_factory=list)  # seconds of the call, seed of the noise

    def __post_init__(self) -> None:
        self.party.sent = 0
        self.party.send_at_ms = lambda number: self.began_ms + number * 20 / (1 + self.drift)

    def speak(self, seed: int) -> None:
        """From the next packet on."""
        self.party.say(noise(seed))
        self.said.append((self.party.send_at_ms(self.party.sent) / 1000, seed))

    def keep(self) -> None:
        """To the disk, as far as it is ready."""
        drain(self.party.phone.socket)
        self.sink.append(self.party.leg.read_recording())
        self.sink.sync()


class Call:
    """The caller, and a colleague who comes late."""

    def __init__(self, rig: RoomRig, stack: ExitStack, folder: Path) -> None:
        self.rig = rig
        self._stack = stack
        self._recordings = WavRecordings(str(folder))
        self.phones: list[Telephone] = []

    def join(self, name: str, drift: float) -> Telephone:
        """A telephone answers."""
        sink = self._stack.enter_context(self._recordings.open(name))
        phone = Telephone(self.rig.party(), self.rig.ms, drift, sink)
        self.phones.append(phone)
        return phone

    def run(self, seconds: float) -> None:
        """Turn the clock; what the legs recorded goes to the disk five times a second."""
        for _ in range(round(seconds * 1000)):
            ms = self.rig.ms
            for phone in self.phones:
                if phone.party.send_at_ms(phone.party.sent) <= ms:
                    phone.party.tick(ms)
            self.rig.engine.step(ms * TICK_NS, ms * TICK_NS)
            if ms % 200 == 0:
                self.rig.engine.poll()
                for phone in self.phones:
                    phone.keep()
            self.rig.ms += 1

    def tracks(self) -> list[Track]:
        """A track for each, placed as a transfer's record places them."""
        first = self.phones[0].party.leg.start_ns
        made = []
        for number, phone in enumerate(self.phones):
            offset_ms = round((phone.party.leg.start_ns - first) / 1e6)
            made.append(Track(f"{number}", (Part(Path(phone.sink.path), Side.HEARD, offset_ms),)))
        return made


@contextmanager
def open_call(folder: Path) -> Iterator[Call]:
    with ExitStack() as stack, RoomRig() as rig:
        yield Call(rig, stack, folder)


def noise(seed: int) -> NDArray[np.int16]:
    """Sounds like itself at one place only."""
    return np.random.default_rng(seed).integers(-9000, 9000, int(PIECE_S * RATE_HZ)).astype(np.int16)


def misplaced(file: TracksFile, channel: int, at_s: float, seed: int, drift: float) -> Iterator[Match]:
    """For each window of what was said: seconds behind its place, and how alike it is."""
    said = noise(seed).astype(float)
    size, around = round(WINDOW_S * RATE_HZ), round(SEARCH_S * RATE_HZ)
    for begin in range(0, len(said) - size + 1, size):
        due = round(RATE_HZ * at_s + begin / (1 + drift))
        heard = file.read_frames(due - around, 2 * around + size)[:, channel].astype(float)
        window = said[begin : begin + size]
        strength = np.sqrt(np.convolve(heard**2, np.ones(size), "valid") * np.sum(window**2)) + 1
        likeness = np.correlate(heard, window, "valid") / strength
        at = int(np.argmax(likeness))
        yield Match(float(likeness[at]), (at - around) / RATE_HZ)


def check(call: Call) -> tuple[float, float, int]:
    """The worst place in seconds, the share of windows that were found, and how many were looked for.

    Found are those that are alike; a window that a correction falls into is not.
    """
    matches: list[Match] = []
    with TracksFile(call.tracks()) as file:
        for channel, phone in enumerate(call.phones):
            for at_s, seed in phone.said:
                if at_s >= phone.began_ms / 1000 + SETTLED_S:
                    matches += misplaced(file, channel, at_s, seed, phone.drift)
    found = [match for match in matches if match.likeness >= ALIKE]
    return max(abs(match.later_s) for match in found), len(found) / len(matches), len(matches)


@pytest.mark.parametrize("drift", [0.025, 0.003, 0.0])
def test_a_late_leg_on_another_clock_is_within_a_frame(tmp_path: Path, drift: float) -> None:
    """One telephone too fast and one too slow, five per cent between them at most."""
    with open_call(tmp_path) as call:
        caller = call.join("caller", drift)
        call.run(7.333)
        colleague = call.join("colleague", -drift)
        for number in range(20):
            call.run(3.1)
            caller.speak(number)
            colleague.speak(100 + number)
        call.run(2)
        off_s, found, count = check(call)
    print(f"drift {drift}: {found:.3f} of {count} found, {1000 * off_s:.1f} ms off at most")
    assert count >= 300
    assert found >= MOST
    assert off_s <= ONE_FRAME_S


def test_an_hour_later_they_still_are(tmp_path: Path) -> None:
    """The first colleague talks from the second minute on, another comes for the last one."""
    with open_call(tmp_path) as call:
        caller = call.join("caller", 0.025)
        call.run(61.007)
        colleague = call.join("colleague", -0.025)
        for number in range(59):
            call.run(60)
            caller.speak(number)
            colleague.speak(100 + number)
        last = call.join("colleague-2", 0.01)
        for number in range(59, 80):
            call.run(2)
            for phone in (caller, colleague, last):
                phone.speak(number * 3 + call.phones.index(phone))
        call.run(2)
        assert call.rig.ms > 3_600_000
        off_s, found, count = check(call)
    print(f"an hour: {found:.3f} of {count} found, {1000 * off_s:.1f} ms off at most")
    assert count >= 1000
    assert found >= MOST
    assert off_s <= ONE_FRAME_S
