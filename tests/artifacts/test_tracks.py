"""Parties on tracks of their own: each sample where its leg's clock puts it, in any part of the file."""

from __future__ import annotations

import io
import tracemalloc
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aywa.artifacts.tracks import Part, Side, Track, TracksFile
from aywa.artifacts.wav import HEADER_BYTES, RecordingError, WavRecordings, wav_header, write_stereo

HOUR_S = 3600
Samples = NDArray[np.int16]


def ramp(count: int, first: int = 1) -> Samples:
    return (np.arange(first, first + count) % 30000 + 1).astype("<i2")


def leg_file(path: Path, heard: Samples, sent: Samples | None = None, rate_hz: int = 8000) -> Path:
    pairs = np.stack([heard, np.zeros_like(heard) if sent is None else sent], 1)
    write_stereo(path, pairs.astype("<i2").tobytes(), rate_hz)
    return path


def whole(tracks: list[Track]) -> Samples:
    """All of it, by another reader of WAV files; one row a track."""
    with TracksFile(tracks) as file, wave.open(io.BytesIO(file.read(0, file.size))) as wav:
        assert wav.getnchannels() == len(tracks)
        assert wav.getnframes() == file.frames
        frames = wav.readframes(wav.getnframes())
        assert len(frames) == file.frames * file.frame_bytes
        return np.frombuffer(frames, "<i2").reshape(-1, len(tracks)).T


@settings(max_examples=40, deadline=None)
@given(
    offsets=st.lists(st.integers(-20, 300), min_size=3, max_size=3),
    lengths=st.lists(st.integers(1, 2000), min_size=3, max_size=3),
    cut=st.tuples(st.integers(0, 400), st.integers(0, 400) | st.none()),
    pieces=st.lists(st.integers(0, 20000), max_size=4),
)
def test_every_sample_stands_where_its_clock_says(
    tmp_path_factory: pytest.TempPathFactory,
    offsets: list[int],
    lengths: list[int],
    cut: tuple[int, int | None],
    pieces: list[int],
) -> None:
    """Against a sheet of zeros on which each track is laid at once; and any parts make up the whole."""
    folder = tmp_path_factory.mktemp("legs")
    ends = [8 * offset + length for offset, length in zip(offsets, lengths, strict=True)]
    sheet = np.zeros((3, max(0, *ends)), np.int16)
    tracks = []
    for k, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        said = ramp(length, 7 * k)
        path = leg_file(folder / f"{k}.wav", said)
        skipped = max(0, -8 * offset)
        if skipped < length:
            sheet[k, 8 * offset + skipped : 8 * offset + length] = said[skipped:]
        tracks.append(Track(f"{k}", (Part(path, Side.HEARD, offset, without=(cut,)),)))
    low, high = 8 * cut[0], None if cut[1] is None else 8 * cut[1]
    if high is None or high > low:
        sheet[:, low:high] = 0
    assert np.array_equal(whole(tracks), sheet)
    with TracksFile(tracks) as file:
        marks = [0, *sorted(min(piece, file.size) for piece in pieces), file.size]
        parts = [file.read(begin, end) for begin, end in pairwise(marks)]
        assert b"".join(parts) == file.read(0, file.size + 100)


def test_both_sides_of_a_leg_and_the_sum_of_two(tmp_path: Path) -> None:
    own = leg_file(tmp_path / "own.wav", ramp(400), np.full(400, 30000, np.int16))
    other = leg_file(tmp_path / "other.wav", ramp(400, 500), np.full(400, 20000, np.int16))
    assistant = Track("assistant", (Part(own, Side.SENT), Part(other, Side.SENT, offset_ms=25)))
    caller, both = whole([Track("caller", (Part(own, Side.HEARD),)), assistant])
    assert np.array_equal(caller[:400], ramp(400))
    assert (both[:200] == 30000).all()
    assert (both[200:400] == 32767).all(), "a sum that is too loud is clipped"
    assert (both[400:] == 20000).all()


