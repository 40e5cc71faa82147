"""The plans of one route: what an assistant, or a setting, says of a recogniser, a model or a voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from aywa.errors import RequestError
from aywa.model.chat_models import CHAT_MODELS
from aywa.model.faults import field_of, rule_of
from aywa.model.price_table import Stage
from aywa.model.transcribers.plan import TranscriberPlan
from aywa.model.voice_plan import Voice


class EmbeddedVoice(Voice):
    """The voice that comes with the runtime."""

    provider: Literal["embedded"]
    voice_id: str | None = Field(None, max_length=40)


_PLANS: Mapping[Stage, TypeAdapter[Any]] = {
    Stage.STT: TypeAdapter(TranscriberPlan),
    Stage.LLM: CHAT_MODELS,
    Stage.TTS: TypeAdapter(EmbeddedVoice),
}


def parse_route(stage: Stage, document: Mapping[str, object]) -> Any:
    """The plan of a document. Raises `RequestError` (400) naming the field and its rule."""
    try:
        return _PLANS[stage].validate_python(dict(document))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        field = field_of(fault)
        raise RequestError(f"{field}: {rule_of(fault)}", code="invalid-field", field=field) from None
