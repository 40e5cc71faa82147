"""Transfers that the other side makes: another session takes the place of the call's, the assistant talks on.

* An INVITE with Replaces (a telephone's attended transfer): answered with the media the call has, and the
  session before is hung up.
* A REFER (the other side wants us to call somebody): refused with 603 unless the settings take it; then the
  target is called, if it may be dialled, and its session becomes the call's.
"""

from __future__ import annotations

import trio

from aywa.call.agreement import Agreement
from aywa.call.dependencies import CallDependencies
from aywa.call.dial import DialFailed, DialRequest
from aywa.call.dial_attempt import guard_minutes
from aywa.call.dial_gate import Admission
from aywa.call.dial_route import Route
from aywa.call.ending import GOODBYE_S
from aywa.call.line import Line
from aywa.call.live import LiveCall
from aywa.call.sip_port import IncomingPort, SessionPort
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.errors import ProtocolError, TransportError
from aywa.proto.sdp.audio import NoCommonCodec
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sip.refer import ReferTo
from aywa.ua.errors import InviteFailed, SipCallEnded

RELEASE_S = 5.0  # for the BYE of whoever asked us to call; then we send ours


class Takeover:
    """Takes new sessions for one call."""

    def __init__(
        self,
        live: LiveCall,
        line: Line,
        agreement: Agreement,
        dependencies: CallDependencies,
        nursery: trio.Nursery,
    ) -> None:
        """`nursery`: where calls run that a REFER has asked for."""
        self._live = live
        self._line = line
        self._agreement = agreement
        self._dependencies = dependencies
        self._nursery = nursery
        line.on_refer, line.on_replaced = self._refer_came, self._replacement_came

    async def _replacement_came(self, call: IncomingPort) -> None:
        """Answer an INVITE with Replaces, and stay until that session is over."""
        local = self._agreement.fresh()
        session_id, direction = self._dependencies.rng.getrandbits(62), self._agreement.direction
        try:
            accepted = (
                accept_offer(call.offer, local, session_id=session_id, direction=direction)
                if call.offer
                else None
            )
        except NoCommonCodec:
            self._live.timeline.add("transfer.received", by="replaces", status=488)
            await call.reject(488)
            return
        description = accepted.answer if accepted is not None else make_offer(local, session_id, 1, direction)
        try:
            sip = await call.answer(description)
        except SipCallEnded:
            return  # given up: the session before goes on
        if accepted is None:
            try:
                if sip.answer is None:
                    raise NoCommonCodec("The ACK has no answer")
                accepted = accept_answer(description, sip.answer, srtp=local.srtp.use)
            except NoCommonCodec:
                await sip.hangup()
                return
        self._live.timeline.add("transfer.received", by="replaces", status=200)
        before = self._line.switch(sip)
        self._agreement.moved(accepted, local)
        self._live.timeline.add("transfer.replaced", sip_call_id=call.sip_call_id)
        await before.hangup()
        await sip.wait_ended()

    def _refer_came(self, target: ReferTo) -> None:
        if not self._dependencies.settings.accept_refer or self._dependencies.dialling is None:
            self._live.timeline.add("transfer.received", by="refer", status=603, target=str(target))
            self._line.answer_refer(603)
            return
        self._nursery.start_soon(self._call, target, name="referred call")

    async def _call(self, target: ReferTo) -> None:
        """Call whom the other side wants called, and tell it how that goes."""
        dialling, line = self._dependencies.dialling, self._line
        assert dialling is not None, "checked before"
        uri = target.uri
        live = self._live
        request = DialRequest(
            uri.user_text if uri.scheme == "tel" else str(uri), owner=live.owner, inbound=live.inbound
        )
        try:
            admission = dialling.gate.admit(request)
        except (BadNumber, DialFailed, LimitReached) as error:
            note = {"by": "refer", "status": 603, "target": str(target), "detail": error.detail}
            self._live.timeline.add("transfer.received", **note)
            line.answer_refer(603)
            return
        with admission as admitted:
            route = admitted.routes[0]
            try:
                admitted.begin(route)
            except LimitReached as error:  # reached since it was asked
                self._live.timeline.add("transfer.received", by="refer", status=603, detail=error.detail)
                line.answer_refer(603)
                return
            self._live.timeline.add("transfer.received", by="refer", status=202, target=str(target))
            line.answer_refer(202)
            await self._go_over(target, request, route, admitted)

    async def _go_over(
        self, target: ReferTo, request: DialRequest, route: Route, admitted: Admission
    ) -> None:
        """Ring the target, and have its session be the call's until it ends."""
        line, local = self._line, self._agreement.fresh()
        offer = make_offer(local, self._dependencies.rng.getrandbits(62), 1, self._agreement.direction)
        sip = await self._invite(target, request, route, offer)
        if sip is None:
            return
        try:
            if sip.answer is None:
                raise NoCommonCodec("The answer describes nothing")
            accepted = accept_answer(offer, sip.answer, srtp=local.srtp.use)
        except NoCommonCodec:
            line.report_refer(488)
            await sip.hangup()
            return
        before = line.switch(sip)
        self._agreement.moved(accepted, local)
        admitted.answered()
        before.report_refer(200)
        self._live.timeline.add("transfer.replaced", target=str(target))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(guard_minutes, sip, admitted, name="minutes")
            await self._see_off(before)
            await sip.wait_ended()
            nursery.cancel_scope.cancel()

    async def _invite(
        self, target: ReferTo, request: DialRequest, route: Route, offer: SessionDescription
    ) -> SessionPort | None:
        """The session of the target, or None when nothing came of it, which the other side is told."""
        dialling, line = self._dependencies.dialling, self._line
        assert dialling is not None, "checked before"
        try:
            return await dialling.dialler.invite(
                route.target,
                from_uri=route.from_uri,
                offer=offer,
                ring_timeout_s=request.ring_timeout_s,
                on_ringing=line.report_refer,
                trunk=route.trunk.name,
                replaces=target.replaces,
            )
        except (InviteFailed, TransportError) as error:
            line.report_refer(error.status if isinstance(error, InviteFailed) else 503)
        except ProtocolError as error:  # theirs, or ours: the caller keeps the call either way
            self._live.timeline.add("transfer.dial_failed", detail=error.detail)
            line.report_refer(500)
        return None

    @staticmethod
    async def _see_off(before: SessionPort) -> None:
        """Who asked hangs up when it has heard of the answer; if it does not, we do."""
        with trio.move_on_after(RELEASE_S):
            await before.wait_ended()
        with trio.move_on_after(GOODBYE_S, shield=True):
            await before.hangup()
