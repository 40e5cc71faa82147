"""Recordings: what sox makes of them, after a clean end, SIGKILL and a full disk."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aywa.artifacts.wav import RecordingError, WavRecordings, write_stereo

DAY = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
SECOND = b"\x10\x00\xf0\xff" * 8000  # left +16, right -16

WRITER = """
import sys
from aywa.artifacts.wav import WavRecordings
frames = b"\\x10\\x00\\xf0\\xff" * 160
with WavRecordings(sys.argv[1]).open("killed") as sink:
    print(sink.path, flush=True)
    for tick in range(225):
        sink.append(frames)
        if tick % 25 == 24:
            sink.sync()
    print("synced", flush=True)
    for tick in range(20):
        sink.append(frames)
    sink.append(frames[:2])
    print("ahead of the header", flush=True)
    sys.stdin.read()
"""


def recordings(directory: Path) -> WavRecordings:
    return WavRecordings(str(directory), wall=lambda: DAY)


def soxi(option: str, path: str) -> str:
    return subprocess.run(["soxi", option, path], check=True, capture_output=True, text=True).stdout.strip()


needs_sox = pytest.mark.skipif(shutil.which("soxi") is None, reason="sox is not installed")


@needs_sox
def test_a_finished_recording_is_stereo_8_khz_16_bit(tmp_path: Path) -> None:
    with recordings(tmp_path).open("3f2504e0-4f89-41d3-9a0c-0305e82c3301") as sink:
        sink.append(SECOND)
        sink.append(SECOND[:400])
    assert sink.path == str(tmp_path / "2026/03/01/3f2504e0-4f89-41d3-9a0c-0305e82c3301.wav")
    assert [soxi(option, sink.path) for option in ("-c", "-r", "-b", "-s")] == ["2", "8000", "16", "8100"]
    with wave.open(sink.path) as reader:
        assert reader.readframes(8100) == SECOND + SECOND[:400]


@needs_sox
def test_a_killed_process_leaves_a_file_that_opens(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    path = writer.stdout.readline().strip()
    assert writer.stdout.readline() == "synced\n"
    assert writer.stdout.readline() == "ahead of the header\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert soxi("-s", path) == str(225 * 160)  # all but what came after the last sync
    converted = subprocess.run(["sox", path, "-t", "raw", "-"], check=True, capture_output=True)
    assert len(converted.stdout) == 225 * 160 * 4


@needs_sox
def test_the_file_is_valid_before_the_first_frame(tmp_path: Path) -> None:
    with recordings(tmp_path).open("empty") as sink:
        assert soxi("-s", sink.path) == "0"


@pytest.mark.parametrize(
    "call_id", ["../../etc/passwd", "", "a/b", "x" * 300, "\0", ".hidden", "\udc80", "a b"]
)
def test_an_id_never_chooses_the_directory(tmp_path: Path, call_id: str) -> None:
    with recordings(tmp_path).open(call_id) as sink:
        assert Path(sink.path).parent == tmp_path / "2026/03/01"


def test_an_id_that_comes_twice_keeps_both(tmp_path: Path) -> None:
    with recordings(tmp_path).open("a") as first, recordings(tmp_path).open("a") as second:
        assert first.path != second.path


def test_a_full_disk_ends_the_recording_with_a_sentence() -> None:
    sink_path = "/dev/full"
    if not Path(sink_path).exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(RecordingError, match="cannot be"), WavRecordings("/dev/full").open("a"):
        pass


def test_after_a_failed_write_the_file_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import aywa.artifacts.wav as module

    real = module.os.pwrite

    def full(handle: int, data: bytes, offset: int) -> int:
        if offset > 44:
            raise OSError(28, "No space left on device")
        return real(handle, data[:1001] if offset == 44 else data, offset)

    with recordings(tmp_path).open("a") as sink:
        monkeypatch.setattr(module.os, "pwrite", full)
        with pytest.raises(RecordingError, match="No space left on device"):
            sink.append(SECOND)
        sink.append(SECOND)  # the recording is over; the call that still appends is not disturbed
        sink.sync()
    with wave.open(sink.path) as reader:
        assert reader.getnframes() == 250
    assert Path(sink.path).stat().st_size == 44 + 1000


def test_a_directory_that_cannot_be_used_is_found_at_start(tmp_path: Path) -> None:
    WavRecordings(str(tmp_path / "new" / "dir")).check_writable()
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        WavRecordings(str(tmp_path / "file" / "dir")).check_writable()


def test_a_recording_of_16_khz_says_so(tmp_path: Path) -> None:
    with recordings(tmp_path).open("wide", 16_000) as sink:
        sink.append(bytes(4 * 16_000))
        sink.sync()
    with wave.open(sink.path) as reader:
        assert (reader.getframerate(), reader.getnframes(), reader.getnchannels()) == (16_000, 16_000, 2)
    write_stereo(tmp_path / "whole.wav", bytes(4 * 160), 16_000)
    with wave.open(str(tmp_path / "whole.wav")) as reader:
        assert (reader.getframerate(), reader.getnframes()) == (16_000, 160)
