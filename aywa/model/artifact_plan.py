"""What of a call is kept, and as what."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from aywa.model.base import Plan


class ArtifactPlan(Plan):
    """`recordingEnabled`: whether calls are recorded; left out, as the runtime's settings have it.
    `recordingFormat`: WAV, or Opus made of it when the call is over; left out, WAV.
    """

    recording_enabled: bool | None = None
    recording_format: Literal["wav", "wav;l16", "opus"] | None = None


class ArtifactPlanBody(ArtifactPlan):
    """The same with what belongs to the shape beside it."""

    model_config = ConfigDict(extra="allow")
