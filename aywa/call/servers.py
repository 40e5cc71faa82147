"""Which servers a call may ask, and for what: its tools, transfers, documents and a voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from aywa.model.extraction import VariableExtractionPlan
from aywa.model.rejection import RejectionPlan
from aywa.model.server_body import BackoffPlan
from aywa.ports.llm import ToolSpec
from aywa.ports.server_requests import Whom
from aywa.ports.tools import McpAccess
from aywa.transfer.plan import TransferPlan

USUAL_S = 20.0  # that a tool may take
USUAL_CHARACTERS = 16_000  # of an answer that the model reads: some 4,000 tokens


@dataclass(frozen=True, slots=True)
class ToolRules:
    """What is done around a tool. `arguments` stand beside what the model chooses, and before it; strings
    among them are templates. `most_characters`: of its answer. `effect`: it may change something outside.
    """

    arguments: Mapping[str, object] = field(default_factory=dict)
    rejection: RejectionPlan | None = None
    extraction: VariableExtractionPlan | None = None
    most_characters: int = USUAL_CHARACTERS
    effect: bool = True


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that a server runs. `whom` None: the call's own server. `shown`: as the server reads of it.

    Without `waits` the model goes on at once.
    """

    spec: ToolSpec
    whom: Whom | None = None
    shown: Mapping[str, object] = field(default_factory=dict)
    timeout_s: float = USUAL_S
    waits: bool = True
    rules: ToolRules = field(default_factory=ToolRules)
    backoff: BackoffPlan | None = None


@dataclass(frozen=True, slots=True)
class WebTool:
    """A request to a web service. `url` is a template; `headers` and `body` are schemas, of which whatever
    has a `value` is not the model's to choose.
    """

    spec: ToolSpec
    method: str
    url: str
    headers: Mapping[str, object] | None = None
    body: Mapping[str, object] | None = None
    credential_id: UUID | None = None
    timeout_s: float = USUAL_S
    rules: ToolRules = field(default_factory=ToolRules)
    backoff: BackoffPlan | None = None
    waits: bool = True


class Deed(Enum):
    """What the runtime does itself."""

    END_CALL = "endCall"
    VOICEMAIL = "voicemail"  # leaves the message, and ends the call
    KEYS = "dtmf"
    KEYS_BY_INFO = "dtmf by SIP INFO"


@dataclass(frozen=True, slots=True)
class DeedTool:
    """A tool that the runtime is itself. `says`: the message that is left."""

    spec: ToolSpec
    deed: Deed
    says: str = ""
    rules: ToolRules = field(default_factory=lambda: ToolRules(effect=False))
    timeout_s: float = USUAL_S
    waits: bool = True


@dataclass(frozen=True, slots=True)
class QueryTool:
    """Looks something up in files."""

    spec: ToolSpec
    file_ids: tuple[UUID, ...] = ()
    rules: ToolRules = field(default_factory=lambda: ToolRules(effect=False))
    timeout_s: float = 5.0
    waits: bool = True


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool of a server of the Model Context Protocol, which knows it as `spec.name`."""

    spec: ToolSpec
    access: McpAccess
    rules: ToolRules = field(default_factory=ToolRules)
    timeout_s: float = USUAL_S
    waits: bool = True


@dataclass(frozen=True, slots=True)
class McpSource:
    """A server whose tools are asked for when the call begins. `messages`: of its tools, by their names."""

    access: McpAccess
    rules: ToolRules = field(default_factory=ToolRules)
    messages: Mapping[str, tuple[object, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandoffTool:
    """Gives the conversation to another assistant. `destination`: of the API; None: `whom` is asked."""

    spec: ToolSpec
    destination: Mapping[str, object] | None = None
    whom: Whom | None = None
    rules: ToolRules = field(default_factory=lambda: ToolRules(effect=False))
    timeout_s: float = 10.0
    waits: bool = True


PlannedTool: TypeAlias = ServerTool | WebTool | DeedTool | QueryTool | McpTool | HandoffTool


@dataclass(frozen=True, slots=True)
class TransferChoice:
    """The assistant's `transferCall`: to whom, by the names that the model chooses; {}: `whom` is asked."""

    spec: ToolSpec
    destinations: Mapping[str, TransferPlan] = field(default_factory=dict)
    whom: Whom | None = None


@dataclass(frozen=True, slots=True)
class CallServers:
    """Of one call. `cascade`: sources, the most specific first, each with the types it lets through or None
    for all. `knowledge`: who is asked for documents before the model is; `voice`: who speaks.
    """

    cascade: tuple[tuple[str, frozenset[str] | None], ...] = ()
    tools: tuple[PlannedTool, ...] = ()
    transfer: TransferChoice | None = None
    knowledge: Whom | None = None
    voice: Whom | None = None
    mcp: tuple[McpSource, ...] = ()

    def first(self, message_type: str) -> str | None:
        """Who is asked this; None: nobody."""
        for source, through in self.cascade:
            if through is None or message_type in through:
                return source
        return None
