"""How full the spool is, and whether recordings of new calls still go into it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

LEAST_FREE_BYTES = 64 << 20  # of the disk: calls that are up can go on for a while, and so can everybody else


@dataclass(slots=True)
class SpoolFigures:
    """What lies there, and what has become of the rest since the start."""

    files: int = 0  # calls whose files lie there
    size: int = 0  # bytes of them
    oldest_s: float = 0.0  # how long the oldest has waited
    orphans: int = (
        0  # calls that the database does not know, or not as over, though nobody writes their files
    )
    stored: int = 0  # artifacts
    lost: int = 0
    failures: int = 0  # attempts
    repaired: int = 0  # recordings
    refused: int = 0  # recordings that were not begun


@dataclass(slots=True)
class SpoolGate:
    """Whoever begins a recording asks `refusal`; the spool says how things are. 0 bounds nothing."""

    max_bytes: int = 0
    max_age_s: float = 0.0
    figures: SpoolFigures = field(default_factory=SpoolFigures)
    free_bytes: int | None = None  # of the disk; None: not known

    @property
    def reason(self) -> str:
        """Why nothing more goes in, or ""."""
        if self.free_bytes is not None and self.free_bytes < LEAST_FREE_BYTES:
            return "the disk of the recordings is full"
        if self.max_bytes and self.figures.size >= self.max_bytes:
            return f"the spool is full: {self.figures.size} bytes wait for the artifact store"
        if self.max_age_s and self.figures.oldest_s >= self.max_age_s:
            return f"the spool is stuck: its oldest waits for {self.figures.oldest_s / 3600:.0f} h"
        return ""

    def refusal(self) -> str:
        """The same, counted: a recording is about to be begun. From any thread."""
        reason = self.reason
        if reason:
            self.figures.refused += 1
        return reason

    def measure(self, directory: Path) -> None:
        """Ask the disk. Blocks."""
        try:
            found = os.statvfs(directory)
        except OSError:
            self.free_bytes = None
        else:
            self.free_bytes = found.f_bavail * found.f_frsize