def test_a_narrow_leg_beside_a_wide_one_is_aligned_in_every_part(tmp_path: Path) -> None:
    pulse = np.zeros(8000, np.int16)
    pulse[800:816] = 10000
    narrow = leg_file(tmp_path / "narrow.wav", pulse)
    wide = leg_file(tmp_path / "wide.wav", np.zeros(100, np.int16), rate_hz=16000)
    tracks = [Track("caller", (Part(narrow, Side.HEARD, 125),)), Track("b", (Part(wide, Side.HEARD),))]
    heard = whole(tracks)[0].astype(float)
    middle = float(np.sum(np.arange(len(heard)) * heard) / np.sum(heard))
    assert middle / 16000 == pytest.approx(0.125 + 0.101, abs=0.0001)
    with TracksFile(tracks) as file:
        assert (file.rate_hz, file.frames) == (16000, 18000)
        for first in (0, 1, 3599, 3600, 3601, 17990):
            assert np.array_equal(file.read_frames(first, 33)[:, 0], np.append(heard, [0] * 33)[first:][:33])


def test_an_hour_takes_no_more_memory_than_what_is_asked_for(tmp_path: Path) -> None:
    """And a party that comes after it stands where it belongs."""
    own, late = tmp_path / "own.wav", leg_file(tmp_path / "late.wav", ramp(16000))
    with own.open("wb") as file:
        file.write(wav_header(4 * 8000 * (HOUR_S + 10)))
        file.seek(HEADER_BYTES + 4 * 8000 * HOUR_S)
        file.write(np.repeat(ramp(80000), 2).astype("<i2").tobytes())
    offset_ms = HOUR_S * 1000 + 1234
    tracks = [
        Track("caller", (Part(own, Side.HEARD),)),
        Track("colleague", (Part(late, Side.HEARD, offset_ms),)),
    ]
    tracemalloc.start()
    try:
        with TracksFile(tracks) as made:
            sizes = {len(made.read(at, at + (1 << 17))) for at in range(0, made.size, 1 << 17)}
            _, peak = tracemalloc.get_traced_memory()
            caller, colleague = made.read_frames(8 * offset_ms, 16000).T
    finally:
        tracemalloc.stop()
    assert max(sizes) == 1 << 17
    assert peak < 3_000_000
    assert np.array_equal(colleague, ramp(16000))
    assert np.array_equal(caller, ramp(16000, 1 + 8 * 1234))


def test_a_leg_whose_process_was_killed_counts_up_to_its_header(tmp_path: Path) -> None:
    own = leg_file(tmp_path / "own.wav", ramp(800))
    with WavRecordings(str(tmp_path)).open("colleague") as sink:
        sink.append(np.repeat(ramp(400), 2).tobytes())
        sink.sync()
        sink.append(np.repeat(ramp(400), 2).tobytes()[:-3])  # never claimed: the process dies here
        tracks = [
            Track("caller", (Part(own, Side.HEARD),)),
            Track("colleague", (Part(Path(sink.path), Side.HEARD),)),
        ]
        found = whole(tracks)[1]
        assert np.array_equal(found[:400], ramp(400))
        assert not found[400:].any()


def test_a_file_cut_short_behind_its_header_is_silent_there(tmp_path: Path) -> None:
    path = leg_file(tmp_path / "own.wav", ramp(800))
    with path.open("r+b") as file:
        file.truncate(HEADER_BYTES + 4 * 100 + 1)
    found = whole([Track("caller", (Part(path, Side.HEARD),))])[0]
    assert np.array_equal(found[:100], ramp(100))
    assert not found[100:].any()


def test_what_is_no_recording_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_bytes(b"nothing of the kind" * 9)
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "mono.wav").write_bytes(wav_header(0, 8000, 1))
    (tmp_path / "fast.wav").write_bytes(wav_header(0, 44100))
    (tmp_path / "long.wav").write_bytes(wav_header(2**32 - 100))
    told = {
        "missing.wav": "cannot be read (No such file",
        "text.wav": "is no recording",
        "empty.wav": "is no recording",
        "mono.wav": "is no recording of a leg",
        "fast.wav": "is no recording of a leg",
        "long.wav": "longer than a WAV file can be",
    }
    for name, sentence in told.items():
        tracks = [Track(f"{n}", (Part(tmp_path / name, Side.HEARD),)) for n in range(3)]
        with pytest.raises(RecordingError) as raised:
            TracksFile(tracks)
        assert sentence in str(raised.value.strerror)
    with pytest.raises(ValueError, match="at least one track"):
        TracksFile([])
