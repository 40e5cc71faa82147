"""Calling out, and asking a peer what it can do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import trio

from aywa.errors import TransportError
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.core import RequestDone
from aywa.proto.sip.custom_headers import check_custom_headers
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.message import Response
from aywa.proto.sip.redirect import RedirectPlan
from aywa.proto.sip.refer import Replaces
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session_uac import CallParameters, OutgoingUsage
from aywa.proto.sip.uri import Uri
from aywa.ua.endpoint import Endpoint
from aywa.ua.errors import InviteFailed
from aywa.ua.failover import first_that_works
from aywa.ua.session import Session

Resolve: TypeAlias = Callable[[Uri], Awaitable[list[Address]]]


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """Whom to call, as whom, and who hears what happens before the answer.

    `headers` are the caller's own (CustomHeaderError names one that may not be sent). `allow_redirect` is
    asked for each target a 3xx names; without it none is followed. `on_early_media` hears each description of
    a provisional response (183), with True when it is the answer and no foretaste; `on_ringing` each status
    from 101 to 199. Both are called synchronously; what they raise is logged. `credentials` answer a
    challenge of the hosts first called; a redirect to another host is answered with what its own trunk says.
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
    trace: PacketTap | None = None  # hears every message, of each attempt
    replaces: Replaces | None = None  # the dialog of the target's that this call takes the place of


async def place_call(endpoint: Endpoint, call: OutgoingCall, resolve: Resolve) -> Session:
    """Send INVITE, go on to the next address where one fails, follow what redirects are allowed, and wait.

    Raises InviteFailed with the last refusal, TransportError when the first target has no address, and
    CustomHeaderError. Cancelling the waiting cancels the call.
    """
    headers = check_custom_headers(call.headers)
    if call.replaces is not None:
        headers += (("Replaces", str(call.replaces)), ("Require", "replaces"))
    addresses = await resolve(call.target)
    attempts = _Attempts(endpoint, call, headers, addresses)
    plan = RedirectPlan(call.target, call.allow_redirect or (lambda uri: False))
    while True:
        try:
            return await first_that_works(addresses, attempts.invite)
        except InviteFailed as failure:
            if failure.response is not None and failure.status // 100 == 3:
                plan.add(failure.response)
            elif not attempts.redirected or failure.status // 100 == 6:
                raise  # not redirected, or nobody anywhere wants the call (§16.7)
            following = await _next_target(plan, resolve)
            if following is None:
                raise
            target, addresses = following
        attempts.redirect(target)


class _Attempts:
    """The INVITEs of one call, one after the other."""

    def __init__(
        self,
        endpoint: Endpoint,
        call: OutgoingCall,
        headers: tuple[tuple[str, str], ...],
        addresses: list[Address],
    ) -> None:
        self._endpoint = endpoint
        self._call = call
        self._own = {address[0] for address in addresses}  # hosts that the call's credentials are for
        self._last: OutgoingUsage | None = None
        self._parameters = CallParameters(
            call.target,
            call.from_uri,
            call.offer.encode(),
            addresses[0],
            headers,
            ring_limit_s=call.ring_timeout_s,
            to=call.target,
        )

    @property
    def redirected(self) -> bool:
        """True once another target than the first is called."""
        return self._parameters.continues is not None

    def redirect(self, target: Uri) -> None:
        """Call `target` from now on, as the same call."""
        assert self._last is not None, "a redirect answers an INVITE"
        self._parameters = replace(self._parameters, target=target, continues=self._last.continuation)

    async def invite(self, destination: Address) -> Session:
        """Ask at one address. Raises InviteFailed."""
        if self.redirected and self._last is not None:
            self._parameters = replace(self._parameters, continues=self._last.continuation)
        self._parameters = replace(self._parameters, destination=destination)
        credentials = self._call.credentials if destination[0] in self._own else None
        self._last = self._endpoint.core.invite(self._parameters, trio.current_time(), credentials)
        return await _ask(self._endpoint, self._last, self._call)


async def _next_target(plan: RedirectPlan, resolve: Resolve) -> tuple[Uri, list[Address]] | None:
    """The next target that has an address."""
    while (target := plan.next()) is not None:
        try:
            return target, await resolve(target)
        except TransportError:
            continue
    return None


async def _ask(endpoint: Endpoint, usage: OutgoingUsage, call: OutgoingCall) -> Session:
    """Wait for the answer of one INVITE."""
    session = Session(endpoint, usage, call.offer)
    if call.trace is not None:
        session.trace(call.trace)
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
