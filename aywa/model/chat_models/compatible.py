"""Servers that speak OpenAI's chat completions, each with its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from aywa.model.chat_models.common import CommonModelPlan, ReasoningEffort
from aywa.model.server_body import HeaderName, HeaderValue, WebUrl

COMPATIBLE = Literal[
    "anyscale",
    "cerebras",
    "deep-seek",
    "deepinfra",
    "groq",
    "inflection-ai",
    "minimax",
    "mistral",
    "openrouter",
    "perplexity-ai",
    "together-ai",
    "xai",
]
URLS: Mapping[str, str] = {
    "anyscale": "https://api.endpoints.anyscale.com/v1",
    "cerebras": "https://api.cerebras.ai/v1",
    "deep-seek": "https://api.deepseek.com/v1",
    "deepinfra": "https://api.deepinfra.com/v1/openai",
    "groq": "https://api.groq.com/openai/v1",
    "inflection-ai": "https://api.inflection.ai/v1",
    "minimax": "https://api.minimax.io/v1",
    "mistral": "https://api.mistral.ai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "perplexity-ai": "https://api.perplexity.ai",
    "together-ai": "https://api.together.xyz/v1",
    "xai": "https://api.x.ai/v1",
}


class CompatibleModelPlan(CommonModelPlan):
    """A vendor of this list."""

    provider: COMPATIBLE
    reasoning_effort: ReasoningEffort | None = None

    @property
    def url(self) -> str | None:
        """See `CommonModelPlan.url`."""
        return URLS[self.provider]


class SelfHostedModelPlan(CommonModelPlan):
    """A server of one's own. `url`: up to and with `/v1`."""

    USUAL: ClassVar[Mapping[str, str]] = {
        "vllm": "http://127.0.0.1:8000/v1",
        "ollama": "http://127.0.0.1:11434/v1",
        "llama-cpp": "http://127.0.0.1:8080/v1",
    }

    provider: Literal["vllm", "ollama", "llama-cpp"]
    server_url: WebUrl | None = Field(None, alias="url")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    reasoning_effort: ReasoningEffort | None = None

    @property
    def url(self) -> str | None:
        """See `CommonModelPlan.url`."""
        return self.server_url or self.USUAL[self.provider]
