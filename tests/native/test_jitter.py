"""The playout buffer: nothing altered on a calm line, bounded delay and no clicks on every other."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.jitter import JitterBuffer
from tests.kit.playout import Packet, Samples, packets, play, uniform_jitter

SECOND = 8000


def voice(count: int, frequency: float = 150.0, rate: int = 8000) -> Samples:
    """A buzz of eight harmonics."""
    time = np.arange(count) / rate
    buzz = sum(np.sin(2 * np.pi * frequency * k * time + k) / k for k in range(1, 9))
    return (4000 * np.asarray(buzz)).astype(np.int16)


def steepest(pcm: Samples) -> int:
    """The largest jump between two samples."""
    return int(np.max(np.abs(np.diff(pcm.astype(int)))))


def pitch_hz(pcm: Samples) -> float:
    """Frequency of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * SECOND / len(pcm))


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("size", [80, 160, 240, 320, 480])
@pytest.mark.parametrize("phase", [0, 1, 77, 159])
def test_a_calm_stream_is_not_altered_once_settled(rate: int, size: int, phase: int) -> None:
    scale = rate // 8000
    pcm = np.random.default_rng(1).integers(-9000, 9000, 10 * rate).astype(np.int16)
    sent = packets(pcm, uniform_jitter(2, Random(1)), size, rate)
    played = play(sent, 9 * SECOND, pull=160, rate=rate, phase=phase)
    tail = played.pcm[-6 * rate :]
    start = pcm.tobytes().find(tail[:100].tobytes())
    assert start > 0
    assert start % 2 == 0
    assert np.array_equal(tail, pcm[start // 2 : start // 2 + len(tail)])
    assert max(played.buffered) <= (80 + size + 320) * scale


@pytest.mark.parametrize("size", [80, 160, 240, 320, 480])
@pytest.mark.parametrize("phase", [0, 77, 159])
def test_a_voice_on_a_calm_line_is_not_stretched(size: int, phase: int) -> None:
    """Unlike noise it has periods that could be: packets longer than a pull are no delay too much."""
    played = play(packets(voice(10 * SECOND), uniform_jitter(0, Random(1)), size), 9 * SECOND, phase=phase)
    *_, shortened, lengthened = played.counters
    assert shortened + lengthened <= SECOND // 10
    assert max(played.buffered) <= 80 + size + 320


@pytest.mark.parametrize("jitter_ms", [20, 50, 100])
def test_jitter_is_absorbed(jitter_ms: int) -> None:
    pcm = voice(20 * SECOND)
    played = play(packets(pcm, uniform_jitter(jitter_ms, Random(2))), 19 * SECOND)
    missed = sum(real < 160 for real in played.real[100:])
    assert missed <= 0.01 * len(played.real)
    assert max(played.buffered[100:]) <= (2 * jitter_ms + 60) * 8
    assert steepest(played.pcm[2 * SECOND :]) <= 1.3 * steepest(pcm)


@pytest.mark.parametrize("drift", [-0.025, -0.01, -0.0002, 0.0002, 0.01, 0.025])
def test_clocks_may_drift_without_ever_more_delay(drift: float) -> None:
    seconds = 60
    pcm = voice(seconds * SECOND)
    sent = packets(pcm, uniform_jitter(5, Random(3)), drift=drift)
    played = play(sent, int((seconds - 2) * SECOND * (1 + min(0, drift))))
    assert max(played.buffered) <= 100 * 8
    assert sum(real < 160 for real in played.real[50:]) <= 0.01 * len(played.real)
    middle = played.pcm[20 * SECOND : 40 * SECOND]
    assert steepest(middle) <= 1.2 * steepest(pcm)
    assert pitch_hz(middle) == pytest.approx(150, abs=0.6)
    loudness = np.mean(middle.astype(float) ** 2) / np.mean(pcm.astype(float) ** 2)
    assert 0.9 < loudness < 1.1


def test_a_late_burst_is_played_whole_and_its_delay_taken_back() -> None:
    pcm = voice(20 * SECOND)
    sent = packets(pcm, lambda index: 2400 - 160 * (index - 200) if 200 <= index < 215 else 0)
    played = play(sent, 19 * SECOND)
    assert max(played.buffered) >= 200 * 8
    assert max(played.buffered[700:]) <= 80 * 8
    assert sum(played.real) <= 19 * SECOND
    assert steepest(played.pcm[SECOND:]) <= 1.3 * steepest(pcm)


def test_a_jump_without_loss_is_silence_and_no_delay() -> None:
    pcm = voice(10 * SECOND)
    sent = [packet for packet in packets(pcm, lambda _: 0) if not 2 * SECOND <= packet.position < 4 * SECOND]
    played = play(sent, 10 * SECOND)
    assert set(played.pcm[3 * SECOND : 4 * SECOND].tolist()) == {0}
    assert max(played.buffered) <= 60 * 8
    assert sum(played.real[-100:]) == 100 * 160


def test_a_short_jump_among_waiting_packets_keeps_its_length() -> None:
    buffer = JitterBuffer()
    for index in (0, 1, 2, 5, 6):
        buffer.push(index * 160, bytes([1, 0]) * 160, 0)
    assert buffer.buffered == 7 * 160


def test_positions_that_were_there_are_dropped() -> None:
    buffer = JitterBuffer()
    buffer.push(1000, b"\1\0" * 160, 0)
    buffer.push(1000, b"\2\0" * 160, 0)
    buffer.push(1080, b"\3\0" * 160, 0)
    assert buffer.buffered == 240
    assert buffer.counters[0] == 240


def test_a_new_source_begins_anew() -> None:
    pcm = voice(4 * SECOND)
    sent = packets(pcm, lambda _: 0)
    moved = [
        Packet(packet.position + (900_000 if index >= 100 else 0), packet.pcm, packet.arrival)
        for index, packet in enumerate(sent)
    ]
    played = play(moved, 4 * SECOND)
    assert max(played.buffered) <= 60 * 8
    assert sum(played.real) >= 3.8 * SECOND
    back = [Packet(p.position - (900_000 if i >= 100 else 0), p.pcm, p.arrival) for i, p in enumerate(sent)]
    assert sum(play(back, 4 * SECOND).real) >= 3.8 * SECOND


def test_silence_is_shortened_as_well() -> None:
    pcm = np.zeros(10 * SECOND, np.int16)
    played = play(packets(pcm, lambda index: 1600 if index == 100 else 0), 9 * SECOND)
    assert set(played.pcm.tolist()) == {0}
    assert max(played.buffered[300:]) <= 60 * 8


def test_before_anything_came_there_is_silence() -> None:
    assert JitterBuffer().pull(160) == (bytes(320), 0)
    assert JitterBuffer(16000).pull(960) == (bytes(1920), 0)


@given(
    st.lists(
        st.tuples(
            st.integers(-2000, 20000), st.integers(0, 960), st.integers(-500, 5000), st.integers(1, 960)
        ),
        max_size=60,
    ),
    st.sampled_from([8000, 16000]),
    st.integers(0, 2**32),
)
def test_every_pull_is_whole_and_the_memory_bounded(
    steps: list[tuple[int, int, int, int]], rate: int, seed: int
) -> None:
    noise = Random(seed)
    first, second = JitterBuffer(rate), JitterBuffer(rate)
    position = arrival = 0
    for jump, size, wait, pull in steps:
        position += jump if noise.random() < 0.3 else size
        arrival += wait
        pcm = noise.randbytes(2 * size)
        first.push(position, pcm, arrival)
        second.push(position, pcm, arrival)
        out, real = first.pull(pull)
        assert len(out) == 2 * pull
        assert 0 <= real <= pull
        assert 0 <= first.buffered <= rate * 512 // 1000
        assert second.pull(pull) == (out, real)


def test_faults() -> None:
    with pytest.raises(ValueError, match="8000"):
        JitterBuffer(48000)
    with pytest.raises(ValueError, match="even"):
        JitterBuffer().push(0, b"\0", 0)
    with pytest.raises(ValueError, match="1920"):
        JitterBuffer().push(0, bytes(4000), 0)
    for samples in (0, -1, 961):
        with pytest.raises(ValueError, match="960"):
            JitterBuffer().pull(samples)
