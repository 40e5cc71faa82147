"""OpenAI's models, at OpenAI's and in Azure."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from aywa.model.chat_models.common import CommonModelPlan, ModelName, ReasoningEffort
from aywa.model.server_body import WebUrl


class OpenAiFamilyPlan(CommonModelPlan):
    """What only they have. `fallbackModels`: of the same account, tried in this order."""

    fallback_models: tuple[ModelName, ...] = Field((), max_length=10)
    tool_strict_compatibility_mode: Literal[
        "strip-parameters-with-unsupported-validation", "strip-unsupported-validation"
    ] = "strip-unsupported-validation"
    reasoning_effort: ReasoningEffort | None = None
    prompt_cache_key: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None


class OpenAiModelPlan(OpenAiFamilyPlan):
    """Chat completions of OpenAI."""

    DEFAULT_URL: ClassVar[str] = "https://api.openai.com/v1"

    provider: Literal["openai"]


class AzureModelPlan(OpenAiFamilyPlan):
    """A deployment in Azure. Without `apiVersion` its version-less API is asked.

    `endpoint`: such as `https://name.openai.azure.com`, unless the credential has it. `deployment`: where it
    is not called as the model is.
    """

    provider: Literal["azure-openai"]
    endpoint: WebUrl | None = None
    deployment: ModelName | None = None
    api_version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,40}$")] | None = None

    @property
    def url(self) -> str | None:
        """See `CommonModelPlan.url`."""
        return self.endpoint
