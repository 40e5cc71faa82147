"""Calling out, and asking a peer what it can do."""

from __future__ import annotations

from collections.abc import Iterable

import trio

from aywa.errors import TransportError
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.core import RequestDone
from aywa.proto.sip.message import Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session_uac import CallParameters
from aywa.proto.sip.uri import Uri
from aywa.ua.endpoint import Endpoint
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session


async def place_call(
    endpoint: Endpoint,
    target: Uri,
    destination: Address,
    *,
    from_uri: Uri,
    offer: SessionDescription,
    headers: Iterable[tuple[str, str]] = (),
    ring_timeout_s: float = 60.0,
) -> Session:
    """Send INVITE and wait for the answer. Raises InviteFailed. Cancelling the waiting cancels the call."""
    parameters = CallParameters(
        target, from_uri, offer.encode(), destination, tuple(headers), ring_limit_s=ring_timeout_s
    )
    usage = endpoint.core.invite(parameters, trio.current_time())
    session = Session(endpoint, usage, offer)
    endpoint.flush()
    done = False
    try:
        end = await session.wait_established()
        done = True
    finally:
        if not done:
            usage.cancel(trio.current_time())
            usage.hang_up(trio.current_time(), "cancelled")  # if the answer came in the same moment
            endpoint.apply(usage)
    if end is not None:
        raise InviteFailed(end.status or 408, end.reason, response=end.response)
    if session.peer is None:
        raise InviteFailed(488, "the answer cannot be read")
    return session


async def ask_options(endpoint: Endpoint, target: Uri, destination: Address) -> Response:
    """Send OPTIONS and wait for the final response. Raises TransportError when none comes."""
    done = trio.Event()
    outcome: list[RequestDone] = []

    def hear(result: RequestDone) -> None:
        outcome.append(result)
        done.set()

    key = endpoint.core.options(target, destination, trio.current_time())
    endpoint.expect(key, hear)
    endpoint.flush()
    await done.wait()
    response, why = outcome[0].response, outcome[0].why
    if response is None:
        detail = why.value if why is not None else "no response"
        raise TransportError(f"{destination[0]}:{destination[1]} did not answer OPTIONS: {detail}.")
    return response
