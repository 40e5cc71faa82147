"""One attempt: signs a message for its target as it is now, sends it, and judges the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import trio

from aywa.errors import OutboundError, OutboundFault, StoreError
from aywa.ids import new_token
from aywa.outbound.client import Answer
from aywa.outbox.schedule import THROTTLES, Verdict, next_delay_s, retry_after_s, verdict
from aywa.outbox.sending import Sender
from aywa.outbox.targets import Target, TargetError, Targets
from aywa.ports.outbox import Attempt, ClaimedJob, JobState

ANSWER_BYTES = 1024  # what is kept of an answer
TARGETS_AGAIN_S = 5.0  # when the store could not say where to


@dataclass(frozen=True, slots=True)
class Delivered:
    """An attempt, and what it says of the server. `works` None: nothing."""

    attempt: Attempt
    verdict: Verdict
    works: bool | None
    hold_s: float | None = None  # how long it asked to be left alone
    seconds: float = 0.0


class Delivery:
    """Makes attempts; many at a time."""

    def __init__(
        self,
        sender: Sender,
        targets: Targets,
        *,
        clock: Callable[[], datetime],
        rng: Random,
    ) -> None:
        self._sender = sender
        self._targets = targets
        self._clock = clock
        self._rng = rng

    async def deliver(self, job: ClaimedJob) -> Delivered:
        """Send the message once."""
        at, began = self._clock(), trio.current_time()
        try:
            target = await self._targets.find(job.org_id, job.source)
        except StoreError as error:
            return self._later(job, at, error.detail)
        except TargetError as error:
            attempt = self._attempt(job, at, job.endpoint, None, 0.0, error.detail, b"")
            return Delivered(self._settled(attempt, JobState.DEAD), Verdict.NEVER, None)
        if target is None:
            attempt = self._attempt(job, at, job.endpoint, None, 0.0, "the target is gone", b"")
            return Delivered(self._settled(attempt, JobState.SKIPPED), Verdict.NEVER, None)
        answer, fault, detail = await self._ask(job, target, at)
        seconds = trio.current_time() - began
        status = None if answer is None else answer.status
        meant = verdict(status, fault)
        asked_s = None if answer is None else retry_after_s(answer.headers.get("retry-after", ""), at)
        attempt = self._attempt(
            job, at, target.endpoint, status, seconds, detail, b"" if answer is None else answer.body
        )
        return Delivered(
            self._judged(attempt, job, meant, at + timedelta(seconds=seconds), asked_s),
            meant,
            _works(status, fault),
            asked_s if status in THROTTLES else None,
            seconds,
        )

    async def _ask(
        self, job: ClaimedJob, target: Target, at: datetime
    ) -> tuple[Answer | None, OutboundFault | None, str]:
        try:
            answer = await self._sender.send(
                target, job.id, int(at.timestamp()), job.body.encode(), max_bytes=ANSWER_BYTES, cut=True
            )
        except OutboundError as error:
            return None, error.fault, error.detail
        return answer, None, "" if 200 <= answer.status < 300 else f"the server answered {answer.status}"

    def _attempt(
        self,
        job: ClaimedJob,
        at: datetime,
        endpoint: str,
        status: int | None,
        seconds: float,
        error: str,
        answer: bytes,
    ) -> Attempt:
        return Attempt(
            id=f"att_{new_token(self._rng, 24)}",
            job_id=job.id,
            at=at,
            endpoint=endpoint,
            status=status,
            latency_ms=round(seconds * 1000),
            error=error,
            answer=answer[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd"),
            state=JobState.WAITING,
        )

    def _judged(
        self, attempt: Attempt, job: ClaimedJob, meant: Verdict, now: datetime, asked_s: float | None
    ) -> Attempt:
        if meant is Verdict.DELIVERED:
            return self._settled(attempt, JobState.DELIVERED)
        delay_s = None if meant is Verdict.NEVER else next_delay_s(job.tries + 1, self._rng, asked_s)
        if delay_s is None:
            return self._settled(attempt, JobState.DEAD)
        return self._settled(attempt, JobState.WAITING, now + timedelta(seconds=delay_s))

    def _later(self, job: ClaimedJob, at: datetime, detail: str) -> Delivered:
        attempt = self._attempt(job, at, job.endpoint, None, 0.0, detail, b"")
        again = at + timedelta(seconds=TARGETS_AGAIN_S)
        return Delivered(self._settled(attempt, JobState.WAITING, again), Verdict.AGAIN, None)

    def _settled(self, attempt: Attempt, state: JobState, next_at: datetime | None = None) -> Attempt:
        return replace(attempt, state=state, next_at=next_at)


def _works(status: int | None, fault: OutboundFault | None) -> bool | None:
    """A server that answers works, whatever it thinks of this message; one that is throttled does not."""
    if status is not None:
        return status < 500 and status != 429
    return None if fault is OutboundFault.REFUSED else False
