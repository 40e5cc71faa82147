"""Ogg Opus files, played by FFmpeg: as long as their WAV, each track where it was, nobody on another's."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aywa.artifacts.ogg import OggWriter, checksum
from aywa.artifacts.opus_file import encode_opus, self_delimited
from aywa.artifacts.tracks import Part, Side, Track
from aywa.artifacts.wav import RecordingError, write_stereo
from tests.kit import libav
from tests.kit.recordings import read_recording

Samples = NDArray[np.int16]
PLAYER_HZ = 48000


def speech(name: str, rate_hz: int) -> Samples:
    pcm = np.frombuffer(read_recording(name), "<i2")
    if rate_hz == 8000:
        return pcm
    return np.asarray(soxr.resample(pcm, 8000, rate_hz)).astype("<i2")


def leg(path: Path, rate_hz: int = 8000) -> tuple[Path, Samples, Samples]:
    """A call in which the caller speaks from the beginning, and the assistant a second later."""
    heard, said = speech("vm-goodbye", rate_hz), speech("vm-sorry", rate_hz)
    size = rate_hz + max(len(heard), len(said)) + 77  # no whole number of packets
    left, right = np.zeros(size, "<i2"), np.zeros(size, "<i2")
    left[: len(heard)] = heard
    right[rate_hz : rate_hz + len(said)] = said
    write_stereo(path, np.stack([left, right], 1).tobytes(), rate_hz)
    return path, left, right


def played(path: Path) -> NDArray[np.float64]:
    """A row a channel, at 48 kHz, as a player gives it: without what is skipped, and no longer than it is."""
    import av

    with av.open(str(path)) as container:
        (stream,) = container.streams.audio
        frames = [frame.to_ndarray() for frame in container.decode(stream)]
    sound = np.concatenate(frames, axis=1).astype(np.float64)
    return sound / 32768 if np.abs(sound).max() > 4 else sound


def delay_samples(sound: NDArray[np.float64], original: Samples, rate_hz: int) -> tuple[int, float]:
    """By how many samples at 48 kHz it is late, and how alike it is then."""
    wanted = np.asarray(soxr.resample(original.astype(np.float64) / 32768, rate_hz, PLAYER_HZ))
    size = min(len(wanted), len(sound))
    wanted, sound = wanted[:size], sound[:size]
    spectrum = np.fft.rfft(sound, 2 * size) * np.conj(np.fft.rfft(wanted, 2 * size))
    found = np.fft.irfft(spectrum)
    at = int(np.argmax(found))
    likeness = found[at] / np.sqrt((sound**2).sum() * (wanted**2).sum())
    return (at if at < size else at - 2 * size), float(likeness)


@pytest.mark.parametrize("rate_hz", [8000, 16000])
def test_a_player_gives_back_every_track_where_it_was(rate_hz: int, tmp_path: Path) -> None:
    libav.require()
    path, left, right = leg(tmp_path / "call.wav", rate_hz)
    heard, sent = Track("caller", (Part(path, Side.HEARD),)), Track("assistant", (Part(path, Side.SENT),))
    both = Track("both", (*heard.parts, *sent.parts))
    outputs = {
        "stereo": [heard, sent],
        "customer": [heard],
        "assistant": [sent],
        "mono": [both],
        "tracks": [heard, sent, both],
    }
    encode_opus({tmp_path / f"{name}.opus": tracks for name, tracks in outputs.items()})
    wanted = {heard: left, sent: right, both: left + right}
    for name, tracks in outputs.items():
        sound = played(tmp_path / f"{name}.opus")
        assert sound.shape == (len(tracks), len(left) * PLAYER_HZ // rate_hz), name
        for channel, track in zip(sound, tracks, strict=True):
            late, likeness = delay_samples(channel, wanted[track], rate_hz)
            assert abs(late) <= 48, (name, track.name, late)  # a millisecond
            assert likeness > 0.9, (name, track.name)
    before_he_speaks = played(tmp_path / "stereo.opus")[1, : PLAYER_HZ * 9 // 10]
    assert np.abs(before_he_speaks).max() < 0.001, "the caller is heard on the assistant's track"
    assert (tmp_path / "stereo.opus").stat().st_size < path.stat().st_size / 3
    assert sorted(found.name for found in tmp_path.iterdir() if found.name.startswith(".")) == []


@pytest.mark.parametrize("frames", [0, 1, 107, 108, 160, 8000 - 52, 8000 - 51])
def test_a_file_is_exactly_as_long_as_its_recording(frames: int, tmp_path: Path) -> None:
    libav.require()
    path = tmp_path / "call.wav"
    write_stereo(path, b"\1\0\2\0" * frames)
    encode_opus({tmp_path / "call.opus": [Track("caller", (Part(path, Side.HEARD),))]})
    pages = read_pages((tmp_path / "call.opus").read_bytes())
    assert pages[-1].granule - 312 == frames * 6
    assert pages[-1].flags & 4
    if frames >= 160:  # FFmpeg's decoder, which is late itself, makes one packet alone too short
        assert played(tmp_path / "call.opus").shape == (1, frames * 6)


def test_what_cannot_be_read_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        encode_opus({tmp_path / "call.opus": [Track("caller", (Part(tmp_path / "none", Side.HEARD),))]})
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    path, *_ = leg(tmp_path / "call.wav")
    track = Track("caller", (Part(path, Side.HEARD),))
    with pytest.raises(OSError, match="No such file"):
        encode_opus({tmp_path / "one.opus": [track], tmp_path / "none" / "two.opus": [track]})
    assert [found.name for found in tmp_path.iterdir()] == ["call.wav"]


# --- the container ----------------------------------------------------------------------------------------


class Page:
    """As RFC 3533 section 6 has it, read by hand."""

    def __init__(self, data: bytes) -> None:
        assert data[:5] == b"OggS\0"
        self.flags = data[5]
        self.granule = int.from_bytes(data[6:14], "little", signed=True)
        self.number = int.from_bytes(data[18:22], "little")
        count = data[26]
        self.lacing = data[27 : 27 + count]
        self.size = 27 + count + sum(self.lacing)
        self.body = data[27 + count : self.size]
        page = data[:22] + bytes(4) + data[26 : self.size]
        assert (slow_crc if self.size < 2000 else checksum)(page) == int.from_bytes(data[22:26], "little")


def slow_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def read_pages(data: bytes) -> list[Page]:
    pages = []
    while data:
        pages.append(Page(data))
        data = data[pages[-1].size :]
    return pages


@given(st.binary(max_size=300))
def test_the_checksum_is_that_of_the_standard(data: bytes) -> None:
    assert checksum(data) == slow_crc(data)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 1000) | st.sampled_from([255, 510, 65_024, 65_025, 70_000]), st.booleans()),
        max_size=12,
    )
)
def test_packets_come_out_of_the_pages_as_they_went_in(given_: list[tuple[int, bool]]) -> None:
    written: list[bytes] = []
    writer = OggWriter(written.append, 7)
    packets = [bytes([number % 256]) * size for number, (size, _) in enumerate(given_)]
    for number, (packet, (_, flush)) in enumerate(zip(packets, given_, strict=True)):
        writer.packet(packet, number + 1)
        if flush:
            writer.flush()
    writer.flush(last=True)
    pages = read_pages(b"".join(written))
    assert [page.number for page in pages] == list(range(len(pages)))
    found, open_ = [], b""
    for before, page in pairwise([None, *pages]):
        assert page is not None
        assert bool(page.flags & 1) == bool(before and before.lacing and before.lacing[-1] == 255)
        at, ended = 0, 0
        for size in page.lacing:
            open_ += page.body[at : at + size]
            at += size
            if size < 255:
                found.append(open_)
                open_, ended = b"", len(found)
        assert page.granule == (ended or -1)
    assert found == packets
    assert [bool(page.flags & 2) for page in pages] == [True] + [False] * (len(pages) - 1)
    assert [bool(page.flags & 4) for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize(
    ("size", "length"), [(0, b"\0"), (251, b"\xfb"), (252, b"\xfc\0"), (253, b"\xfd\0"), (1275, b"\xff\xff")]
)
def test_a_packet_says_how_long_it_is(size: int, length: bytes) -> None:
    assert self_delimited(b"\x80" + b"x" * size) == b"\x80" + length + b"x" * size
