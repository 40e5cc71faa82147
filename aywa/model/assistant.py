"""The per-assistant plan: what one assistant says and how it takes turns, as one JSON object.

Every field is optional; what is left out stays as the runtime's settings have it. A field that is accepted
acts. The names in `NOT_YET` belong to the same shape and act on nothing here: they are refused by name, so
that nobody believes in a plan that half works.
"""

from __future__ import annotations

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from aywa.errors import Gap
from aywa.model.base import Plan

NOT_YET = frozenset(
    {
        "transcriber",
        "model",
        "voice",
        "firstMessage",
        "firstMessageMode",
        "firstMessageInterruptionsEnabled",
        "voicemailDetection",
        "voicemailMessage",
        "endCallMessage",
        "endCallPhrases",
        "clientMessages",
        "serverMessages",
        "backgroundSound",
        "modelOutputInMessagesEnabled",
        "startSpeakingPlan",
        "stopSpeakingPlan",
        "keypadInputPlan",
        "messagePlan",
        "monitorPlan",
        "analysisPlan",
        "artifactPlan",
        "compliancePlan",
        "backgroundSpeechDenoisingPlan",
        "transportConfigurations",
        "hooks",
        "server",
        "credentialIds",
        "credentials",
        "metadata",
        "observabilityPlan",
    }
)
_MISTAKES = 20  # shown at most: a file of another kind makes hundreds


class Assistant(Plan):
    """One assistant. Times in seconds; ranges as the fields say."""

    name: str = Field("", max_length=40)
    max_duration_seconds: float | None = Field(None, ge=10, le=43_200)
    silence_timeout_seconds: float | None = Field(None, ge=5, le=3600)


def parse_assistant(text: str | bytes, where: str) -> tuple[Assistant | None, list[Gap]]:
    """The assistant of a JSON text, or every fault of it; `where` stands before each field's name."""
    try:
        return Assistant.model_validate_json(text, strict=True), []
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return None, [_gap(fault, where) for fault in faults[:_MISTAKES]]


def _gap(fault: ErrorDetails, where: str) -> Gap:
    path = [str(part) for part in fault["loc"]]
    name = ".".join([where, *path])
    if fault["type"] == "json_invalid":
        return Gap(name, fault["msg"].replace("Invalid JSON", "must be JSON"))
    if fault["type"] == "extra_forbidden":
        return Gap(name, _unknown(path))
    return Gap(name, _rule(fault["msg"]))


def _unknown(path: list[str]) -> str:
    if path[0] in NOT_YET:
        return "does nothing in this version yet: leave it out"
    return "is not a field that is known"


def _rule(message: str) -> str:
    for begin in ("Input should be ", "Value error, "):
        if message.startswith(begin):
            rest = message.removeprefix(begin)
            return rest if begin.startswith("Value") else f"must be {rest}"
    return message[:1].lower() + message[1:]
