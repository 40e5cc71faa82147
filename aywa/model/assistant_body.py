"""An assistant as the API takes and keeps it: the plan that acts, and what belongs to the shape beside it.

What acts today is `model.assistant.Assistant`; the rest is checked as far as its shape is fixed, kept and
given back, so that an assistant of another runtime of this contract survives the move.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator

from aywa.model.artifact_plan import ArtifactPlanBody
from aywa.model.assistant import Assistant
from aywa.model.base import Plan
from aywa.model.chat_models.common import CustomKnowledgeBase
from aywa.model.compliance_plan import CompliancePlanBody
from aywa.model.safe_regex import bounded
from aywa.model.server_body import Secret, ServerBody
from aywa.model.server_message import ServerMessage
from aywa.model.voice_plan import RegexReplacement, Voice

__all__ = ["AssistantBody", "CustomKnowledgeBase", "MonitorPlan"]
Provider = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Free = dict[str, Any]


class MonitorPlan(Plan):
    """Who may listen to a call and steer it by its own URLs."""

    listen_enabled: bool = True
    listen_authentication_enabled: bool = False
    control_enabled: bool = True
    control_authentication_enabled: bool = False
    monitor_ids: tuple[str, ...] = Field((), max_length=100)


class AssistantBody(Assistant):
    """An assistant. Times in seconds; ranges as the fields say."""

    # no path: whoever has a key has no account on the host
    background_sound: str | None = Field(None, max_length=2048, pattern=r"^(off|office|https://[!-~]+)$")
    voicemail_detection: Literal["off"] | Free | None = None
    voicemail_message: str = Field("", max_length=1000)
    client_messages: tuple[ServerMessage, ...] | None = Field(None, max_length=100)
    model_output_in_messages_enabled: bool = False
    monitor_plan: MonitorPlan | None = None
    artifact_plan: ArtifactPlanBody | None = None
    compliance_plan: CompliancePlanBody | None = None
    background_speech_denoising_plan: Free | None = None
    transport_configurations: tuple[Free, ...] = Field((), max_length=20)
    hooks: tuple[Free, ...] = Field((), max_length=100)
    # as theirs, and what is sealed: secrets, and credentials by their ids
    server: ServerBody | None = None  # type: ignore[assignment]
    server_url_secret: Secret | None = None  # type: ignore[assignment]
    credential_ids: tuple[UUID, ...] = Field((), max_length=200)
    metadata: Free | None = None
    variable_values: Free | None = None  # by which prompt, first message and tools are filled in
    observability_plan: Free | None = None

    @field_validator("first_message")
    @classmethod
    def _no_recording(cls, text: str) -> str:
        if "://" in text.partition(" ")[0]:
            raise ValueError("must be a text: recordings are only greeted with by RUNTIME_ASSISTANT")
        return text

    @field_validator("voice")
    @classmethod
    def _no_backtracking(cls, voice: Voice | None) -> Voice | None:
        plan = None if voice is None else voice.chunk_plan
        for entry in () if plan is None else plan.format_plan.replacements:
            if isinstance(entry, RegexReplacement) and not bounded(entry.regex):
                raise ValueError(
                    f"the expression {entry.regex!r} must not repeat what repeats: it can take for ever"
                )
        return voice
