"""Calling out, and asking a peer what it can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address

import trio

from aywa.errors import TransportError
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.core import RequestDone
from aywa.proto.sip.custom_headers import check_custom_headers
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.message import Response
from aywa.proto.sip.redirect import RedirectPlan
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.uri import Uri
from aywa.ua.endpoint import Endpoint
from aywa.ua.errors import InviteFailed
from aywa.ua.session import Session


async def resolve(target: Uri, family_of: str) -> Address:
    """The address of `target`, in the family of the local address `family_of`. Raises TransportError.

    A host name is looked up as an address; SRV records (RFC 3263) are not asked for.
    """
    if not target.host:
        raise TransportError(f"A {target.scheme} URI names no host to call.")
    family = trio.socket.AF_INET6 if ":" in family_of else trio.socket.AF_INET
    try:
        return str(ip_address(target.host)), target.effective_port
    except ValueError:
        pass
    try:
        found = await trio.socket.getaddrinfo(
            target.host, target.effective_port, family=family, type=trio.socket.SOCK_DGRAM
        )
    except OSError as error:
        raise TransportError(f"The host {target.host} has no address.") from error
    host, port = found[0][4][:2]
    return str(host), int(port)


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """Whom to call, as whom, and who hears what happens before the answer.

    `headers` are the caller's own (CustomHeaderError names one that may not be sent). `allow_redirect` is
    asked for each target a 3xx names; without it none is followed. `on_early_media` hears each description of
    a provisional response (183), with True when it is the answer and no foretaste; `on_ringing` each status
    from 101 to 199. Both are called synchronously; what they raise is logged. `credentials` answer a
    challenge of the host first called; a redirect to another host is answered with what its own trunk says.
    """

    target: Uri
    from_uri: Uri
    offer: SessionDescription
    headers: tuple[tuple[str, str], ...] = ()
    ring_timeout_s: float = 60.0
    allow_redirect: Callable[[Uri], bool] | None = None
    on_early_media: Callable[[SessionDescription, bool], None] | None = None
    on_ringing: Callable[[int], None] | None = None
    credentials: Credentials | None = None


async def place_call(endpoint: Endpoint, call: OutgoingCall, family_of: str) -> Session:
    """Send INVITE, follow what redirects are allowed, and wait for the answer.

    Raises InviteFailed with the last refusal, TransportError when the first target has no address, and
    CustomHeaderError. Cancelling the waiting cancels the call.
    """
    first = await resolve(call.target, family_of)
    parameters = CallParameters(
        call.target,
        call.from_uri,
        call.offer.encode(),
        first,
        check_custom_headers(call.headers),
        ring_limit_s=call.ring_timeout_s,
        to=call.target,
    )
    plan = RedirectPlan(call.target, call.allow_redirect or (lambda uri: False))
    while True:
        own = parameters.destination[0] == first[0]
        credentials = call.credentials if own else None
        usage = endpoint.core.invite(parameters, trio.current_time(), credentials)
        try:
            return await _ask(endpoint, usage, call)
        except InviteFailed as failure:
            if failure.response is not None and failure.status // 100 == 3:
                plan.add(failure.response)
            elif parameters.continues is None or failure.status // 100 == 6:
                raise  # not redirected, or nobody anywhere wants the call (§16.7)
            following = await _next_target(plan, family_of)
            if following is None:
                raise
            target, destination = following
        parameters = replace(parameters, target=target, destination=destination, continues=usage.continuation)


async def _next_target(plan: RedirectPlan, family_of: str) -> tuple[Uri, Address] | None:
    """The next target that has an address."""
    while (target := plan.next()) is not None:
        try:
            return target, await resolve(target, family_of)
        except TransportError:
            continue
    return None


async def _ask(endpoint: Endpoint, usage: OutgoingUsage, call: OutgoingCall) -> Session:
    """Wait for the answer of one INVITE."""
    session = Session(endpoint, usage, call.offer)
    session.on_early_media = call.on_early_media
    session.on_ringing = call.on_ringing
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
