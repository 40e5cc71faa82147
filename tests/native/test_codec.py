"""Every codec through the interface the engine uses: speech comes back, hostile payloads do no harm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native import g711
from aywa._native.codec import NativeCodec
from aywa.errors import ParseError
from tests.kit.audio_quality import segmental_snr_db
from tests.kit.mutate import mutated
from tests.kit.oracles.pcm import words
from tests.kit.recordings import read_recording, require_recordings
from tests.kit.wideband import wideband

CODECS = (
    ("PCMU", 8000, 8000),
    ("PCMA", 8000, 8000),
    ("G722", 16000, 8000),
    ("L16", 8000, 8000),
    ("L16", 16000, 16000),
    ("opus", 8000, 48000),
    ("opus", 16000, 48000),
)
every_codec = pytest.mark.parametrize(("name", "rate", "clock_hz"), CODECS)
MUTATIONS = 100_000


def frames_of(rate: int, ptime_ms: int = 20, recording: str = "vm-intro") -> list[bytes]:
    """Recorded speech cut into packets."""
    require_recordings()
    pcm = read_recording(recording)
    pcm = wideband(pcm) if rate == 16000 else pcm
    size = 2 * rate * ptime_ms // 1000
    return [pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size)]


@every_codec
@pytest.mark.parametrize("ptime_ms", [10, 20, 40, 60])
def test_a_packet_has_as_many_samples_back_as_it_says(
    name: str, rate: int, clock_hz: int, ptime_ms: int
) -> None:
    sender, receiver = NativeCodec(name, rate, clock_hz), NativeCodec(name, rate, clock_hz)
    for frame in frames_of(rate, ptime_ms)[:20]:
        payload = sender.encode(frame)
        assert receiver.duration(payload) == 8 * ptime_ms
        assert len(receiver.decode(payload)) == len(frame)


@pytest.mark.parametrize(
    ("name", "rate", "clock_hz", "delay", "least_db"),
    [
        ("PCMU", 8000, 8000, 0, 33),
        ("PCMA", 8000, 8000, 0, 33),
        ("G722", 16000, 8000, 22, 28),
        ("L16", 8000, 8000, 0, 34.9),
        ("L16", 16000, 16000, 0, 34.9),
    ],
)
def test_speech_comes_back_as_speech(
    name: str, rate: int, clock_hz: int, delay: int, least_db: float
) -> None:
    codec = NativeCodec(name, rate, clock_hz)
    frames = frames_of(rate)
    # The recordings have been through mu-law: at another level they are no longer on its grid.
    clean = (np.frombuffer(b"".join(frames), np.int16) * 0.8).astype("<i2")
    size = rate // 50
    decoded = [codec.decode(codec.encode(frame.tobytes())) for frame in clean.reshape(-1, size)]
    heard = np.frombuffer(b"".join(decoded), np.int16)
    clean, heard = clean[: len(clean) - size], heard[delay : delay + len(clean) - size]
    loud = [at for at in range(len(clean) // size) if np.abs(clean[at * size : (at + 1) * size]).max() > 1000]
    assert segmental_snr_db(clean, heard, loud, size) > least_db


@pytest.mark.parametrize("name", ["PCMU", "PCMA"])
def test_g711_is_the_kernel_of_g711(name: str) -> None:
    codec = NativeCodec(name, 8000, 8000)
    law = "ulaw" if name == "PCMU" else "alaw"
    pcm = read_recording("vm-intro")
    payload = getattr(g711, f"encode_{law}")(pcm)
    assert codec.encode(pcm) == payload
    assert codec.decode(payload) == getattr(g711, f"decode_{law}")(payload)


@given(st.lists(st.integers(-32768, 32767), max_size=400))
def test_l16_is_big_endian_and_loses_nothing(samples: list[int]) -> None:
    codec = NativeCodec("L16", 8000, 8000)
    pcm = np.array(samples, "<i2").tobytes()
    payload = codec.encode(pcm)
    assert payload == np.array(samples, ">i2").tobytes()
    assert codec.decode(payload) == pcm


@pytest.mark.parametrize(
    ("name", "rate", "payload"),
    [("L16", 8000, b"1"), ("L16", 16000, b"12"), ("L16", 16000, b"123"), ("opus", 16000, b"")],
)
def test_what_is_no_audio_is_refused(name: str, rate: int, payload: bytes) -> None:
    codec = NativeCodec(name, rate, 48000 if name == "opus" else rate)
    with pytest.raises(ParseError):
        codec.decode(payload)
    with pytest.raises(ParseError):
        codec.duration(payload)


@pytest.mark.parametrize(("name", "rate", "clock_hz"), CODECS[:5])
def test_an_empty_payload_is_no_audio_and_no_fault(name: str, rate: int, clock_hz: int) -> None:
    codec = NativeCodec(name, rate, clock_hz)
    assert codec.duration(b"") == 0
    assert codec.decode(b"") == codec.encode(b"") == b""


@every_codec
@given(data=st.binary(max_size=1500))
def test_any_bytes_are_audio_or_refused(name: str, rate: int, clock_hz: int, data: bytes) -> None:
    check_verdict(NativeCodec(name, rate, clock_hz), rate, data)


@every_codec
def test_mutated_packets_are_audio_or_refused(name: str, rate: int, clock_hz: int) -> None:
    sender, receiver = NativeCodec(name, rate, clock_hz, fec=True), NativeCodec(name, rate, clock_hz)
    seeds = [sender.encode(frame) for ptime_ms in (20, 60) for frame in frames_of(rate, ptime_ms)[:20]]
    for data in mutated(seeds, MUTATIONS, seed=7):
        check_verdict(receiver, rate, data[:1500])


def check_verdict(codec: NativeCodec, rate: int, data: bytes) -> None:
    """Either both functions refuse the payload, or the decoder gives the samples that were announced."""
    try:
        duration = codec.duration(data)
    except ParseError:
        with pytest.raises(ParseError):
            codec.decode(data)
        return
    assert len(codec.decode(data)) == 2 * duration * rate // 8000


@every_codec
def test_after_a_reset_the_decoder_is_new(name: str, rate: int, clock_hz: int) -> None:
    used, sender = NativeCodec(name, rate, clock_hz), NativeCodec(name, rate, clock_hz)
    payloads = [sender.encode(frame) for frame in frames_of(rate)[:20]]
    first = [used.decode(payload) for payload in payloads]
    if name in ("G722", "opus"):
        assert [used.decode(payload) for payload in payloads] != first
    used.reset()
    assert [used.decode(payload) for payload in payloads] == first


@pytest.mark.parametrize(
    ("name", "rate", "clock_hz"),
    [
        ("PCMU", 16000, 8000),
        ("G722", 8000, 8000),
        ("G722", 16000, 16000),
        ("L16", 44100, 44100),
        ("L16", 16000, 8000),
        ("opus", 16000, 16000),
        ("opus", 48000, 48000),
        ("GSM", 8000, 8000),
    ],
)
def test_there_is_no_such_codec(name: str, rate: int, clock_hz: int) -> None:
    with pytest.raises(ValueError, match=f"no {name} at {rate} Hz"):
        NativeCodec(name, rate, clock_hz)


@every_codec
def test_one_direction_refuses_the_other(name: str, rate: int, clock_hz: int) -> None:
    frame = frames_of(rate)[3]
    sender = NativeCodec(name, rate, clock_hz, receives=False)
    receiver = NativeCodec(name, rate, clock_hz, sends=False)
    payload = sender.encode(frame)
    assert len(words(receiver.decode(payload))) == rate // 50
    with pytest.raises(ValueError, match="no packet"):
        receiver.encode(frame)
    with pytest.raises(ParseError):
        sender.decode(payload)
    with pytest.raises(ValueError, match="no decoder"):
        sender.reset()
    with pytest.raises(ValueError, match="there is no"):
        NativeCodec(name, rate, clock_hz, sends=False, receives=False)


@pytest.mark.parametrize(("name", "rate", "clock_hz"), CODECS[:5])
def test_only_opus_conceals(name: str, rate: int, clock_hz: int) -> None:
    assert NativeCodec(name, rate, clock_hz).conceal(rate // 50) == b""


def test_faults() -> None:
    codec = NativeCodec("G722", 16000, 8000)
    with pytest.raises(ValueError, match="even"):
        codec.encode(b"123")
    with pytest.raises(ValueError, match="3 samples"):
        codec.encode(bytes(6))
    with pytest.raises(ValueError, match="120 ms"):
        codec.conceal(1921)
    with pytest.raises(ValueError, match="0 to 10"):
        codec.set_complexity(11)
