"""Asks servers, and reads their answers: what is asked now is not kept, and not asked again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

import trio

from aywa.errors import OutboundError, OutboundFault
from aywa.ids import new_token
from aywa.model.server_body import ServerBody
from aywa.model.strict_json import JsonError, read_json
from aywa.outbox.sending import Sender
from aywa.outbox.targets import Target, TargetError, Targets
from aywa.ports.server_requests import WebAnswer, WebRequest, Whom

MAX_ANSWER_BYTES = 1 << 20
KEY_HEADER = "Idempotency-Key"
MAX_STREAM_BYTES = 16 << 20  # of a phrase: half an hour of speech


class Requests:
    """Implements `ports.server_requests.ServerRequests`."""

    def __init__(
        self, sender: Sender, targets: Targets, *, clock: Callable[[], datetime], rng: Random
    ) -> None:
        self._sender = sender
        self._targets = targets
        self._clock = clock
        self._rng = rng

    async def ask(
        self,
        org_id: UUID,
        whom: Whom,
        message: Mapping[str, object],
        *,
        bound_s: float,
        only_200: bool = False,
        key: str = "",
    ) -> Mapping[str, object]:
        """See `ServerRequests`."""
        with trio.move_on_after(bound_s):
            target = await self._find(org_id, whom)
            message_id, at_s, body = self._made(message)
            answer = await self._sender.send(
                target,
                message_id,
                at_s,
                body,
                bound_s=bound_s,
                max_bytes=MAX_ANSWER_BYTES,
                besides=((KEY_HEADER, key),) if key else (),
            )
            if not _taken(answer.status, only_200=only_200):
                raise _refused(answer.status)
            return read_object(answer.body)
        raise OutboundError(f"the server took longer than {bound_s:g} s", OutboundFault.TIMEOUT)

    @asynccontextmanager
    async def stream(
        self, org_id: UUID, whom: Whom, message: Mapping[str, object], *, bound_s: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `ServerRequests`."""
        target = await self._find(org_id, whom)
        message_id, at_s, body = self._made(message)
        async with self._sender.stream(
            target, message_id, at_s, body, bound_s=bound_s, max_bytes=MAX_STREAM_BYTES
        ) as answer:
            if not _taken(answer.status, only_200=False):
                raise _refused(answer.status)
            if "json" in answer.headers.get("content-type", "").lower():
                raise _wrong("the server answered JSON where sound was asked for")
            yield answer.pieces

    async def fetch(self, org_id: UUID, request: WebRequest) -> WebAnswer:
        """See `ServerRequests`."""
        with trio.move_on_after(request.bound_s):
            server = ServerBody.model_construct(
                url=request.url, timeout_seconds=request.bound_s, credential_id=request.credential_id
            )
            target = await self._targets.resolve(org_id, server)
            message_id, at_s = f"req_{new_token(self._rng, 24)}", int(self._clock().timestamp())
            besides = ((KEY_HEADER, request.key),) if request.key else ()
            answer = await self._sender.fetch(
                target,
                replace(request, headers=(*request.headers, *besides)),
                message_id,
                at_s,
                MAX_ANSWER_BYTES,
            )
            return WebAnswer(answer.status, answer.headers, answer.body)
        raise OutboundError(f"the service took longer than {request.bound_s:g} s", OutboundFault.TIMEOUT)

    async def credentials(self, org_id: UUID, url: str, credential_id: UUID | None) -> list[tuple[str, str]]:
        """The fields by which a credential authenticates requests to a URL. Raises as `ask` does."""
        if credential_id is None:
            return []
        server = ServerBody.model_construct(url=url, timeout_seconds=20.0, credential_id=credential_id)
        return await self._sender.credentials(await self._targets.resolve(org_id, server))

    async def _find(self, org_id: UUID, whom: Whom) -> Target:
        if not isinstance(whom, str):
            return await self._targets.resolve(org_id, whom)
        target = await self._targets.find(org_id, whom)
        if target is None:
            raise TargetError("the server is no longer named")
        return target

    def _made(self, message: Mapping[str, object]) -> tuple[str, int, bytes]:
        text = json.dumps({"message": dict(message)}, ensure_ascii=False, default=str, separators=(",", ":"))
        message_id = f"req_{new_token(self._rng, 24)}"
        return message_id, int(self._clock().timestamp()), text.encode("utf-8", "replace")


def _taken(status: int, *, only_200: bool) -> bool:
    return status == 200 if only_200 else 200 <= status < 300


def read_object(body: bytes) -> Mapping[str, object]:
    """What a server answers. Raises `OutboundError`."""
    try:
        answer = read_json(body)
    except JsonError as error:
        raise _wrong(f"the server answered no JSON: {error}") from error
    if not isinstance(answer, dict):
        raise _wrong("the server answered no JSON object")
    return answer


def _refused(status: int) -> OutboundError:
    return OutboundError(f"the server answered {status}", OutboundFault.STATUS, status=status)


def _wrong(detail: str) -> OutboundError:
    return OutboundError(detail, OutboundFault.PROTOCOL)
