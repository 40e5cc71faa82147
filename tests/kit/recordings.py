"""Recorded human speech from Debian's asterisk-core-sounds-en-wav: 8 kHz S16LE mono, one voice."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest

VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")


def require_recordings() -> None:
    """Skip the test with the reason when the package is missing; in CI (CI=true) fail instead."""
    if VOICE.is_dir():
        return
    reason = "no recorded speech: apt-get install asterisk-core-sounds-en-wav"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def recording_path(name: str) -> Path:
    """The WAV of the recording `name` (without .wav)."""
    require_recordings()
    return VOICE / f"{name}.wav"


def read_recording(name: str) -> bytes:
    """PCM of the recording `name`: S16LE mono 8 kHz."""
    with wave.open(str(recording_path(name)), "rb") as recording:
        assert (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) == (8000, 1, 2)
        return recording.readframes(recording.getnframes())
