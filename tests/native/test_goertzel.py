"""DTMF in the audio: ITU-T Q.24's limits, foreign tones, and recorded speech, which has none."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product
from random import Random

import numpy as np
import pytest

from aywa._native import g711
from aywa._native.goertzel import ToneListener
from aywa._native.plc import LossConcealer
from tests.kit.oracles.tones import COLUMNS, DIGITS, FULL, KEYPAD, ROWS, Samples, dtmf, slow_listener, to_pcm
from tests.kit.recordings import VOICE, read_recording, require_recordings

Found = list[tuple[int, int, int]]
HOLD = 1400  # samples of silence after which every press has been told


def listen(pcm: bytes, frame: int = 160, listener: ToneListener | None = None) -> Found:
    listener = listener or ToneListener()
    pcm += bytes(2 * HOLD)
    return [
        press
        for at in range(0, len(pcm), 2 * frame)
        for press in listener.frame(pcm[at : at + 2 * frame], at // 2)
    ]


def ulaw(pcm: bytes) -> bytes:
    return g711.decode_ulaw(g711.encode_ulaw(pcm))


def lossy(pcm: bytes, rng: Random, loss: float = 0.02) -> bytes:
    """Every fiftieth frame concealed as the uplink does it: the last of a hole knows the frame after it."""
    concealer, heard, missing = LossConcealer(), b"", 0
    for at in range(0, len(pcm) // 320 * 320, 320):
        if rng.random() < loss:
            missing += 1
            continue
        frame = pcm[at : at + 320]
        for _ in range(missing - 1):
            heard += concealer.conceal(160)
        heard += concealer.bridge(160, frame) if missing else b""
        heard += concealer.good(frame)
        missing = 0
    return heard


def noise(signal: Samples, snr_db: float, seed: int) -> Samples:
    power = float(np.mean(signal[signal != 0] ** 2))
    return signal + np.random.default_rng(seed).standard_normal(len(signal)) * np.sqrt(
        power / 10 ** (snr_db / 10)
    )


def framed(press: Samples, before: int) -> Samples:
    return np.concatenate([np.zeros(before), press, np.zeros(400)])


def assert_heard(signal: Samples, event: int, before: int, samples: int, tolerance: int = 32) -> None:
    for pcm in (to_pcm(signal), ulaw(to_pcm(signal))):
        found = listen(pcm)
        assert [code for code, _, _ in found] == [event]
        assert abs(found[0][1] - before) <= tolerance
        assert abs(found[0][2] - samples) <= tolerance


LEVELS = [(-10, -8), (0, 0), (-3, -3), (-20, -20), (-36, -36), (-14, -10), (-36, -32), (-6, -14), (-28, -36)]
OFFSETS = [(0, 0), (1.5, 1.5), (-1.5, 1.5), (1.5, -1.5), (-1.5, -1.5)]


@pytest.mark.parametrize("event", range(16))
def test_what_must_be_heard(event: int) -> None:
    """40 ms at any level, twist and frequency allowed, wherever it lies between the blocks."""
    rng = Random(event)
    for (low, high), off in product(LEVELS, OFFSETS):
        before, phase = rng.randrange(400, 560), rng.uniform(0, 6.28)
        press = dtmf(event, 320, low_dbm0=low, high_dbm0=high, off_percent=off, phase=phase)
        assert_heard(framed(press, before), event, before, 320)


@pytest.mark.parametrize("event", range(16))
def test_what_must_be_heard_in_noise(event: int) -> None:
    """15 dB below both tones together, at the limits of twist and frequency as well."""
    rng = Random(event)
    for (low, high), off in product([(-10, -8), (-14, -10), (-6, -14), (-28, -28)], OFFSETS):
        before = rng.randrange(400, 560)
        press = dtmf(event, 400, low_dbm0=low, high_dbm0=high, off_percent=off, phase=rng.uniform(0, 6.28))
        assert_heard(noise(framed(press, before), 15, rng.randrange(1000)), event, before, 400, tolerance=64)


@pytest.mark.parametrize("event", range(16))
@pytest.mark.parametrize("off", [(3.5, 0), (-3.5, 0), (0, 3.5), (0, -3.5), (3.5, 3.5), (0, 4.5), (0, -5.5)])
def test_frequencies_too_far_off_are_refused(event: int, off: tuple[float, float]) -> None:
    for low, high in ((-10, -8), (-14, -10), (-6, -14)):
        assert (
            listen(to_pcm(framed(dtmf(event, 1600, low_dbm0=low, high_dbm0=high, off_percent=off), 480)))
            == []
        )


@pytest.mark.parametrize("event", range(16))
def test_what_is_too_short_too_weak_or_too_uneven_is_refused(event: int) -> None:
    for before in range(400, 480, 7):
        assert listen(to_pcm(framed(dtmf(event, 184), before))) == []
    assert listen(to_pcm(framed(dtmf(event, 1600, low_dbm0=-55, high_dbm0=-55), 480))) == []
    assert listen(to_pcm(framed(dtmf(event, 1600, low_dbm0=-20, high_dbm0=-12), 480))) == []
    assert listen(to_pcm(framed(dtmf(event, 1600, low_dbm0=-8, high_dbm0=-22), 480))) == []


def test_single_and_triple_tones_are_refused() -> None:
    at = np.arange(1600) / 8000
    for hz in (*ROWS, *COLUMNS):
        assert listen(to_pcm(6000 * np.sin(2 * np.pi * hz * at))) == []
    for third in (350, 440, 1000, 1100, 2000):
        assert listen(to_pcm(dtmf(5, 1600) + 7000 * np.sin(2 * np.pi * third * at))) == []


def test_interruptions_are_bridged_and_pauses_are_not() -> None:
    press = dtmf(5, 800)
    for start in range(240, 400, 13):
        bridged, apart = press.copy(), np.concatenate([press[:400], np.zeros(320), press[:400]])
        bridged[start : start + 160] = 0
        assert [(code, abs(n - 800) < 40) for code, _, n in listen(to_pcm(framed(bridged, start)))] == [
            (5, True)
        ]
        assert [code for code, _, _ in listen(to_pcm(framed(apart, start)))] == [5, 5]


@pytest.mark.parametrize("frame", [80, 160, 240, 320, 480, 37, 111])
def test_sequences_equal_the_slow_listener_in_any_packet_time(frame: int) -> None:
    rng = Random(frame)
    for _ in range(10):
        parts = [np.zeros(480)]
        for _ in range(rng.randint(1, 12)):
            press = dtmf(rng.randrange(16), rng.randint(400, 1600), phase=rng.uniform(0, 6))
            parts += [press, np.zeros(rng.randint(400, 1200))]
        pcm = to_pcm(np.concatenate(parts))
        found, expected = listen(pcm, frame), slow_listener(pcm)
        assert [code for code, _, _ in found] == [code for code, _, _ in expected]
        for (_, start, samples), (_, slow_start, slow_samples) in zip(found, expected, strict=True):
            assert abs(start - slow_start) <= 64
            assert abs(samples - slow_samples) <= 96


def test_keys_without_a_pause_between_them_are_heard() -> None:
    pcm = to_pcm(np.concatenate([dtmf(5, 800), dtmf(9, 800), dtmf(5, 800), np.zeros(400)]))
    assert [code for code, _, _ in listen(pcm)] == [5, 9, 5]


def test_tones_that_sox_made() -> None:
    if shutil.which("sox") is None:
        pytest.skip("no foreign tones: apt-get install sox")
    for event, key in enumerate(DIGITS):
        row = next(i for i, keys in enumerate(KEYPAD) if key in keys)
        low, high = ROWS[row], COLUMNS[KEYPAD[row].index(key)]
        command = ["sox", "-n", "-r", "8000", "-b", "16", "-e", "signed", "-c", "1", "-t", "raw", "-"]
        command += [
            "synth",
            "0.1",
            "sine",
            str(low),
            "sine",
            str(high),
            "remix",
            "1,2",
            "gain",
            "-12",
            "pad",
            "0.05",
            "0.1",
        ]
        pcm = subprocess.run(command, capture_output=True, check=True).stdout
        assert len(pcm) == 2 * 2000
        for heard in (pcm, ulaw(pcm), g711.decode_alaw(g711.encode_alaw(pcm))):
            found = listen(heard)
            assert [code for code, _, _ in found] == [event]
            assert abs(found[0][1] - 400) < 24
            assert abs(found[0][2] - 800) < 24


def test_lost_frames_do_not_make_two_presses_of_one() -> None:
    rng, heard, sent = Random(3), 0, 0
    for _ in range(60):
        keys = [rng.randrange(16) for _ in range(8)]
        parts = [
            np.concatenate([dtmf(key, rng.randint(640, 1600)), np.zeros(rng.randint(640, 1200))])
            for key in keys
        ]
        found = [code for code, _, _ in listen(lossy(ulaw(to_pcm(np.concatenate(parts))), rng))]
        sent += 1
        heard += found == keys
    assert heard == sent


def test_recorded_speech_holds_no_digits(capsys: pytest.CaptureFixture[str]) -> None:
    """25 minutes of a voice: as recorded, companded and shifted, 10 dB louder, with 2 % of frames lost."""
    require_recordings()
    rng, samples, false = Random(1), 0, []
    names = sorted(str(path.relative_to(VOICE))[:-4] for path in VOICE.rglob("*.wav"))
    for name in names:
        pcm = read_recording(name)
        samples += len(pcm) // 2
        loud = to_pcm(np.frombuffer(pcm, "<i2") * 3.16)
        for kind in (pcm, ulaw(bytes(74) + pcm), loud, lossy(ulaw(pcm), rng)):
            false += [(name, *press) for press in listen(kind)]
    with capsys.disabled():
        print(f"\ntalk-off: {len(false)} digits in 4 x {samples / 480000:.1f} minutes of speech")
    assert samples > 20 * 60 * 8000
    assert false == []


def test_digits_are_heard_in_speech_that_goes_on_around_them() -> None:
    require_recordings()
    speech = np.frombuffer(read_recording("vm-goodbye"), "<i2").astype(float)
    assert len(speech) >= 4000
    signal = np.concatenate([speech[:2000], dtmf(7, 800), speech[2000:4000]])
    assert [code for code, _, _ in listen(to_pcm(signal))] == [7]


def test_a_press_that_also_comes_as_an_event_is_not_told() -> None:
    pcm = to_pcm(framed(dtmf(5, 800), 480))
    for at in range(len(pcm) // 320 + 4):
        listener = ToneListener()
        found = []
        for number in range(len(pcm) // 320 + 4):
            if number == at:
                listener.events_seen()
            frame = pcm[number * 320 : number * 320 + 320].ljust(320, b"\0")
            found += listener.frame(frame, number * 160)
        assert found == []
        assert listen(pcm, listener=listener) == []


def test_audio_that_stops_or_jumps_ends_the_press() -> None:
    press = to_pcm(dtmf(5, 800))
    listener = ToneListener()
    assert listener.frame(press, 0) == []
    assert listener.idle(900) == []
    assert [(code, abs(n - 800) < 24) for code, _, n in listener.idle(2000)] == [(5, True)]
    assert listener.idle(9000) == []
    assert listener.frame(press, 10_000) == []
    assert listener.frame(press, 20_000) != []
    assert [start for _, start, _ in listener.idle(30_000)] == [pytest.approx(20_000, abs=24)]


def test_odd_bytes_are_refused_and_none_are_taken() -> None:
    assert ToneListener().frame(b"", 5) == []
    with pytest.raises(ValueError, match="even number"):
        ToneListener().frame(b"\0", 0)


def test_any_samples_are_survived() -> None:
    generator, listener, at = np.random.default_rng(5), ToneListener(), 0
    for _ in range(500):
        frame = generator.integers(-32768, 32768, generator.integers(0, 481)).astype("<i2").tobytes()
        assert listener.frame(frame, at) == []
        at += len(frame) // 2
    assert listen(np.full(8000, -32768, "<i2").tobytes()) == []
    assert FULL < 32767
