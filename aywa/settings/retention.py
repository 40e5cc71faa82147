"""For how long calls are kept whose assistant says nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from aywa.settings.reader import EnvironmentReader

LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class RetentionSettings:
    """Days since a call's end; 0 keeps for ever."""

    recording_days: float = 0.0  # audio and captures
    transcript_days: float = 0.0  # what was said, and the timeline
    call_days: float = 0.0  # all of it
    tombstone_file: str = ""  # what was erased; "": in the data folder


def read_retention(env: EnvironmentReader) -> RetentionSettings:
    """From the environment."""

    def days(name: str) -> float:
        return env.number(f"RUNTIME_RETENTION_{name}_DAYS", 0.0, 0, LONGEST_DAYS)

    return RetentionSettings(
        recording_days=days("RECORDING"),
        transcript_days=days("TRANSCRIPT"),
        call_days=days("CALL"),
        tombstone_file=env.text("RUNTIME_TOMBSTONE_FILE"),
    )
