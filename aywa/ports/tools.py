"""Tools the model may call, and the scenario that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aywa.ports.llm import ToolCall, ToolSpec


class ToolBox(Protocol):
    """The tools of one call."""

    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as the model sees them."""

    async def invoke(self, call: ToolCall) -> str:
        """Run a tool and return what the model reads: JSON text.

        A tool that fails, or that does not exist, answers `{"error": …}`: it never raises into the call.
        """

    def slots(self) -> Mapping[str, object]:
        """What the conversation has settled so far (day, nights, …): shown in the call's record."""


class Scenario(Protocol):
    """A conversation as code: a prompt, tools, and a script for the scripted model."""

    @property
    def name(self) -> str:
        """Its name in the settings and in a call's row."""

    @property
    def prompt(self) -> str:
        """The system prompt."""

    @property
    def end_call_phrases(self) -> tuple[str, ...]:
        """Sentences after which the assistant hangs up."""

    def open_tools(self) -> ToolBox:
        """Fresh tools for one call."""


@dataclass(frozen=True, slots=True)
class ToolEnding:
    """What follows when a tool has answered, in place of the model's next words.

    `says`: is spoken; "" is nothing. `ends_call`: once it was heard. `goes_on`: the model is asked after all.
    """

    says: str = ""
    ends_call: bool = False
    goes_on: bool = False


class CallTools(ToolBox, Protocol):
    """The tools of one call as those who run them see them."""

    def bound_s(self, name: str) -> float:
        """Seconds that a tool may take."""

    def waits(self, name: str) -> bool:
        """Whether the model waits for what a tool answers."""

    def ending(self, tool_call_id: str) -> ToolEnding | None:
        """What follows a tool that has answered; told once."""


@dataclass(frozen=True, slots=True)
class McpAccess:
    """A server of the Model Context Protocol, as it is reached now. `events`: by the older HTTP with SSE."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    events: bool = False
    bound_s: float = 20.0
    credential_id: UUID | None = None


class McpServers(Protocol):
    """Servers of the Model Context Protocol. Both raise `OutboundError` and `StoreError`."""

    async def tools(self, org_id: UUID, access: McpAccess, call_id: str) -> tuple[ToolSpec, ...]:
        """What the server offers; kept for a short while."""

    async def call(
        self, org_id: UUID, access: McpAccess, call_id: str, tool: ToolCall, *, bound_s: float, key: str
    ) -> object:
        """What a tool of it answers, as JSON types; `{"error": …}` where it says that it failed."""
