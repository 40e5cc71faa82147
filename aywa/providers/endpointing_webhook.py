"""The endpointing server of a plan, over HTTP: `call.endpointing.request` out, `{"timeoutSeconds": n}` in."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from uuid import UUID

from aywa.errors import AywaError, OutboundError, OutboundFault, ProviderError
from aywa.ports.server_requests import ServerRequests, Whom

MAX_WAIT_S = 15.0
_BOUND_S = 20.0  # of a server left alone; a call's own deadline is shorter


class EndpointingWebhook:
    """See `EndpointingAdvisor`. No redirect is followed."""

    name = "endpointing webhook"

    def __init__(self, requests: ServerRequests, org_id: UUID, whom: Whom) -> None:
        self._requests = requests
        self._org_id = org_id
        self._whom = whom

    async def advise(self, message: Mapping[str, object]) -> float:
        """See `EndpointingAdvisor`."""
        try:
            answer = await self._requests.ask(self._org_id, self._whom, message, bound_s=_BOUND_S)
        except AywaError as error:
            refused = isinstance(error, OutboundError) and error.fault is OutboundFault.REFUSED
            raise self._failed(error.detail, retryable=not refused) from error
        try:
            return _wait_of(answer)
        except ValueError as error:
            raise self._failed(f"the server {error}") from error

    def _failed(self, detail: str, *, retryable: bool = True) -> ProviderError:
        return ProviderError(detail, provider=self.name, stage="turn", retryable=retryable)


def _wait_of(answer: Mapping[str, object]) -> float:
    """The wait that an answer says. Raises ValueError."""
    wait_s = answer.get("timeoutSeconds")
    if isinstance(wait_s, bool) or not isinstance(wait_s, int | float):
        raise ValueError("answered no timeoutSeconds")
    try:
        wait_s = float(wait_s)
    except OverflowError as error:
        raise ValueError("answered a timeoutSeconds out of range") from error
    if not isfinite(wait_s) or not 0.0 <= wait_s <= MAX_WAIT_S:
        raise ValueError(f"answered a timeoutSeconds that is not 0 to {MAX_WAIT_S:g}")
    return wait_s
