"""Calls whom a REFER names: by every route that may, for the leg the call has, and tells how it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import trio

from aywa.call.capture import CallCapture
from aywa.call.dial_attempt import CANCEL_GRACE_S, SETUP_TIMEOUT_S, outcome_of_failure
from aywa.call.dial_gate import Admission, Dialling
from aywa.call.dial_outcome import DialFailed, DialOutcome
from aywa.call.dial_request import DialRequest
from aywa.call.dial_route import Route
from aywa.call.sip_port import SessionPort
from aywa.dialling.usage import LimitReached
from aywa.errors import ProtocolError, TransportError
from aywa.proto.sdp.audio import Accepted, LocalAudio, NoCommonCodec
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer
from aywa.proto.sip.refer import ReferTo
from aywa.ua.errors import InviteFailed

_UNSAID = {
    DialOutcome.NO_ANSWER: 408,
    DialOutcome.UNREACHABLE: 503,
}  # what is told where nobody said a status


@dataclass(frozen=True, slots=True)
class Referred:
    """Somebody answered."""

    sip: SessionPort
    local: LocalAudio
    accepted: Accepted


class ReferredCall:
    """One REFER that may be followed."""

    def __init__(
        self,
        target: ReferTo,
        request: DialRequest,
        dialling: Dialling,
        describe: Callable[[], tuple[LocalAudio, SessionDescription]],
        note: Callable[..., object],
        capture: CallCapture,
    ) -> None:
        """`describe`: a fresh offer for each INVITE. `note`: the timeline's `add`."""
        self._target = target
        self._request = request
        self._dialling = dialling
        self._describe = describe
        self._note = note
        self._capture = capture
        self._deadline = trio.current_time() + request.ring_timeout_s

    async def ring(
        self, admitted: Admission, take: Callable[[], None], report: Callable[[int], None]
    ) -> Referred | None:
        """Trunk after trunk until one answers; None when nothing came of it.

        `take` is called before the first INVITE; then `report` hears each status, a final one unless somebody
        answered. Raises LimitReached where every trunk has reached a limit since it was asked.
        """
        status = 0
        limit: LimitReached | None = None
        *_, final = admitted.routes
        for route in admitted.routes:
            try:
                admitted.begin(route)
            except LimitReached as error:
                limit = error
                continue
            if not status:
                take()
            try:
                return await self._invite(route, report, last=route is final)
            except DialFailed as failure:
                admitted.failed()
                status = failure.sip_status or _UNSAID.get(failure.outcome, 500)
                data = {"trunk": route.trunk.name, "status": status, "detail": failure.detail}
                self._note("transfer.dial_failed", **data)
                if not failure.fails_over or trio.current_time() >= self._deadline:
                    break
        if not status:
            assert limit is not None, "an admission has a route"
            raise limit
        report(status)
        return None

    async def _invite(self, route: Route, report: Callable[[int], None], *, last: bool) -> Referred:
        """Ask one trunk. Raises DialFailed."""
        local, offer = self._describe()
        rang = False
        now = trio.current_time()
        patience = trio.CancelScope(deadline=self._deadline + CANCEL_GRACE_S)
        if not last:  # as for any other call: a trunk that says nothing is left for the next one
            patience.deadline = min(now + SETUP_TIMEOUT_S, patience.deadline)

        def ringing(status: int) -> None:
            nonlocal rang
            rang = True
            patience.deadline = self._deadline + CANCEL_GRACE_S
            report(status)

        session: SessionPort | None = None
        try:
            with patience:
                session = await self._dialling.dialler.invite(
                    route.target,
                    from_uri=route.from_uri,
                    offer=offer,
                    ring_timeout_s=max(self._deadline - now, 0.0),
                    allow_redirect=lambda uri: self._dialling.gate.may_follow(uri, route),
                    on_ringing=ringing,
                    trunk=route.trunk.name,
                    replaces=self._target.replaces,
                    trace=self._capture.tap,
                )
                self._capture.also(session)
        except InviteFailed as error:
            overdue = trio.current_time() >= self._deadline
            outcome = outcome_of_failure(error, rang=rang, overdue=overdue)
            raise DialFailed(outcome, error.reason, sip_status=error.status, rang=rang) from None
        except TransportError as error:
            raise DialFailed(DialOutcome.UNREACHABLE, error.detail) from None
        except ProtocolError as error:  # theirs, or ours: the caller keeps the call either way
            raise DialFailed(DialOutcome.FAILED, error.detail) from None
        if session is None:
            raise DialFailed(DialOutcome.NO_ANSWER if rang else DialOutcome.UNREACHABLE, rang=rang)
        try:
            if session.answer is None:
                raise NoCommonCodec("The answer describes nothing")
            return Referred(session, local, accept_answer(offer, session.answer, srtp=local.srtp.use))
        except NoCommonCodec as error:
            await session.hangup()
            raise DialFailed(DialOutcome.FAILED, error.detail, sip_status=488, rang=True) from None
