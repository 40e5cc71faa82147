"""The endpointing server of a plan, over HTTP: `call.endpointing.request` out, `{"timeoutSeconds": n}` in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite

from aywa.errors import OutboundError, OutboundFault, ProviderError
from aywa.outbound.client import Ask, OutboundClient
from aywa.proto.web_headers import operator_headers

MAX_ANSWER_BYTES = 4096
MAX_WAIT_S = 15.0
_BOUND_S = 20.0  # of a server left alone; a call's own deadline is shorter


class EndpointingWebhook:
    """See `EndpointingAdvisor`. No redirect is followed."""

    name = "endpointing webhook"

    def __init__(self, client: OutboundClient, url: str, headers: Mapping[str, str]) -> None:
        self._client = client
        self._url = url
        self._headers = [("Content-Type", "application/json"), *operator_headers(headers)]

    async def advise(self, message: Mapping[str, object]) -> float:
        """See `EndpointingAdvisor`."""
        body = json.dumps({"message": dict(message)}).encode()
        ask = Ask(self._url, "POST", self._headers, body, bound_s=_BOUND_S, max_bytes=MAX_ANSWER_BYTES)
        try:
            answer = await self._client.ask(ask)
        except OutboundError as error:
            raise self._failed(error.detail, retryable=error.fault is not OutboundFault.REFUSED) from error
        if not 200 <= answer.status < 300:
            raise self._failed(f"the server answered {answer.status}")
        try:
            return _wait_of(answer.body)
        except ValueError as error:
            raise self._failed(f"the server {error}") from error

    def _failed(self, detail: str, *, retryable: bool = True) -> ProviderError:
        return ProviderError(detail, provider=self.name, stage="turn", retryable=retryable)


def _wait_of(body: bytes) -> float:
    """The wait that an answer says. Raises ValueError."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("answered no JSON") from error
    wait_s = answer.get("timeoutSeconds") if isinstance(answer, dict) else None
    if isinstance(wait_s, bool) or not isinstance(wait_s, int | float):
        raise ValueError("answered no timeoutSeconds")
    try:
        wait_s = float(wait_s)
    except OverflowError as error:
        raise ValueError("answered a timeoutSeconds out of range") from error
    if not isfinite(wait_s) or not 0.0 <= wait_s <= MAX_WAIT_S:
        raise ValueError(f"answered a timeoutSeconds that is not 0 to {MAX_WAIT_S:g}")
    return wait_s
