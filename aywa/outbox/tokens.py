"""Tokens by client credentials (RFC 6749 §4.4), each used until shortly before it ends."""

from __future__ import annotations

import json
from base64 import b64encode
from math import isfinite
from urllib.parse import quote_plus, urlencode

import trio
from pydantic import ValidationError

from aywa.errors import OutboundError, OutboundFault
from aywa.model.server import BearerAuthentication, OAuth2Authentication
from aywa.outbound.client import Ask, OutboundClient

EARLY_S = 30.0  # before it ends
USUAL_S = 300.0  # of an answer that does not say how long
MAX_KEPT = 10_000
_MAX_BYTES = 16_384


class Tokens:
    """Of one process. Each token is asked for once at a time."""

    def __init__(self, client: OutboundClient) -> None:
        self._client = client
        self._kept: dict[OAuth2Authentication, tuple[BearerAuthentication, float]] = {}
        self._asking: dict[OAuth2Authentication, trio.Lock] = {}

    async def get(self, plan: OAuth2Authentication) -> BearerAuthentication:
        """A token that is valid for a while. Raises `OutboundError`."""
        async with self._asking.setdefault(plan, trio.Lock()):
            kept = self._kept.get(plan)
            if kept is None or trio.current_time() >= kept[1]:
                if len(self._kept) >= MAX_KEPT:
                    self._kept.clear()
                kept = self._kept[plan] = await self._ask(plan)
        self._asking.pop(plan, None)
        return kept[0]

    def forget(self, plan: OAuth2Authentication) -> None:
        """It is not taken any more."""
        self._kept.pop(plan, None)

    async def _ask(self, plan: OAuth2Authentication) -> tuple[BearerAuthentication, float]:
        form = {"grant_type": "client_credentials", **({"scope": plan.scope} if plan.scope else {})}
        pair = f"{quote_plus(plan.client_id)}:{quote_plus(plan.client_secret)}"  # RFC 6749 §2.3.1
        headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
            ("Authorization", f"Basic {b64encode(pair.encode()).decode('ascii')}"),
        ]
        now = trio.current_time()
        ask = Ask(plan.url, "POST", headers, urlencode(form).encode(), max_bytes=_MAX_BYTES)
        try:
            answer = await self._client.ask(ask)
        except OutboundError as error:
            raise OutboundError(f"no token was given: {error.detail}", error.fault) from error
        if answer.status != 200:
            raise _failed(f"the token server answered {answer.status}")
        try:
            said = json.loads(answer.body)
            token = BearerAuthentication.model_validate({"type": "bearer", "token": said["access_token"]})
            lasts_s = float(said.get("expires_in", USUAL_S))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError) as error:
            raise _failed("the token server gave no access_token") from error
        return token, now + (max(0.0, lasts_s - EARLY_S) if isfinite(lasts_s) else USUAL_S)


def _failed(detail: str) -> OutboundError:
    return OutboundError(detail, OutboundFault.PROTOCOL)
