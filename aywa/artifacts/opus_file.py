"""Recordings as Ogg Opus (RFC 7845, RFC 6716), by the engine's own encoder, which knows one channel.

Channels are streams that nothing couples, so that nobody's voice is heard on another's track: two are
left and right (mapping family 1), more have no meaning to a player (family 255).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from aywa import __version__
from aywa._native.codec import NativeCodec
from aywa.artifacts.ogg import OggWriter
from aywa.artifacts.tracks import Track, TracksFile

_CLOCK_HZ = 48000  # of granules, whatever the input's rate is
_PACKET_MS = 20
_PACKETS_A_PAGE = 50  # a second: what a player has to look through
_PRE_SKIP = 312  # samples that libopus is behind its input: 6.5 ms, at every rate
_BITRATE_BPS = {8000: 24_000, 16000: 32_000}  # of a track
_LONG = 252  # a frame of so many bytes has its length in two (RFC 6716 section 3.2.1)


def encode_opus(outputs: Mapping[Path, Sequence[Track]]) -> None:
    """Write each file with these tracks as its channels: all of them from one reading, whole or not at all.

    A track that several files have is encoded once. Raises RecordingError for a recording that cannot be
    read, OSError for a file that cannot be written.
    """
    tracks = {track.parts: track for wanted in outputs.values() for track in wanted}
    columns = {parts: column for column, parts in enumerate(tracks)}
    with ExitStack() as stack:
        source = stack.enter_context(TracksFile(list(tracks.values())))
        files = [
            stack.enter_context(_OpusFile(path, [columns[track.parts] for track in wanted], source.rate_hz))
            for path, wanted in outputs.items()
        ]
        _encode(source, len(tracks), files)
        for file in files:
            file.finish(source.frames * (_CLOCK_HZ // source.rate_hz))


def _encode(source: TracksFile, count: int, files: Sequence[_OpusFile]) -> None:
    rate_hz = source.rate_hz
    encoders = [
        NativeCodec("opus", rate_hz, _CLOCK_HZ, bitrate_bps=_BITRATE_BPS[rate_hz], receives=False)
        for _ in range(count)
    ]
    samples = rate_hz * _PACKET_MS // 1000
    # What the encoder still holds when the input ends must come out as well.
    packets = -(-(source.frames + _PRE_SKIP * rate_hz // _CLOCK_HZ) // samples)
    for first in range(0, packets, _PACKETS_A_PAGE):
        frames = source.read_frames(first * samples, min(_PACKETS_A_PAGE, packets - first) * samples)
        for begin in range(0, len(frames), samples):
            block = frames[begin : begin + samples].T
            payloads = [encoder.encode(block[at].tobytes()) for at, encoder in enumerate(encoders)]
            for file in files:
                file.packet(payloads)
        for file in files:
            file.flush()


class _OpusFile:
    """One file; it appears under its name when it is finished, and leaves nothing when it is not."""

    def __init__(self, path: Path, columns: Sequence[int], rate_hz: int) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._columns = columns
        self._rate_hz = rate_hz
        self._granule = 0
        self._file = -1
        self._held: list[bytes] = []  # the last packet: its position is known at the end only

    def __enter__(self) -> _OpusFile:
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self._ogg = OggWriter(self._put, serial=1)
        for header in (opus_head(len(self._columns), self._rate_hz), opus_tags()):
            self._ogg.packet(header, 0)
            self._ogg.flush()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        with suppress(FileNotFoundError):
            self._part.unlink()

    def packet(self, payloads: Sequence[bytes]) -> None:
        """20 ms of every track, of which those of this file are taken."""
        self._release(self._granule)
        *others, last = [payloads[column] for column in self._columns]
        self._held.append(b"".join([*map(self_delimited, others), last]))
        self._granule += _CLOCK_HZ * _PACKET_MS // 1000

    def flush(self) -> None:
        """End a page, behind the packet before the last."""
        self._ogg.flush()

    def finish(self, samples: int) -> None:
        """The recording has so many samples at 48 kHz. Raises OSError."""
        self._release(_PRE_SKIP + samples)
        self._ogg.flush(last=True)
        os.fsync(self._file)
        self._part.replace(self._path)

    def _release(self, granule: int) -> None:
        for packet in self._held:
            self._ogg.packet(packet, granule)
        self._held.clear()

    def _put(self, page: bytes) -> None:
        view = memoryview(page)
        while view:
            view = view[os.write(self._file, view) :]


def opus_head(channels: int, rate_hz: int) -> bytes:
    """RFC 7845 section 5.1. `rate_hz`: of the input, as information."""
    family = 0 if channels == 1 else 1 if channels == 2 else 255
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, channels, _PRE_SKIP, rate_hz, 0, family)
    return head if family == 0 else head + bytes([channels, 0, *range(channels)])


def opus_tags() -> bytes:
    """RFC 7845 section 5.2: who made it, and nothing of the call."""
    vendor = f"aywa {__version__}".encode()
    return b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", 0)


def self_delimited(payload: bytes) -> bytes:
    """A packet of one frame that says how long it is (RFC 6716 appendix B)."""
    assert not payload[0] & 3, "one frame, as the encoder makes them"
    size = len(payload) - 1
    if size < _LONG:
        return payload[:1] + bytes([size]) + payload[1:]
    low = _LONG + (size & 3)
    return payload[:1] + bytes([low, (size - low) // 4]) + payload[1:]
