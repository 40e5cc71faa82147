"""The recogniser's pure parts: frames, grammar, telephone band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError
from aywa.providers.grammar import (
    PronouncingDictionary,
    background_for,
    dictionary_text,
    jsgf,
    missing_words,
    usable_phrases,
)
from aywa.providers.phone_band import PhoneBand, gain_for
from aywa.providers.recogniser_wire import MAX_PAYLOAD, FrameKind, FrameReader, encode_frame

FRAMES = st.lists(
    st.tuples(st.sampled_from(FrameKind), st.integers(0, 2**32 - 1), st.binary(max_size=50)), max_size=8
)


@given(FRAMES, st.integers(1, 20))
def test_frames_survive_any_cutting(frames: list[tuple[FrameKind, int, bytes]], piece: int) -> None:
    stream = b"".join(encode_frame(*frame) for frame in frames)
    reader, read = FrameReader(), []
    for at in range(0, len(stream), piece):
        read += reader.feed(stream[at : at + piece])
    assert read == frames


def test_a_broken_stream_is_refused() -> None:
    with pytest.raises(LocalProtocolError):
        list(FrameReader().feed(b"\xff" * 20))
    with pytest.raises(LocalProtocolError):
        encode_frame(FrameKind.AUDIO, 1, bytes(MAX_PAYLOAD + 1))


@pytest.fixture
def dictionary(tmp_path: Path) -> PronouncingDictionary:
    file = tmp_path / "words.dict"
    file.write_text("a AH\na(2) EY\nfriday F R AY D EY\nfriday(2) F R AY D IY\nthe DH AH\nyou Y UW\n")
    return PronouncingDictionary(file, {"Aywa": "EY W AH"})


def test_pronunciations(dictionary: PronouncingDictionary) -> None:
    assert dictionary.pronunciations("friday") == ("F R AY D EY", "F R AY D IY")
    assert dictionary.pronunciations("aywa") == ("EY W AH",)
    assert dictionary.pronunciations("fri") == ()
    assert missing_words(["friday", "The aywa nix", "nought"], dictionary) == ["nix", "nought"]


def test_a_grammar_holds_the_usable_phrases(dictionary: PronouncingDictionary) -> None:
    usable = usable_phrases(["Friday!", "friday", "you, Aywa", "nix", ""], dictionary)
    assert usable == {"friday": "Friday!", "you aywa": "you, Aywa"}
    assert "<phrase> = friday | you aywa;" in jsgf(usable)
    assert background_for(["friday", "aywa"], dictionary) == ["the", "you"]
    assert background_for(usable, dictionary) == ["the"]
    assert "/1.0/ <phrase> | /1e-18/ <other>;" in jsgf(usable, ["the"])
    assert dictionary_text(usable, dictionary).splitlines() == [
        "aywa EY W AH", "friday F R AY D EY", "friday(2) F R AY D IY", "you Y UW",
    ]  # fmt: skip


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_the_band_does_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    whole = PhoneBand().process(b"".join(pieces))
    band = PhoneBand()
    assert b"".join(band.process(piece) for piece in pieces) == whole


def test_the_upper_band_is_the_mirror_of_the_lower() -> None:
    t = np.arange(16000) / 16000
    tone = (8000 * np.sin(2 * np.pi * 3000 * t)).astype("<i2").tobytes()
    spectrum = np.abs(np.fft.rfft(np.frombuffer(PhoneBand().process(tone), "<i2")))
    assert spectrum[5000] == pytest.approx(0.3 * spectrum[3000], rel=0.02)
    assert spectrum[5000] > 50 * np.delete(spectrum, [3000, 5000]).max()


def test_level_and_gain() -> None:
    band = PhoneBand()
    band.process((3277 * np.ones(16000)).astype("<i2").tobytes())
    assert band.level_db() == pytest.approx(-20.0, abs=0.1)
    assert gain_for(-20.0) == pytest.approx(1.0)
    assert gain_for(-26.0) == pytest.approx(2.0, rel=0.01)
    assert gain_for(-90.0) == pytest.approx(10 ** (18 / 20))
    assert PhoneBand().level_db() == -96.0
