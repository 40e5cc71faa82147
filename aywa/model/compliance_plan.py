"""What callers are told and asked before anything of them is kept, and how card data go past the record."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from aywa.model.base import Plan

Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]


class DeclinePlan(Plan):
    """What follows when somebody refuses, or does not answer.

    `message` is said first, "" for nothing. `destination` of a transfer: a number in E.164 or a sip: URI.
    """

    action: Literal["continue", "end-call", "transfer"] = "continue"
    message: str | None = Field(None, max_length=1000)
    destination: str | None = Field(None, max_length=200, pattern=r"^(\+[0-9]{3,15}|sips?:[!-~]+)$")

    @model_validator(mode="after")
    def _somewhere(self) -> DeclinePlan:
        if (self.action == "transfer") != (self.destination is not None):
            raise ValueError("destination is whom a transfer leads to")
        return self


class _ConsentPlan(Plan):
    message: Sentence
    transcript_after_consent: bool = False  # until then nothing that is said is kept either
    decline_plan: DeclinePlan = Field(default_factory=lambda: DeclinePlan.model_validate({}))


class StayConsentPlan(_ConsentPlan):
    """Whoever stays for `waitSeconds` after the message agrees."""

    type: Literal["stay-on-line"]
    wait_seconds: float = Field(3, ge=1, le=6)


class VerbalConsentPlan(_ConsentPlan):
    """Whoever says yes agrees; he has `answerSeconds` and is asked twice."""

    type: Literal["verbal"]
    answer_seconds: float = Field(8, ge=2, le=30)


class KeyConsentPlan(_ConsentPlan):
    """Whoever presses `key` agrees; any other key refuses."""

    type: Literal["key"]
    key: Key = "1"
    answer_seconds: float = Field(8, ge=2, le=30)


ConsentPlan: TypeAlias = Annotated[
    StayConsentPlan | VerbalConsentPlan | KeyConsentPlan, Field(discriminator="type")
]


class AiDisclosurePlan(Plan):
    """That it is no human who speaks; `message` instead of the built-in sentence of the voice's language."""

    enabled: bool = True
    message: str | None = Field(None, min_length=1, max_length=300, pattern=r"\S")
    interruptions_enabled: bool = True  # false: the sentence is heard whole


class CardPlan(Plan):
    """When card data are kept out of everything that is kept.

    `automatic`: `marked` pauses for parameters of tools whose schema has a card's `format`, `named` also for
    those that are called so, `off` for none. `spokenDigitsEnabled`: the recogniser hears what is said
    meanwhile, else nobody does and only keys count. `toolEnabled`: the model may pause by itself.
    """

    automatic: Literal["marked", "named", "off"] = "marked"
    spoken_digits_enabled: bool = False
    tool_enabled: bool = False
    max_pause_seconds: float = Field(120, ge=10, le=600)


class CompliancePlan(Plan):
    """`recordingDisclosure` is said first in calls that are recorded without asking for consent."""

    recording_consent_plan: ConsentPlan | None = None
    recording_disclosure: Sentence | None = None
    ai_disclosure: AiDisclosurePlan = Field(default_factory=lambda: AiDisclosurePlan.model_validate({}))
    card_plan: CardPlan = Field(default_factory=lambda: CardPlan.model_validate({}))


class StayConsentBody(StayConsentPlan):
    """With what others take beside it."""

    model_config = ConfigDict(extra="allow")

    voice: dict[str, Any] | None = None


class VerbalConsentBody(VerbalConsentPlan):
    """With what others take beside it."""

    model_config = ConfigDict(extra="allow")

    voice: dict[str, Any] | None = None


class CompliancePlanBody(CompliancePlan):
    """The same with what belongs to the shape beside it."""

    model_config = ConfigDict(extra="allow")

    recording_consent_plan: (
        Annotated[StayConsentBody | VerbalConsentBody | KeyConsentPlan, Field(discriminator="type")] | None
    ) = None  # each is one of the plan's
