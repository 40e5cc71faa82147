"""For how long an assistant's calls are kept."""

from __future__ import annotations

from pydantic import Field

from aywa.model.base import Plan

_DAYS = Field(None, ge=0, le=36_500)


class RetentionPlan(Plan):
    """Days since a call's end; 0 deletes soon after it. What is left out stays as the settings have it.

    `recordingDays`: audio and captures. `transcriptDays`: what was said, the timeline and messages for
    servers. `callDays`: all of it; until then the call's bare record stays.
    """

    recording_days: float | None = _DAYS
    transcript_days: float | None = _DAYS
    call_days: float | None = _DAYS
