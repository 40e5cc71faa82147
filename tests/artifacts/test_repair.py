"""Recordings after a kill at any instant, and after worse: each is opened by a reader that is not ours."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.artifacts.repair import Repair, repair_recording
from aywa.artifacts.wav import WavSink, wav_header, write_stereo

# Each sample is its own number: what is left must be the beginning of what was written. Two files, as of a
# call with a colleague; the pipe says how much is surely written.
WRITER = """
import struct, sys
from aywa.artifacts.wav import WavRecordings
recordings = WavRecordings(sys.argv[1])
with recordings.open("one") as one, recordings.open("two", 16000) as two:
    for turn in range(100_000):
        frames = b"".join(struct.pack("<I", turn * 160 + n) for n in range(160))
        for sink in (one, two):
            sink.append(frames)
            if turn % 5 == 4:
                sink.sync()
        print(turn, flush=True)
"""


def frames(count: int) -> bytes:
    return b"".join(number.to_bytes(4, "little") for number in range(count))


def read(path: Path) -> tuple[int, bytes]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        return file.getframerate(), file.readframes(file.getnframes())


@pytest.mark.parametrize("kill_after", [0, 1, 2, 3, 7, 20, 61])
def test_a_kill_at_any_instant_loses_nothing_that_was_written(kill_after: int, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    with writer:
        for _ in range(kill_after):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
    written = (kill_after if not rest else int(rest[-1]) + 1) * 160
    found = sorted(tmp_path.glob("*/*/*/*.wav"))
    assert kill_after == 0 or len(found) == 2
    for path in found:
        before = read(path)[1]  # valid as it is
        assert len(before) >= 4 * (written - 5 * 160)
        assert repair_recording(path) in (Repair.SOUND, Repair.REPAIRED)
        rate_hz, data = read(path)
        assert rate_hz == (8000 if path.name == "one.wav" else 16000)
        assert len(data) >= 4 * written
        assert data == frames(len(data) // 4)
        assert path.stat().st_size == 44 + len(data)
        assert repair_recording(path) is Repair.SOUND


@given(
    rate_hz=st.sampled_from([8000, 16000]),
    kept=st.integers(0, 44 + 400 + 3),
    claimed=st.integers(0, 2**32 - 100),
)
def test_any_beginning_of_a_recording_is_one(
    rate_hz: int, kept: int, claimed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("cut") / "call.wav"
    path.write_bytes((wav_header(claimed, rate_hz) + frames(100) + b"abc")[:kept])
    if 0 < kept < 44 and not wav_header(0).startswith(path.read_bytes()):
        return  # sizes that nobody writes first
    repair_recording(path)
    found, data = read(path)
    whole = max(0, kept - 44) // 4
    if kept >= 44:
        assert found == rate_hz
    assert data[: whole * 4] == (frames(100) + b"abc\0")[: whole * 4]
    assert path.stat().st_size == 44 + len(data)
    assert repair_recording(path) is Repair.SOUND


def test_a_header_of_zeros_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(bytes(44) + frames(10))
    assert repair_recording(path) is Repair.REPAIRED
    assert read(path) == (8000, frames(10))


def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    sink = WavSink(tmp_path / "call.wav")
    sink.append(frames(10))
    assert repair_recording(tmp_path / "call.wav") is Repair.BUSY
    sink.close()
    assert repair_recording(tmp_path / "call.wav") is Repair.SOUND


def test_a_locked_sound_file_is_not_written_either(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    write_stereo(path, frames(3))
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        os.truncate(path, 50)
        assert repair_recording(path) is Repair.BUSY


@pytest.mark.parametrize(
    "content",
    [b"ID3" + bytes(100), wav_header(8, 44100) + bytes(8), wav_header(8, channels=1) + bytes(8), b"RIFX"],
    ids=["another format", "another rate", "mono", "the beginning of another"],
)
def test_files_of_others_are_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "music.wav"
    path.write_bytes(content)
    assert repair_recording(path) is Repair.FOREIGN
    assert path.read_bytes() == content
