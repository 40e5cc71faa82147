"""A model that is asked with documents of a server's beside the conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from aywa.call.server_line import ServerLine
from aywa.errors import AywaError
from aywa.ports.llm import ChatEvent, ChatModel, ChatRequest, Done, Message, Role, Token
from aywa.ports.server_requests import Whom

BOUND_S = 2.0  # a caller waits for the answer meanwhile
MOST_DOCUMENTS = 10
MOST_CHARACTERS = 20_000
MAX_MESSAGES = 50
_BEFORE = "What is known of this:"


def knowing(model: ChatModel, line: ServerLine) -> ChatModel:
    """The model, asked with what the call's own server knows, where it has one for that."""
    whom = line.servers.knowledge
    return model if whom is None else KnowingModel(model, line, whom)


class KnowingModel:
    """Implements `ports.llm.ChatModel` around another. A server that fails or is slow changes nothing."""

    def __init__(self, model: ChatModel, line: ServerLine, whom: Whom) -> None:
        self.name = model.name
        self._model = model
        self._line = line
        self._whom = whom

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """Ask the server what the caller's last words are about, then the model; or say what it has said."""
        answer = await self._ask(request)
        said = answer.get("message")
        text = said.get("content") if isinstance(said, Mapping) else said
        if isinstance(text, str) and text.strip():
            async with aclosing(_saying(text.strip())) as events:
                yield events
            return
        async with self._model.stream(_with(request, documents_of(answer))) as thoughts:
            yield thoughts

    async def _ask(self, request: ChatRequest) -> Mapping[str, object]:
        if not request.messages or request.messages[-1].role is not Role.USER:
            return {}
        said = [each for each in request.messages if each.text][-MAX_MESSAGES:]
        plain = [{"role": each.role.value, "content": each.text} for each in said]
        shown = [
            {"role": "bot" if each.role is Role.ASSISTANT else each.role.value, "message": each.text}
            for each in said
        ]
        message = {"type": "knowledge-base-request", "messages": shown, "messagesOpenAIFormatted": plain}
        try:
            return await self._line.ask(self._whom, message, BOUND_S)
        except AywaError:
            return {}


def documents_of(answer: Mapping[str, object]) -> list[str]:
    """The contents, those that fit best first, as many as a model may be given."""
    documents = answer.get("documents")
    found: list[tuple[float, str]] = []
    for document in documents if isinstance(documents, list) else ():
        if isinstance(document, Mapping) and isinstance(content := document.get("content"), str):
            similarity = document.get("similarity")
            found.append((float(similarity) if isinstance(similarity, int | float) else 0.0, content))
    found.sort(key=lambda each: -each[0])
    kept: list[str] = []
    for _, content in found[:MOST_DOCUMENTS]:
        if sum(map(len, kept)) + len(content) <= MOST_CHARACTERS:
            kept.append(content)
    return kept


def _with(request: ChatRequest, documents: list[str]) -> ChatRequest:
    """Before the caller's last words, which stay the last."""
    if not documents:
        return request
    note = Message(Role.SYSTEM, "\n\n".join([_BEFORE, *documents]))
    return replace(request, messages=(*request.messages[:-1], note, request.messages[-1]))


async def _saying(text: str) -> AsyncGenerator[ChatEvent, None]:
    yield Token(text)
    yield Done()
