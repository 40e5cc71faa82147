"""What the assistant says to a colleague, and how it understands yes and no. Works it out from the messages.

It stands where a language model stands, so the colleague can interrupt, be asked again, and press keys as any
caller can.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import Enum

import trio

from aywa.ports.llm import ChatEvent, ChatRequest, Done, Expect, Role, Token

_TOKEN = re.compile(r"\S+\s*")
_WORDS = re.compile(r"[a-z0-9']+")


class Answer(Enum):
    """What a colleague means."""

    YES = "takes the call"
    NO = "does not"
    AGAIN = "wants to hear it again"
    UNCLEAR = "something else"


# The longest phrase that fits decides; of two as long, the one said last.
PHRASES: dict[Answer, tuple[str, ...]] = {
    Answer.YES: (
        "yes",
        "yes please",
        "yeah",
        "sure",
        "okay",
        "of course",
        "accept",
        "i take it",
        "put him through",
        "put her through",
        "put them through",
        "go ahead",
    ),
    Answer.NO: (
        "no",
        "no thank you",
        "not now",
        "not okay",
        "decline",
        "later",
        "i am busy",
        "i cannot",
    ),
    Answer.AGAIN: ("again", "repeat", "repeat please", "say that again", "what", "pardon", "sorry"),
}
KEYS = {"1": Answer.YES, "2": Answer.NO}
QUESTION = "Press 1 or say yes to take the call. Press 2 or say no to decline."
NOT_UNDERSTOOD = "I did not understand that."
CONNECTING = "Thank you, I am connecting you."
DECLINED = "All right. Goodbye."


def understand(text: str) -> Answer:
    """The answer in an utterance."""
    words = _WORDS.findall(text.lower())
    best, length = Answer.UNCLEAR, 0
    for at in range(len(words)):
        for answer, phrases in PHRASES.items():
            for phrase in phrases:
                wanted = phrase.split()
                if words[at : at + len(wanted)] == wanted and len(wanted) >= length:
                    best, length = answer, len(wanted)
    if not length and len(words) == 1:
        return KEYS.get(words[0], Answer.UNCLEAR)
    return best


class ConsultModel:
    """Implements `ports.llm.ChatModel` for one colleague. `decided` hears a yes or no."""

    name = "consult"

    def __init__(self, briefing: str, *, asks: bool, decided: Callable[[bool], None]) -> None:
        """`asks`: the colleague has a say."""
        self._briefing = briefing
        self._asks = asks
        self._decided = decided

    @asynccontextmanager
    async def stream(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatEvent]]:
        """See the port. Never raises."""
        await trio.lowlevel.checkpoint()
        events = self._events(request)
        try:
            yield events
        finally:
            await events.aclose()

    async def _events(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        yield Expect(tuple(phrase for phrases in PHRASES.values() for phrase in phrases))
        answer = self._answer(request)
        if answer in (Answer.YES, Answer.NO):
            self._decided(answer is Answer.YES)
        for piece in _TOKEN.findall(self._text(answer)):
            await trio.lowlevel.checkpoint()
            yield Token(piece)
        yield Done()

    def _answer(self, request: ChatRequest) -> Answer:
        """What was said last; the first words of a colleague who has heard nothing yet are no answer."""
        briefed = any(message.role is Role.ASSISTANT for message in request.messages)
        last = request.messages[-1]
        if not briefed or last.role is not Role.USER:
            return Answer.AGAIN
        return understand(last.text) if self._asks else Answer.AGAIN

    def _text(self, answer: Answer) -> str:
        question = QUESTION if self._asks else ""
        match answer:
            case Answer.YES:
                return CONNECTING
            case Answer.NO:
                return DECLINED
            case Answer.AGAIN:
                return f"{self._briefing} {question}".strip()
            case Answer.UNCLEAR:
                return f"{NOT_UNDERSTOOD} {question}"
