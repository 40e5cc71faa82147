"""`Idempotency-Key`: a request that is sent again is answered as before, and does nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import trio
from quart import Response, request

from aywa.errors import RequestError
from aywa.ports.idempotency import IdempotencyStore, Known, Standing
from aywa.store.sealing import Sealer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_HEADERS = ("Location", "ETag")
_GOODBYE_S = 2.0
Make = Callable[[UUID | None], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Once:
    """`now`: aware UTC."""

    store: IdempotencyStore
    sealer: Sealer
    now: Callable[[], datetime]

    async def answer(self, org_id: UUID, content: object, make: Make) -> Response:
        """What `make` answers, or what it answered to the same request within a day.

        `content`: what the request asks for, as JSON. `make` is given the id that what it makes should have:
        the same for the same request, so that one whose process was killed does not make it twice. Only an
        answer below 400 is kept. Raises `RequestError` (400, 409, 422).
        """
        key = request.headers.get(HEADER)
        if key is None:
            return await make(None)
        if _KEY.fullmatch(key) is None:
            raise RequestError(
                f"{HEADER}: must be 1 to 255 visible ASCII characters", code="invalid-parameter", field=HEADER
            )
        asked = json.dumps([request.method, request.path, content], sort_keys=True).encode()
        prints = self.sealer.fingerprints(asked)
        known = await self.store.begin(org_id, key, prints, self.now())
        if known.standing is not Standing.NEW:
            return _replay(known)
        kept = False
        try:
            response = await make(_id_of(org_id, key, asked))
            if response.status_code < 400:
                await self.store.finish(org_id, key, await _kept(response))
                kept = True
            return response
        finally:
            if not kept:
                with trio.move_on_after(_GOODBYE_S, shield=True):
                    await self.store.abandon(org_id, key)


def _id_of(org_id: UUID, key: str, asked: bytes) -> UUID:
    digest = hashlib.blake2b(
        f"{org_id}/{key}/".encode() + asked, digest_size=16, person=b"aywa-once"
    ).digest()
    return UUID(bytes=digest, version=4)


async def _kept(response: Response) -> dict[str, object]:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return {"status": response.status_code, "body": await response.get_data(as_text=True), "headers": headers}


def _replay(known: Known) -> Response:
    if known.standing is Standing.OTHER:
        raise RequestError(
            f"{HEADER}: was used for another request within 24 hours: use a new key for a new request",
            http_status=422,
            code="idempotency-key-reused",
            field=HEADER,
        )
    if known.standing is Standing.RUNNING or known.answer is None:
        raise RequestError(
            f"{HEADER}: the same request is under way: ask again in a moment",
            http_status=409,
            code="request-in-progress",
            field=HEADER,
        )
    answer = known.answer
    headers = answer["headers"]
    assert isinstance(headers, Mapping)
    status = answer["status"]
    assert isinstance(status, int)
    response = Response(str(answer["body"]), status=status, content_type="application/json")
    response.headers.update({str(name): str(value) for name, value in headers.items()})
    response.headers[REPLAYED] = "true"
    return response
