"""When recordings of new calls are refused, and that it is said and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from aywa.artifacts.spool_gate import LEAST_FREE_BYTES, SpoolFigures, SpoolGate
from aywa.artifacts.wav import WavRecordings
from aywa.ports.artifacts import ArtifactFormat
from aywa.ports.recording import RecordingRefusedError


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        (SpoolGate(), ""),
        (SpoolGate(100, 60.0, SpoolFigures(size=99, oldest_s=59.9)), ""),
        (SpoolGate(100, 0.0, SpoolFigures(size=100)), "the spool is full: 100 bytes wait"),
        (SpoolGate(0, 7200.0, SpoolFigures(size=9, oldest_s=7200.0)), "its oldest waits for 2 h"),
        (SpoolGate(free_bytes=LEAST_FREE_BYTES), ""),
        (SpoolGate(free_bytes=LEAST_FREE_BYTES - 1), "the disk of the recordings is full"),
    ],
)
def test_recordings_are_refused_while_there_is_no_room(gate: SpoolGate, why: str, tmp_path: Path) -> None:
    recordings = WavRecordings(str(tmp_path), refusal=gate.refusal)
    if not why:
        with recordings.open("one") as sink:
            sink.append(bytes(4))
        return
    with pytest.raises(RecordingRefusedError, match=why), recordings.open("one"):
        pass
    assert gate.figures.refused == 1
    assert list(tmp_path.iterdir()) == []
    gate.max_bytes, gate.max_age_s, gate.free_bytes = 0, 0.0, None
    with recordings.open("one"):
        pass  # there is room again


def test_the_disk_says_how_much_is_free(tmp_path: Path) -> None:
    gate = SpoolGate()
    gate.measure(tmp_path)
    assert gate.free_bytes is not None
    assert gate.free_bytes > 0
    gate.measure(tmp_path / "none")
    assert gate.free_bytes is None


def test_the_name_says_what_becomes_of_a_recording(tmp_path: Path) -> None:
    with WavRecordings(str(tmp_path)).becoming(ArtifactFormat.OPUS).open("one") as sink:
        assert sink.path.endswith("/one.opus.wav")
