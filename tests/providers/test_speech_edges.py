"""Audio and words at the edge, however the bytes are cut."""

from __future__ import annotations

import struct
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.emulators.speech_answer import wav
from aywa.emulators.tones import speak, ulaw
from aywa.errors import ProviderError, ProviderFault
from aywa.providers.speech.pcm import AudioFormat, Encoding, PcmEdge, SpeechEdge
from aywa.providers.speech.wav import WavEdge
from aywa.providers.speech.words import CharacterWords
from tests.kit.oracles.g711 import encode_ulaw

TEXT = "Good morning, this is Acme."


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes, cut at these places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def through(edge: SpeechEdge, parts: list[bytes]) -> bytes:
    """What comes out."""
    return b"".join(edge.add(part) for part in parts) + edge.finish()


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=20))
def test_pcm_at_8_khz_is_what_came_without_half_a_sample(data: bytes, cuts: list[int]) -> None:
    assert through(PcmEdge(), pieces(data, cuts)) == data[: len(data) & ~1]


@given(st.lists(st.integers(-32768, 32767), max_size=200), st.lists(st.integers(0, 400), max_size=9))
def test_mulaw_is_a_byte_a_sample(samples: list[int], cuts: list[int]) -> None:
    pcm = struct.pack(f"<{len(samples)}h", *samples)
    codes = ulaw(pcm)
    heard = through(PcmEdge(AudioFormat(Encoding.ULAW)), pieces(codes, cuts))
    both_zeros = bytes.maketrans(b"\x7f", b"\xff")  # G.711 has a positive and a negative one
    assert ulaw(heard).translate(both_zeros) == codes.translate(both_zeros)
    assert len(heard) == len(pcm)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([16_000, 22_050, 24_000, 48_000]), st.lists(st.integers(0, 10**6), max_size=30))
def test_resampled_audio_does_not_depend_on_the_cuts(rate: int, cuts: list[int]) -> None:
    pcm = speak("One two", rate).pcm
    heard = np.frombuffer(through(PcmEdge(AudioFormat(rate_hz=rate)), pieces(pcm, cuts)), "<i2")
    whole = soxr.resample(np.frombuffer(pcm, "<i2"), rate, 8000, quality="HQ")
    assert abs(len(heard) - len(whole)) <= 1
    count = min(len(heard), len(whole))
    assert np.max(np.abs(heard[:count].astype(int) - whole[:count].astype(int))) <= 2  # its dither


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=30), st.booleans(), st.booleans())
def test_wav_is_read_however_it_is_cut(cuts: list[int], streamed: bool, further: bool) -> None:
    pcm = speak("Hi you", 8000).pcm
    data = wav(pcm, 8000, streamed=streamed)
    if further:
        data = data[:12] + b"LIST" + struct.pack("<I", 5) + b"abcde\0" + data[12:]
    if not streamed:
        data += b"LIST" + struct.pack("<I", 4) + b"more"
    assert through(WavEdge("v"), pieces(data, cuts)) == pcm


def test_wav_at_another_rate_is_resampled() -> None:
    heard = through(WavEdge("v"), [wav(speak(TEXT, 22_050).pcm, 22_050)])
    assert abs(len(heard) - len(speak(TEXT, 8000).pcm)) <= 2 * 8


@pytest.mark.parametrize(
    "data",
    [
        b"ID3\x04" + bytes(40),
        b"RIFF\0\0\0\0AVI " + bytes(40),
        wav(b"", 8000)[:20] + struct.pack("<HH", 1, 2) + wav(b"", 8000)[24:],
        wav(b"", 8000)[:20] + struct.pack("<HH", 3, 1) + wav(b"", 8000)[24:],
        wav(b"\0\0", 96_000),
        b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd",
        b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0abcddata\x04\0\0\0abcd",
        b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\x7f" + bytes(50),
        b"RIFF\0\0",
        b"",
    ],
)
def test_what_is_no_wav_for_calls_is_an_error(data: bytes) -> None:
    with pytest.raises(ProviderError) as raised:
        through(WavEdge("v"), [data])
    assert raised.value.fault is ProviderFault.PROTOCOL


@given(st.binary(max_size=120), st.lists(st.integers(0, 120), max_size=5))
def test_any_bytes_are_a_wav_or_an_error(tail: bytes, cuts: list[int]) -> None:
    with suppress(ProviderError):
        through(WavEdge("v"), pieces(b"RIFF\0\0\0\0WAVE" + tail, cuts))


_texts = st.lists(st.text("abcé.,'", min_size=1, max_size=6), min_size=1, max_size=6)


@given(_texts, st.lists(st.integers(0, 60), max_size=8), st.sampled_from([" ", "  ", "\n "]))
def test_each_word_is_told_where_it_begins_however_the_alignment_is_cut(
    words: list[str], cuts: list[int], gap: str
) -> None:
    text, spoken = gap.join(words), " ".join(words)
    places = sorted({0, len(spoken), *(cut % (len(spoken) + 1) for cut in cuts)})
    found, reader = list[tuple[str, float]](), CharacterWords(text)
    for start, end in pairwise(places):
        found += reader.add(spoken[start:end], [10.0 * (at - start) for at in range(start, end)], start / 100)
    found += reader.finish()
    expected, at = list[tuple[str, float]](), 0
    for word in words:
        expected.append((word, at / 100))
        at += len(word) + 1
    assert [word for word, _ in found] == [word for word, _ in expected]
    assert [round(start, 6) for _, start in found] == [round(start, 6) for _, start in expected]


def test_words_of_another_text_are_told_when_they_are_complete() -> None:
    reader = CharacterWords("It costs $5 today")
    characters = "It costs five dollars today"
    found = reader.add(characters, [float(at) for at in range(len(characters))], 0.0) + reader.finish()
    assert [word for word, _ in found] == ["It", "costs", "five", "dollars", "today"]
    assert found[2][1] == 0.009


@given(st.lists(st.text(max_size=3), max_size=20), st.text(max_size=20))
def test_any_alignment_is_read(characters: list[str], text: str) -> None:
    reader = CharacterWords(text)
    reader.add(characters, [0.0] * len(characters), 0.0)
    reader.finish()


def test_the_emulators_mulaw_is_g711() -> None:
    samples = list(range(-32768, 32768, 7))
    pcm = struct.pack(f"<{len(samples)}h", *samples)
    assert ulaw(pcm) == encode_ulaw(pcm)
