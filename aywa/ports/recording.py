"""Where a call's recording goes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from aywa.ports.artifacts import ArtifactFormat


class RecordingSink(Protocol):
    """A stereo recording being written. Methods may touch the disk: call them from a worker thread."""

    path: str

    def append(self, frames: bytes) -> None:
        """Append interleaved 16-bit stereo frames: caller left, assistant right."""

    def sync(self) -> None:
        """Make what was appended so far a valid file, which outlives the process; called twice a second."""


class RecordingRefusedError(OSError):
    """No recording is begun at present; `strerror` says why."""


class RecordingStore(Protocol):
    """Opens recordings."""

    def open(self, call_id: str, rate_hz: int = 8000) -> AbstractContextManager[RecordingSink]:
        """A new recording for this call, of 8000 or 16000 Hz; leaving the block completes the file.

        Raises RecordingRefusedError.
        """

    def becoming(self, format: ArtifactFormat) -> RecordingStore:
        """The same for recordings that are to become this once their call is over."""
