"""Tools the model may call, and the scenario that carries them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

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
