"""In what the servers of one protocol differ: which fields of a request they take, and how they end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class SchemaWay(Enum):
    """How an answer is held to a schema. The prompt holds it in any case."""

    JSON_SCHEMA = "response_format json_schema"
    JSON_OBJECT = "response_format json_object"
    PROMPT = "by the prompt alone"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of server.

    `limit`: the field of how many tokens an answer may have. `usage`: whether `stream_options` is taken.
    `user_first`: a conversation without a user's message is refused, by the server or a template.
    `strict_end`: an answer that has no `finish_reason` was cut. `path`: where it is not as usual.
    """

    limit: str = "max_tokens"
    usage: bool = True
    schema: SchemaWay = SchemaWay.PROMPT
    user_first: bool = True
    strict_end: bool = False
    path: str | None = None


OPENAI = Dialect("max_completion_tokens", schema=SchemaWay.JSON_SCHEMA, user_first=False, strict_end=True)
DIALECTS: Mapping[str, Dialect] = {
    "openai": OPENAI,
    "azure-openai": OPENAI,
    "anyscale": Dialect(usage=False),
    "cerebras": Dialect("max_completion_tokens"),
    "deep-seek": Dialect(schema=SchemaWay.JSON_OBJECT),
    "deepinfra": Dialect(schema=SchemaWay.JSON_OBJECT),
    "groq": Dialect("max_completion_tokens"),
    "inflection-ai": Dialect(usage=False),
    "minimax": Dialect(),
    "mistral": Dialect(usage=False, schema=SchemaWay.JSON_SCHEMA),  # it counts unasked
    "openrouter": Dialect(schema=SchemaWay.JSON_SCHEMA),
    "perplexity-ai": Dialect(usage=False, path="/chat/completions"),  # it counts unasked
    "together-ai": Dialect(),
    "xai": Dialect("max_completion_tokens", schema=SchemaWay.JSON_SCHEMA),
    "vllm": Dialect(schema=SchemaWay.JSON_SCHEMA),
    "ollama": Dialect(schema=SchemaWay.JSON_SCHEMA),
    "llama-cpp": Dialect(schema=SchemaWay.JSON_SCHEMA),
    "custom-llm": Dialect(user_first=False),
}
_REASONING = re.compile(r"(?:.*/)?(?:o[1-9]|gpt-[5-9](?![\w.-]*chat))")


def reasons(model: str) -> bool:
    """Whether one of OpenAI's models thinks before it answers; such refuse a temperature of one's own."""
    return _REASONING.match(model) is not None
