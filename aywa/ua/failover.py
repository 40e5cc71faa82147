"""Trying the addresses of a peer one after the other (RFC 3263 §4.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from aywa.errors import TransportError
from aywa.proto.sip.routing import Address
from aywa.proto.sip.transaction_actions import Failure
from aywa.ua.errors import InviteFailed

_T = TypeVar("_T")


def may_fail_over(error: InviteFailed | TransportError) -> bool:
    """True where the next address may do better: 503, no answer at all, or nothing sent (RFC 3263 §4.3)."""
    if isinstance(error, TransportError):
        return True
    unheard = error.response is None and error.reason == Failure.NO_RESPONSE.value
    return error.status == 503 or unheard


async def first_that_works(addresses: Sequence[Address], attempt: Callable[[Address], Awaitable[_T]]) -> _T:
    """What `attempt` returns for the first address that takes the request.

    Each attempt is a transaction of its own. Raises what the last attempt raised, and at once what another
    address would not change. `addresses` is not empty.
    """
    *others, last = addresses
    for address in others:
        try:
            return await attempt(address)
        except (InviteFailed, TransportError) as error:
            if not may_fail_over(error):
                raise
    return await attempt(last)
