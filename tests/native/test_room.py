"""Rooms: who hears whom, at which level, over which rates, and that nobody hears himself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aywa._native.room import NativeMember, NativeRoom

Audio = NDArray[np.int16]
NOBODY = 0


def tone(hz: float, rate: int, samples: int, amplitude: float = 4000) -> Audio:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(samples) / rate)).astype(np.int16)


def level(pcm: Audio, hz: float, rate: int) -> float:
    """Amplitude of one frequency in the steady part."""
    part = pcm[len(pcm) // 2 :].astype(float)
    angle = 2 * np.pi * hz * np.arange(len(part)) / rate
    return float(2 * abs(np.mean(part * np.exp(-1j * angle))))


class Scene:
    """Members with their voices (and what the assistant says to them), 20 ms at a time."""

    def __init__(self, *rates: int, rate: int = 8000) -> None:
        self.rates = rates
        self.room = NativeRoom(rate)
        self.members = [NativeMember(leg_rate) for leg_rate in rates]
        for index, member in enumerate(self.members):
            self.room.seat(index, member)

    def run(
        self, voices: dict[int, Audio], assistants: dict[int, Audio] | None = None, frames: int = 100
    ) -> list[Audio]:
        """What each member heard in all."""
        heard: list[list[bytes]] = [[] for _ in self.members]
        for frame in range(frames):
            position = 160 * frame
            for index, leg_rate in enumerate(self.rates):
                n = leg_rate // 50
                if index in voices:
                    pcm = voices[index][frame * n : (frame + 1) * n]
                    self.room.voice(index, position, pcm.tobytes(), position + 160)
                told = (assistants or {}).get(index, np.zeros(n * frames, np.int16))
                self.room.assistant(index, told[frame * n : (frame + 1) * n].tobytes())
            for _ in range(2):
                self.room.tick()
            for index, leg_rate in enumerate(self.rates):
                taken = self.room.take(index, leg_rate // 50)
                heard[index].append(bytes(leg_rate // 25) if taken is None else taken)
        return [np.frombuffer(b"".join(pieces), np.int16) for pieces in heard]


@pytest.mark.parametrize("room_rate", [8000, 16000])
@pytest.mark.parametrize("rates", [(8000, 8000), (8000, 16000), (16000, 8000), (16000, 16000)])
def test_a_bridge_carries_both_ways_at_full_level_over_every_rate(
    rates: tuple[int, int], room_rate: int
) -> None:
    scene = Scene(*rates, rate=room_rate)
    scene.members[0].hear(1 << 1, NOBODY)
    scene.members[1].hear(1 << 0, NOBODY)
    first, second = scene.run({0: tone(500, rates[0], 2 * rates[0]), 1: tone(900, rates[1], 2 * rates[1])})
    assert level(first, 900, rates[0]) == pytest.approx(4000, rel=0.03)
    assert level(second, 500, rates[1]) == pytest.approx(4000, rel=0.03)
    assert level(first, 500, rates[0]) < 20
    assert level(second, 900, rates[1]) < 20


def test_three_hear_the_sum_of_the_others() -> None:
    scene = Scene(8000, 8000, 8000)
    for member in scene.members:
        member.hear(0b111, NOBODY)
    tones = (400.0, 700.0, 1100.0)
    heard = scene.run({index: tone(hz, 8000, 16000) for index, hz in enumerate(tones)})
    for listener in range(3):
        for speaker, hz in enumerate(tones):
            expected = 0 if speaker == listener else 4000
            assert level(heard[listener], hz, 8000) == pytest.approx(expected, abs=120)


def test_a_whisper_reaches_one_side_only() -> None:
    scene = Scene(8000, 8000)
    scene.members[0].hear(0b10, NOBODY)
    scene.members[1].hear(0b01, NOBODY)
    advice = {1: tone(1500, 8000, 16000)}
    first, second = scene.run({0: tone(500, 8000, 16000), 1: tone(900, 8000, 16000)}, advice)
    assert level(first, 1500, 8000) < 20
    assert level(second, 1500, 8000) < 20, "its own leg sends it that already"


def test_the_assistant_of_one_leg_can_be_heard_on_another() -> None:
    scene = Scene(8000, 8000)
    scene.members[1].hear(NOBODY, 0b01)
    said = {0: tone(1500, 8000, 16000), 1: tone(600, 8000, 16000)}
    first, second = scene.run({}, said)
    assert level(second, 1500, 8000) == pytest.approx(4000, rel=0.03)
    assert level(second, 600, 8000) < 20
    assert not first.any()


def test_a_monitor_hears_all_and_is_heard_by_nobody() -> None:
    scene = Scene(8000, 8000, 8000)
    scene.members[0].hear(0b010, NOBODY)
    scene.members[1].hear(0b001, NOBODY)
    scene.members[2].hear(0b011, 0b001)
    voices = {0: tone(400, 8000, 16000), 1: tone(700, 8000, 16000), 2: tone(1100, 8000, 16000)}
    first, second, monitor = scene.run(voices, {0: tone(1500, 8000, 16000)})
    for hz in (400, 700, 1500):
        assert level(monitor, hz, 8000) == pytest.approx(4000, abs=120)
    assert level(first, 1100, 8000) < 20
    assert level(second, 1100, 8000) < 20


def test_a_silenced_member_is_heard_by_nobody_and_goes_on_hearing() -> None:
    scene = Scene(8000, 8000)
    for member in scene.members:
        member.hear(0b11, NOBODY)
    scene.members[0].silence(True)
    first, second = scene.run({0: tone(500, 8000, 16000), 1: tone(900, 8000, 16000)})
    assert level(first, 900, 8000) == pytest.approx(4000, rel=0.03)
    assert not second.any()


def test_loud_voices_are_clipped_and_do_not_wrap() -> None:
    scene = Scene(8000, 8000, 8000)
    scene.members[2].hear(0b011, NOBODY)
    loud = np.full(16000, 30000, np.int16)
    heard = scene.run({0: loud, 1: loud})[2]
    assert heard.min() >= 0
    assert heard[8000:].min() == 32767


def test_a_mix_that_starves_and_returns_is_not_late_for_ever() -> None:
    """A listener that missed its turns hears what is being said, not what was."""
    scene = Scene(8000, 8000)
    scene.members[1].hear(0b01, NOBODY)
    voice = tone(500, 8000, 160 * 40)
    for frame in range(40):
        scene.room.voice(0, 160 * frame, voice[160 * frame : 160 * frame + 160].tobytes(), 160 * frame + 160)
        scene.room.tick()
        scene.room.tick()
    taken = 0
    while scene.room.take(1, 160) is not None:
        taken += 1
    assert 1 <= taken <= 3


@settings(max_examples=25, deadline=None)
@given(
    hears=st.lists(st.integers(0, 255), min_size=4, max_size=4),
    talks=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_a_member_hears_exactly_whom_it_was_given(hears: list[int], talks: list[bool]) -> None:
    scene = Scene(8000, 8000, 8000, 8000)
    tones = (400.0, 700.0, 1100.0, 1600.0)
    for member, mask in zip(scene.members, hears, strict=True):
        member.hear(mask, NOBODY)
    voices = {i: tone(tones[i], 8000, 8000) for i in range(4) if talks[i]}
    heard = scene.run(voices, frames=50)
    for listener in range(4):
        for speaker in range(4):
            due = talks[speaker] and speaker != listener and hears[listener] >> speaker & 1
            assert (level(heard[listener], tones[speaker], 8000) > 2000) == bool(due)


def test_places_and_rates_are_checked() -> None:
    with pytest.raises(ValueError):
        NativeRoom(44100)
    with pytest.raises(ValueError):
        NativeMember(48000)
    room = NativeRoom(8000)
    with pytest.raises(IndexError):
        room.seat(8, NativeMember(8000))
    with pytest.raises(IndexError):
        room.take(0, 160)
    room.seat(0, NativeMember(8000))
    with pytest.raises(ValueError):
        room.take(0, 1025)
    with pytest.raises(ValueError):
        room.assistant(0, bytes(2050))
    assert not room.attached
