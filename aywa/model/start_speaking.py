"""When the assistant begins to speak: the startSpeakingPlan of an assistant, in its public shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    field_validator,
    model_validator,
)

from aywa.model.base import Plan
from aywa.model.linear_regex import LinearPattern, PatternError, compile_pattern
from aywa.model.wait_function import WaitFunction, WaitFunctionError, compile_wait_function

MAX_RULES = 20  # every one is matched against every transcript
DEFAULT_WAIT_FUNCTION = "20 + 500 * sqrt(x) + 2500 * x^3"


class HeuristicEndpointing(Plan):
    """By what stands at the end of the transcript: a number, a mark, nothing."""

    provider: Literal["vapi"]


class CurveEndpointing(Plan):
    """By the built-in text model, its probability turned into a wait by `waitFunction` (x 0..1 to ms)."""

    provider: Literal["livekit"]
    wait_function: str = DEFAULT_WAIT_FUNCTION

    @field_validator("wait_function")
    @classmethod
    def _compiles(cls, text: str) -> str:
        _compiled(text)
        return text


class EndpointingServer(Plan):
    """Where the webhook is."""

    url: str
    timeout_seconds: float = Field(default=20, ge=1, le=300)
    headers: dict[str, str] = Field(default_factory=dict, max_length=50)
    credential_id: UUID | None = None

    @field_validator("url")
    @classmethod
    def _is_web(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http or https URL")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not carry credentials")
        return url


class CustomEndpointing(Plan):
    """A webhook decides."""

    provider: Literal["custom-endpointing-model"]
    server: EndpointingServer


class BuiltInEndpointing(Plan):
    """This runtime's own: `model` reads the text (and the sound, where a model for it is loaded), `adaptive`
    learns the caller's pauses, `fixed` waits `fixedSeconds`.
    """

    provider: Literal["aywa"]
    mode: Literal["model", "adaptive", "fixed"] = "model"
    wait_function: str | None = None
    fixed_seconds: float | None = Field(default=None, ge=0.2, le=5)
    language: str | None = Field(default=None, max_length=35)

    @field_validator("wait_function")
    @classmethod
    def _compiles(cls, text: str | None) -> str | None:
        if text is not None:
            _compiled(text)
        return text


SmartEndpointingPlan: TypeAlias = Annotated[
    HeuristicEndpointing | CurveEndpointing | CustomEndpointing | BuiltInEndpointing,
    Field(discriminator="provider"),
]


class RegexOption(Plan):
    """One flag of a rule's expression."""

    type: Literal["ignore-case", "whole-word", "multi-line"]
    enabled: bool


class _Rule(Plan):
    timeout_seconds: float = Field(ge=0, le=15)

    def _compile(self, text: str, options: tuple[RegexOption, ...]) -> LinearPattern:
        on = {option.type for option in options if option.enabled}
        try:
            return compile_pattern(
                text,
                ignore_case="ignore-case" in on,
                whole_word="whole-word" in on,
                multi_line="multi-line" in on,
            )
        except PatternError as error:
            raise ValueError(f"{text!r} {error}") from error


class SideRule(_Rule):
    """Wait so long when what the assistant said last, or what the customer is saying, matches."""

    type: Literal["assistant", "customer"]
    regex: str = Field(min_length=1)
    regex_options: tuple[RegexOption, ...] = ()
    _pattern: LinearPattern = PrivateAttr()

    @field_validator("type", mode="before")
    @classmethod
    def _alias(cls, value: Any) -> Any:
        return "customer" if value == "user" else value

    @model_validator(mode="after")
    def _compiled(self) -> SideRule:
        self._pattern = self._compile(self.regex, self.regex_options)
        return self

    def matches(self, assistant: str, customer: str) -> bool:
        """Whether it says what to do here."""
        return self._pattern.matches(assistant if self.type == "assistant" else customer)


class BothRule(_Rule):
    """Both must match."""

    type: Literal["both"]
    assistant_regex: str = Field(min_length=1)
    assistant_regex_options: tuple[RegexOption, ...] = ()
    customer_regex: str = Field(min_length=1)
    customer_regex_options: tuple[RegexOption, ...] = ()
    _assistant: LinearPattern = PrivateAttr()
    _customer: LinearPattern = PrivateAttr()

    @model_validator(mode="after")
    def _compiled(self) -> BothRule:
        self._assistant = self._compile(self.assistant_regex, self.assistant_regex_options)
        self._customer = self._compile(self.customer_regex, self.customer_regex_options)
        return self

    def matches(self, assistant: str, customer: str) -> bool:
        """Whether it says what to do here."""
        return self._assistant.matches(assistant) and self._customer.matches(customer)


def _kind_of_rule(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "both" if kind == "both" else "side"


EndpointingRule: TypeAlias = Annotated[
    Annotated[SideRule, Tag("side")] | Annotated[BothRule, Tag("both")], Discriminator(_kind_of_rule)
]


class TranscriptionEndpointingPlan(Plan):
    """The waits of the heuristic, seconds."""

    on_punctuation_seconds: float = Field(default=0.1, ge=0, le=3)
    on_no_punctuation_seconds: float = Field(default=1.5, ge=0, le=3)
    on_number_seconds: float = Field(default=0.5, ge=0, le=3)


class StartSpeakingPlan(Plan):
    """When to begin. Nothing said: the built-in text model, and a recogniser's own end of turn."""

    wait_seconds: float | None = Field(default=None, ge=0, le=5)
    smart_endpointing_plan: SmartEndpointingPlan | None = None
    custom_endpointing_rules: tuple[EndpointingRule, ...] = Field(default=(), max_length=MAX_RULES)
    transcription_endpointing_plan: TranscriptionEndpointingPlan | None = None
    smart_endpointing_enabled: bool | Literal["livekit"] | None = None  # as older assistants say it


def _compiled(text: str) -> WaitFunction:
    try:
        return compile_wait_function(text)
    except WaitFunctionError as error:
        raise ValueError(str(error)) from error
