"""The plans of one route: what an assistant, or a setting, says of a recogniser, a model or a voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from aywa.errors import RequestError
from aywa.model.chat_models import CHAT_MODELS
from aywa.model.faults import field_of, rule_of
from aywa.model.price_table import Stage
from aywa.model.transcribers.plan import TranscriberPlan
from aywa.model.voice_plan import Voice
from aywa.model.voices.choice import VoiceChoice


def _said(voice: object) -> str:
    """Whether a voice's document, or plan, names a provider."""
    provider = voice.get("provider") if isinstance(voice, dict) else getattr(voice, "provider", None)
    return "usual" if provider is None else "named"


# Without a provider it says how the usual voice speaks, not whose it is.
AnyVoice: TypeAlias = Annotated[
    Annotated[Voice, Tag("usual")] | Annotated[VoiceChoice, Tag("named")], Discriminator(_said)
]
_PLANS: Mapping[Stage, TypeAdapter[Any]] = {
    Stage.STT: TypeAdapter(TranscriberPlan),
    Stage.LLM: CHAT_MODELS,
    Stage.TTS: TypeAdapter(VoiceChoice),
}


def parse_route(stage: Stage, document: Mapping[str, object]) -> Any:
    """The plan of a document. Raises `RequestError` (400) naming the field and its rule."""
    try:
        return _PLANS[stage].validate_python(dict(document))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        field = field_of(fault)
        raise RequestError(f"{field}: {rule_of(fault)}", code="invalid-field", field=field) from None
