"""A tool that an assistant's model may call."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import Field

from aywa.model.base import Plan
from aywa.model.extraction import VariableExtractionPlan
from aywa.model.json_schema import JsonSchema
from aywa.model.rejection import RejectionPlan
from aywa.model.server_body import BackoffPlan, ServerBody, WebUrl

Free = dict[str, Any]
FunctionName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class ToolContent(Plan):
    """One language's words."""

    type: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=1000)
    language: str | None = Field(None, max_length=35)


class ToolCondition(Plan):
    """When a message is said: by what the model called the tool with."""

    param: str = Field(min_length=1, max_length=200)
    operator: Literal["eq", "neq", "gt", "gte", "lt", "lte"]
    value: str | float | bool


class ToolMessage(Plan):
    """What is said at a moment of the tool's run; times in milliseconds."""

    type: Literal["request-start", "request-complete", "request-failed", "request-response-delayed"]
    content: str | None = Field(None, max_length=1000)
    contents: tuple[ToolContent, ...] = Field((), max_length=50)
    conditions: tuple[ToolCondition, ...] = Field((), max_length=50)
    blocking: bool = False
    role: Literal["assistant", "system"] = "assistant"
    end_call_after_spoken_enabled: bool = False
    timing_milliseconds: float | None = Field(None, ge=100, le=120_000)


class ToolFunction(Plan):
    """How the model sees it."""

    name: FunctionName
    description: str = Field("", max_length=4096)
    parameters: JsonSchema | None = None
    strict: bool = False


class StaticParameter(Plan):
    """An argument that the model does not choose."""

    key: str = Field(min_length=1, max_length=200)
    value: Any = None


class _Tool(Plan):
    messages: tuple[ToolMessage, ...] = Field((), max_length=50)
    rejection_plan: RejectionPlan | None = None
    function: ToolFunction | None = None
    metadata: Free | None = None


class FunctionTool(_Tool):
    """Asks a server of the operator's."""

    type: Literal["function"]
    function: ToolFunction
    async_: bool = Field(False, alias="async")
    server: ServerBody | None = None
    parameters: tuple[StaticParameter, ...] = Field((), max_length=100)
    variable_extraction_plan: VariableExtractionPlan | None = None
    max_tokens: int | None = Field(None, ge=1, le=10_000)


class TransferTool(_Tool):
    """Hands the call over; without destinations the server is asked."""

    type: Literal["transferCall"]
    destinations: tuple[Free, ...] = Field((), max_length=100)
    server: ServerBody | None = None


class PlainTool(_Tool):
    """Needs nothing but its name: hanging up, leaving a message."""

    type: Literal["endCall", "voicemail"]


class KeysTool(_Tool):
    """Presses keys."""

    type: Literal["dtmf"]
    sip_info_dtmf_enabled: bool = False


class RequestTool(_Tool):
    """Asks a web service itself."""

    type: Literal["apiRequest"]
    name: str | None = Field(None, max_length=40)
    description: str = Field("", max_length=4096)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: str = Field(min_length=1, max_length=4096)  # a template: judged when it is filled in
    headers: JsonSchema | None = None
    body: JsonSchema | None = None
    timeout_seconds: float = Field(20, ge=1, le=300)
    credential_id: UUID | None = None
    backoff_plan: BackoffPlan | None = None
    parameters: tuple[StaticParameter, ...] = Field((), max_length=100)
    variable_extraction_plan: VariableExtractionPlan | None = None


class KnowledgeBase(Plan):
    """Files that are searched."""

    name: str = Field(min_length=1, max_length=80)
    provider: Literal["google"] = "google"
    description: str = Field("", max_length=4096)
    file_ids: tuple[UUID, ...] = Field((), max_length=1000)
    model: str | None = Field(None, max_length=200)


class QueryTool(_Tool):
    """Looks something up."""

    type: Literal["query"]
    knowledge_bases: tuple[KnowledgeBase, ...] = Field((), max_length=100)


class McpMetadata(Plan):
    """How the server speaks."""

    protocol: Literal["shttp", "sse"] = "shttp"


class McpServer(ServerBody):
    """A server of the Model Context Protocol."""

    url: WebUrl


class NamedMessages(Plan):
    """The messages of one of a server's tools."""

    name: str = Field(min_length=1, max_length=200)
    messages: tuple[ToolMessage, ...] = Field((), max_length=50)


class McpTool(_Tool):
    """Whatever tools a server of the Model Context Protocol has."""

    type: Literal["mcp"]
    server: McpServer | None = None
    metadata: McpMetadata | None = None  # type: ignore[assignment]  # here it is not free
    tool_messages: tuple[NamedMessages, ...] = Field((), max_length=100)


class HandoffTool(_Tool):
    """Gives the conversation to another assistant."""

    type: Literal["handoff"]
    destinations: tuple[Free, ...] = Field((), max_length=100)
    default_result: str | None = Field(None, max_length=1000)


Tool: TypeAlias = Annotated[
    FunctionTool | TransferTool | PlainTool | KeysTool | RequestTool | QueryTool | McpTool | HandoffTool,
    Field(discriminator="type"),
]
