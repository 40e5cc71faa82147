"""Models that are asked about calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from aywa.ports.llm import ChatEvent, ChatRequest, Done, Purpose, Token
from tests.kit.fake_providers import FakeModel, Step


def writes(text: str, prompt: int = 10, completion: int = 4) -> list[Step]:
    """An answer in one piece."""
    return [Token(text), Done(prompt_tokens=prompt, completion_tokens=completion)]


class ByPurpose(FakeModel):
    """Answers what it is asked, in whichever order."""

    def stream(self, request: ChatRequest) -> AbstractAsyncContextManager[AsyncIterator[ChatEvent]]:
        judge = request.purpose is Purpose.JUDGE
        self.answers.appendleft(writes("True." if judge else " Two nights were booked. "))
        return super().stream(request)
