"""What of a call is kept."""

from __future__ import annotations

from pydantic import ConfigDict

from aywa.model.base import Plan


class ArtifactPlan(Plan):
    """`recordingEnabled`: whether calls are recorded; left out, as the runtime's settings have it."""

    recording_enabled: bool | None = None


class ArtifactPlanBody(ArtifactPlan):
    """The same with what belongs to the shape beside it."""

    model_config = ConfigDict(extra="allow")
