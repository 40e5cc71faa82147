"""Opus by libopus: beside FFmpeg's own decoder, through loss, silence and stereo, and malformed packets."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest

from aywa._native.codec import NativeCodec
from aywa.errors import ParseError
from tests.kit import libav
from tests.kit.audio_quality import Samples, log_spectral_distance_db
from tests.kit.recordings import read_recording
from tests.kit.wideband import wideband

RECORDINGS = ("vm-intro", "demo-congrats", "tt-weasels")


def frames_of(name: str, rate: int, ptime_ms: int = 20) -> list[bytes]:
    """Recorded speech cut into packets."""
    pcm = read_recording(name)
    pcm = wideband(pcm) if rate == 16000 else pcm
    size = 2 * rate * ptime_ms // 1000
    return [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


def samples(frames: list[bytes]) -> Samples:
    """All frames as one signal."""
    return np.frombuffer(b"".join(frames), "<i2")


def aligned(clean: Samples, heard: Samples, most: int) -> tuple[Samples, Samples]:
    """Both without what the codec is late, found by correlation."""
    length = min(len(clean), len(heard)) - most
    scores = [
        float(np.dot(clean[:length].astype(np.float64), heard[late : late + length])) for late in range(most)
    ]
    late = int(np.argmax(scores))
    return clean[:length], heard[late : late + length]


def spectral_distance(clean: Samples, heard: Samples, rate: int) -> float:
    """Mean over the frames in which somebody speaks."""
    clean, heard = aligned(clean, heard, rate // 50)
    size = rate // 50
    count = len(clean) // size
    loud = [at for at in range(count - 1) if np.abs(clean[at * size : (at + 1) * size]).max() > 1000]
    return log_spectral_distance_db(clean, heard, loud, size)


@pytest.mark.parametrize(("rate", "most_db"), [(8000, 9.0), (16000, 9.0)])
def test_speech_is_as_near_as_through_ffmpegs_decoder(rate: int, most_db: float) -> None:
    libav.require()
    ours, theirs = [], []
    for name in RECORDINGS:
        frames = frames_of(name, rate)
        sender, receiver = NativeCodec("opus", rate, 48000), NativeCodec("opus", rate, 48000)
        payloads = [sender.encode(frame) for frame in frames]
        ours.append(spectral_distance(samples(frames), samples([receiver.decode(p) for p in payloads]), rate))
        # FFmpeg's own decoder ("opus", not libopus) gives 48 kHz.
        full = np.concatenate(list(libav.decode("opus", payloads, 48000)))
        theirs.append(spectral_distance(samples(frames), libav.resampled(full, 48000, rate), rate))
    assert fmean(ours) < most_db
    assert fmean(ours) < fmean(theirs) + 0.5


@pytest.mark.parametrize("rate", [8000, 16000])
def test_what_ffmpeg_sends_is_heard(rate: int) -> None:
    libav.require()
    frames = frames_of("vm-intro", rate)
    payloads = libav.encode("libopus", samples(frames), rate, {"application": "voip", "b": "24000"})
    receiver = NativeCodec("opus", rate, 48000)
    assert all(receiver.duration(payload) == 160 for payload in payloads)
    heard = samples([receiver.decode(payload) for payload in payloads])
    assert spectral_distance(samples(frames), heard, rate) < 9.0


@pytest.mark.parametrize("rate", [8000, 16000])
def test_stereo_is_mixed_down(rate: int) -> None:
    libav.require()
    left = samples(frames_of("vm-intro", rate))
    right = np.zeros_like(left)
    payloads = libav.encode_stereo("libopus", left, right, rate, {"application": "voip", "b": "64000"})
    assert all(payload[0] & 4 for payload in payloads[5:20])
    receiver = NativeCodec("opus", rate, 48000)
    heard = samples([receiver.decode(payload) for payload in payloads])
    clean, heard = aligned((left // 2).astype(np.int16), heard, rate // 50)
    loudness = np.sqrt(np.mean(heard.astype(np.float64) ** 2)) / np.sqrt(
        np.mean(clean.astype(np.float64) ** 2)
    )
    assert loudness == pytest.approx(1.0, abs=0.15)


def lossy(name: str, rate: int, fec: bool, every: int) -> tuple[Samples, Samples, list[int]]:
    """Clean speech, what is heard when each `every`-th packet is lost, and which frames those are."""
    frames = frames_of(name, rate)
    sender, receiver = NativeCodec("opus", rate, 48000, fec=fec), NativeCodec("opus", rate, 48000)
    sender.expect_loss(20)
    payloads = [sender.encode(frame) for frame in frames]
    whole = NativeCodec("opus", rate, 48000)
    clean = samples([whole.decode(payload) for payload in payloads])
    lost = list(range(every, len(frames) - 1, every))
    heard = [
        receiver.conceal(rate // 50, payloads[at + 1] if fec else None)
        if at in lost
        else receiver.decode(payload)
        for at, payload in enumerate(payloads)
    ]
    assert all(len(frame) == rate // 25 for frame in heard)
    size = rate // 50
    loud = [at for at in lost if np.abs(clean[at * size : (at + 1) * size]).max() > 1000]
    return clean, samples(heard), loud


@pytest.mark.parametrize("rate", [8000, 16000])
def test_error_correction_is_nearer_than_concealment_and_that_than_silence(rate: int) -> None:
    distances: dict[str, list[float]] = {"fec": [], "plc": [], "silence": []}
    for name in RECORDINGS:
        for kind in ("fec", "plc"):
            clean, heard, lost = lossy(name, rate, kind == "fec", every=5)
            distances[kind].append(log_spectral_distance_db(clean, heard, lost, rate // 50))
        silent = heard.copy()
        for at in lost:
            silent[at * rate // 50 : (at + 1) * rate // 50] = 0
        distances["silence"].append(log_spectral_distance_db(clean, silent, lost, rate // 50))
    fec, plc, silence = (fmean(distances[kind]) for kind in ("fec", "plc", "silence"))
    assert fec < plc - 1.0
    assert plc < silence - 1.0


def test_a_hole_of_three_packets_has_its_last_one_corrected() -> None:
    frames = frames_of("vm-intro", 16000)
    sender, receiver = NativeCodec("opus", 16000, 48000, fec=True), NativeCodec("opus", 16000, 48000)
    sender.expect_loss(20)
    payloads = [sender.encode(frame) for frame in frames]
    for payload in payloads[:60]:
        receiver.decode(payload)
    assert len(receiver.conceal(640)) == 1280
    assert len(receiver.conceal(320, payloads[63])) == 640
    assert len(receiver.decode(payloads[63])) == 640


def test_concealment_of_what_is_no_frame_is_left_to_others() -> None:
    receiver = NativeCodec("opus", 16000, 48000)
    assert receiver.conceal(321) == b""
    assert receiver.conceal(0) == b""
    assert len(receiver.conceal(1920)) == 3840
    # A malformed later packet carries no correction: extrapolated.
    assert len(receiver.conceal(320, b"\xff\xff")) == 640
    assert len(receiver.conceal(320, b"")) == 640


def test_nothing_is_sent_in_silence_when_that_was_agreed() -> None:
    frame = bytes(640)
    sender = NativeCodec("opus", 16000, 48000, dtx=True)
    sent = [bool(sender.encode(frame)) for _ in range(150)]
    assert 2 <= sum(sent[50:]) <= 10  # 400 ms apart
    speech = frames_of("vm-intro", 16000)
    assert sum(bool(sender.encode(frame)) for frame in speech[20:60]) >= 38
    always = NativeCodec("opus", 16000, 48000)
    assert all(always.encode(frame) for _ in range(150))


@pytest.mark.parametrize("bitrate", [12000, 24000, 40000])
def test_the_bit_rate_is_kept(bitrate: int) -> None:
    sender = NativeCodec("opus", 16000, 48000, bitrate_bps=bitrate)
    sizes = [len(sender.encode(frame)) for frame in frames_of("vm-intro", 16000)]
    assert fmean(sizes) * 8 * 50 == pytest.approx(bitrate, rel=0.15)


def test_durations_are_read_from_the_first_byte() -> None:
    receiver = NativeCodec("opus", 8000, 48000)
    # RFC 6716 table 2: configurations 0..3 are SILK of 10 to 60 ms, 16..19 CELT of 2.5 to 20 ms.
    for configuration, expected in {0: 80, 1: 160, 2: 320, 3: 480, 16: 20, 17: 40, 18: 80, 19: 160}.items():
        assert receiver.duration(bytes([configuration << 3, 1, 2, 3])) == expected
        assert receiver.duration(bytes([configuration << 3 | 1, 1, 2, 3, 4])) == 2 * expected
        assert receiver.duration(bytes([configuration << 3 | 3, 2, 1, 2])) == 2 * expected


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x01\x02",  # two equal frames in an odd number of bytes
        b"\x02\x05\x01",  # the first of two frames leaves the packet
        b"\x03",  # no count
        b"\x03\x00",  # no frame
        b"\x1b\x03\x01\x01\x01",  # three of 60 ms: longer than 120 ms
        b"\x03\x82\xff",  # a length that goes on after the end
        b"\x03\x41\x09\x01",  # more padding than packet
        bytes([0]) + bytes(1276),  # a frame of more than 1275 bytes
    ],
)
def test_malformed_packets_are_refused(packet: bytes) -> None:
    receiver = NativeCodec("opus", 16000, 48000)
    with pytest.raises(ParseError):
        receiver.duration(packet)
    with pytest.raises(ParseError):
        receiver.decode(packet)


@pytest.mark.parametrize("count", [0, 100, 480, 800, 2400])
def test_what_is_no_frame_of_opus_is_not_encoded(count: int) -> None:
    # 480 and 800 samples at 16 kHz are 30 and 50 ms.
    with pytest.raises(ValueError, match="no packet"):
        NativeCodec("opus", 16000, 48000).encode(bytes(2 * count))


def test_the_decoder_goes_on_after_hostile_packets_as_before_them() -> None:
    frames = frames_of("vm-intro", 16000)
    sender, receiver, fresh = (NativeCodec("opus", 16000, 48000) for _ in range(3))
    payloads = [sender.encode(frame) for frame in frames[:40]]
    for packet in (b"\x1b\x03\x01\x01\x01", b"\x03\x00", b""):
        with pytest.raises(ParseError):
            receiver.decode(packet)
    assert [receiver.decode(p) for p in payloads] == [fresh.decode(p) for p in payloads]


def _audible_ms(pcm: bytes) -> float:
    """Up to the last sample above -40 dBFS, at 16 kHz."""
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, "<i2").astype(int)) >= 328)
    return float(loud[-1] + 1) / 16 if len(loud) else 0.0


def test_speech_that_is_cut_is_not_heard_on() -> None:
    """An encoder looks 6.5 ms ahead, and draws out what stops at once."""
    frames, tails = frames_of("demo-congrats", 16000), {True: list[float](), False: list[float]()}
    for cut, heard in tails.items():
        sender, receiver = NativeCodec("opus", 16000, 48000), NativeCodec("opus", 16000, 48000)
        for number, frame in enumerate(frames[:400]):
            receiver.decode(sender.encode(frame))
            if number % 10 == 9 and np.abs(np.frombuffer(frame[-320:], "<i2").astype(int)).max() > 2000:
                if cut:
                    sender.cut()
                silence = [receiver.decode(sender.encode(bytes(640))) for _ in range(3)]
                heard.append(_audible_ms(b"".join(silence)))
    assert len(tails[True]) == len(tails[False]) >= 10
    print(f"heard on for {max(tails[False]):.1f} ms at most, {max(tails[True]):.1f} ms where it was cut")
    assert np.median(tails[False]) > 6.5
    assert max(tails[True]) <= 4.0


def test_a_cut_leaves_the_settings_and_other_codecs_alone() -> None:
    sender = NativeCodec("opus", 16000, 48000, bitrate_bps=12_000, dtx=True)
    speech = frames_of("vm-intro", 16000)[20:70]
    before = sum(len(sender.encode(frame)) for frame in speech)
    sender.cut()
    assert sum(len(sender.encode(frame)) for frame in speech) == pytest.approx(before, rel=0.15)
    g722 = NativeCodec("G722", 16000, 8000)
    twin = NativeCodec("G722", 16000, 8000)
    for frame in speech:
        g722.cut()
        assert g722.encode(frame) == twin.encode(frame)
