"""What a driver needs of a vendor's protocol: the request, and who reads the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from aywa.ports.llm import ChatEvent, ChatRequest
from aywa.providers.web.sse import SseEvent


@dataclass(frozen=True, slots=True)
class ChatAsk:
    """One request. `path`: what follows the base URL."""

    path: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class ChatReader(Protocol):
    """Reads one answer. Pure."""

    @property
    def substance(self) -> int:
        """How many pieces there were so far that bring the caller nearer to something: text, or a tool's."""

    @property
    def settled(self) -> bool:
        """The answer is complete; only figures may follow."""

    def receive(self, event: SseEvent) -> list[ChatEvent]:
        """What an event tells; nothing more comes after `Done`. Raises ProviderError."""

    def finish(self) -> list[ChatEvent]:
        """The stream is over. Raises ProviderError when the answer is not."""


class ChatWire(Protocol):
    """A vendor's protocol, with one assistant's plan. Pure."""

    def ask(self, request: ChatRequest) -> ChatAsk:
        """What is sent."""

    def reader(self, request: ChatRequest) -> ChatReader:
        """Who reads what comes back."""


def versioned(base_url: str, version: str, path: str) -> str:
    """`path` of the API's `version` ("/v1"), unless the base URL leads into some version already."""
    return path if urlsplit(base_url).path.strip("/") else version + path
