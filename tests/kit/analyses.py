"""Models that are asked about calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import trio

from aywa.model.observing import CallSums
from aywa.ports.analysis import AnalysisResult, ClaimedAnalysis
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


@dataclass
class DictAnalyses:
    """What was kept."""

    kept: list[tuple[str, AnalysisResult]] = field(default_factory=list)

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int
    ) -> list[ClaimedAnalysis]:
        raise AssertionError

    async def release(self, worker_id: str, now: datetime) -> int:
        raise AssertionError

    async def settle(self, call_id: str, result: AnalysisResult, now: datetime) -> None:
        raise AssertionError

    async def add(self, org_id: UUID, call_id: str, result: AnalysisResult, now: datetime) -> None:
        await trio.lowlevel.checkpoint()
        self.kept.append((call_id, result))


class NoCalls:
    """Sums of nothing."""

    async def sums(
        self, org_id: UUID, start: datetime, end: datetime, group_by: str, limit: int
    ) -> list[CallSums]:
        await trio.lowlevel.checkpoint()
        return []
