"""The per-assistant plan: what one assistant says and how it takes turns, as one JSON object.

Every field is optional; what is left out stays as the runtime's settings have it. A field that is accepted
acts. The names in `NOT_YET` belong to the same shape and act on nothing here: they are refused by name, so
that nobody believes in a plan that half works.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from aywa.errors import Gap
from aywa.model.analysis_plan import AnalysisPlan
from aywa.model.artifact_plan import ArtifactPlan
from aywa.model.base import Plan
from aywa.model.budget_plan import BudgetPlan
from aywa.model.chat_models import ChatModelPlan
from aywa.model.compliance_plan import CompliancePlan
from aywa.model.faults import without_tags
from aywa.model.keypad_plan import KeypadInputPlan
from aywa.model.message_plan import MessagePlan
from aywa.model.outage_plan import OutagePlan
from aywa.model.retention_plan import RetentionPlan
from aywa.model.route_plans import AnyVoice
from aywa.model.server import MessageType, Secret, Server, check_web_url
from aywa.model.start_speaking import StartSpeakingPlan
from aywa.model.stop_speaking import StopSpeakingPlan
from aywa.model.tool_messages import ToolMessages
from aywa.model.transcribers.plan import TranscriberPlan

NOT_YET = frozenset(
    {
        "voicemailDetection",
        "voicemailMessage",
        "clientMessages",
        "modelOutputInMessagesEnabled",
        "monitorPlan",
        "backgroundSpeechDenoisingPlan",
        "transportConfigurations",
        "hooks",
        "credentialIds",
        "credentials",
        "metadata",
        "observabilityPlan",
    }
)
_ARTIFACTS = (
    "recordingPath recordingUseCustomStorageEnabled videoRecordingEnabled pcapEnabled"
    " pcapS3PathPrefix pcapUseCustomStorageEnabled loggingEnabled loggingPath transcriptPlan"
    " structuredOutputIds structuredOutputs scorecardIds scorecards fullMessageHistoryEnabled"
)
_COMPLIANCE = "hipaaEnabled pciEnabled securityFilterPlan"
NOT_YET_INSIDE = frozenset(
    {
        *(f"artifactPlan.{name}" for name in _ARTIFACTS.split()),
        *(f"compliancePlan.{name}" for name in _COMPLIANCE.split()),
    }
)
EndPhrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=140)]
_ADDRESS = re.compile(r"\s*[a-z][a-z0-9+.-]*://", re.I)
_SCHEMES = ("https://", "http://", "file://")
_PROVIDED = ("transcriber", "model", "voice")
_MISTAKES = 20  # shown at most: a file of another kind makes hundreds


class FirstMessageMode(Enum):
    """Who begins the conversation."""

    ASSISTANT = "assistant-speaks-first"
    MODEL = "assistant-speaks-first-with-model-generated-message"
    USER = "assistant-waits-for-user"


class Assistant(Plan):
    """One assistant. Times in seconds; ranges as the fields say.

    `firstMessage` is what an assistant that speaks first greets with: a text, or the URL of a sound file with
    its words in `firstMessageTranscript`. One that has none waits for the caller, if `firstMessageMode` says
    that it speaks first, and greets as the model will if nothing is said at all.
    `endCallMessage` is said when the assistant ends the call; `endCallPhrases` make it hang up.
    `toolMessages` are said while tools run. `backgroundSound`: `off`, `office`, a path or a URL.
    """

    name: str = Field("", max_length=40)
    transcriber: TranscriberPlan | None = None
    model: ChatModelPlan | None = None
    voice: AnyVoice | None = None
    first_message: str = Field("", max_length=1000)
    first_message_transcript: str = Field("", max_length=1000)
    first_message_mode: FirstMessageMode | None = None
    first_message_interruptions_enabled: bool = False
    end_call_message: str = Field("", max_length=1000)
    end_call_phrases: tuple[EndPhrase, ...] = Field((), max_length=100)
    tool_messages: tuple[ToolMessages, ...] = Field((), max_length=100)
    background_sound: str | None = Field(None, min_length=1, max_length=4096)
    max_duration_seconds: float | None = Field(None, ge=10, le=43_200)
    silence_timeout_seconds: float | None = Field(None, ge=5, le=3600)
    start_speaking_plan: StartSpeakingPlan | None = None
    stop_speaking_plan: StopSpeakingPlan | None = None
    num_words_to_interrupt_assistant: int | None = Field(None, ge=0, le=10)  # before there was that plan
    keypad_input_plan: KeypadInputPlan | None = None
    message_plan: MessagePlan | None = None
    artifact_plan: ArtifactPlan | None = None
    compliance_plan: CompliancePlan | None = None
    retention_plan: RetentionPlan | None = None
    server: Server | None = None
    server_url: str = Field("", max_length=4096)  # before there was that object
    server_url_secret: Secret | None = Field(None, repr=False)
    server_messages: tuple[MessageType, ...] | None = Field(None, max_length=100)
    analysis_plan: AnalysisPlan | None = None
    provider_outage_plan: OutagePlan | None = None
    budget_plan: BudgetPlan | None = None

    @field_validator("server_url")
    @classmethod
    def _web(cls, url: str) -> str:
        if url:
            check_web_url(url)
        return url

    @property
    def first_message_url(self) -> str:
        """Where the first message is, if it is a recording; else ""."""
        return self.first_message if _ADDRESS.match(self.first_message) else ""

    @field_validator("first_message")
    @classmethod
    def _words(cls, text: str) -> str:
        text = text.strip()
        if _ADDRESS.match(text) and not (text.startswith(_SCHEMES) and " " not in text):
            raise ValueError("must be a text, or the https or file URL of a sound file")
        return text

    @model_validator(mode="after")
    def _belongs(self) -> Assistant:
        if self.first_message_transcript and not self.first_message_url:
            raise ValueError("firstMessageTranscript has the words of a firstMessage that is a sound file")
        return self

    @field_validator("background_sound")
    @classmethod
    def _reachable(cls, sound: str | None) -> str | None:
        if sound is not None and _ADDRESS.match(sound) and not sound.startswith(_SCHEMES):
            raise ValueError("must be off, office, the path of a sound file, or its https or file URL")
        return sound


def parse_assistant(text: str | bytes, where: str) -> tuple[Assistant | None, list[Gap]]:
    """The assistant of a JSON text, or every fault of it; `where` stands before each field's name."""
    try:
        return Assistant.model_validate_json(text, strict=True), []
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [_gap(fault, where) for fault in faults[:_MISTAKES]]


def _gap(fault: ErrorDetails, where: str) -> Gap:
    path = without_tags([str(part) for part in fault["loc"]])
    name = ".".join([where, *path])
    if fault["type"] in ("union_tag_invalid", "union_tag_not_found") and path[0] in _PROVIDED:
        return Gap(f"{name}.provider", fault["msg"])
    if fault["type"] == "json_invalid":
        return Gap(name, fault["msg"].replace("Invalid JSON", "must be JSON"))
    if fault["type"] == "extra_forbidden":
        return Gap(name, _unknown(path))
    return Gap(name, _rule(fault["msg"]))


def _unknown(path: list[str]) -> str:
    if path[0] in NOT_YET or ".".join(path) in NOT_YET_INSIDE:
        return "does nothing in this version yet: leave it out"
    return "is not a field that is known"


def _rule(message: str) -> str:
    for begin in ("Input should be ", "Value error, "):
        if message.startswith(begin):
            rest = message.removeprefix(begin)
            return rest if begin.startswith("Value") else f"must be {rest}"
    return message[:1].lower() + message[1:]
