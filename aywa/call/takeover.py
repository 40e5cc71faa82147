"""Transfers that the other side makes: another session takes the place of the call's, the assistant talks on.

* An INVITE with Replaces (a telephone's attended transfer): answered with the media the call has, and the
  session before is hung up.
* A REFER (the other side wants us to call somebody): refused with 603 unless the settings take it, and with
  491 while another one or a transfer of ours is under way; then the target is called, if it may be dialled,
  by every trunk that leads there, and its session becomes the call's.
"""

from __future__ import annotations

import trio

from aywa.call.agreement import Agreement
from aywa.call.dependencies import CallDependencies
from aywa.call.dial import DialFailed, DialRequest
from aywa.call.dial_attempt import guard_minutes
from aywa.call.dial_gate import Admission
from aywa.call.ending import GOODBYE_S
from aywa.call.line import Line
from aywa.call.live import LiveCall
from aywa.call.referred import Referred, ReferredCall
from aywa.call.sip_port import IncomingPort, SessionPort
from aywa.dialling.numbers import BadNumber
from aywa.dialling.usage import LimitReached
from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sip.refer import ReferTo
from aywa.ua.errors import SipCallEnded

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
        self._calling: ReferTo | None = None  # one at a time
        line.on_refer, line.on_replaced = self._refer_came, self._replacement_came

    async def _replacement_came(self, call: IncomingPort) -> None:
        """Answer an INVITE with Replaces, and stay until that session is over."""
        self._live.capture.listen(call)
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
            self._refuse(target, 603)
        elif self._calling is not None or self._live.transfers.active:
            self._refuse(target, 491, "another transfer is under way")
        else:
            self._calling = target
            self._nursery.start_soon(self._call, target, name="referred call")

    def _refuse(self, target: ReferTo, status: int, detail: str = "") -> None:
        why = {"detail": detail} if detail else {}
        self._live.timeline.add("transfer.received", by="refer", status=status, target=str(target), **why)
        self._line.answer_refer(status)

    async def _call(self, target: ReferTo) -> None:
        """Call whom the other side wants called, and tell it how that goes."""
        dialling, live, uri = self._dependencies.dialling, self._live, target.uri
        assert dialling is not None, "checked before"
        request = DialRequest(
            uri.user_text if uri.scheme == "tel" else str(uri), owner=live.owner, inbound=live.inbound
        )

        def take() -> None:
            live.timeline.add("transfer.received", by="refer", status=202, target=str(target))
            self._line.answer_refer(202)

        try:
            with dialling.gate.admit(request) as admitted:
                call = ReferredCall(
                    target, request, dialling, self._describe, live.timeline.add, live.capture
                )
                referred = await call.ring(admitted, take, self._line.report_refer)
                if referred is not None:
                    await self._go_over(target, referred, admitted)
        except (BadNumber, DialFailed, LimitReached) as error:
            self._refuse(target, 603, error.detail)
        finally:
            if self._calling is target:
                self._calling = None

    def _describe(self) -> tuple[LocalAudio, SessionDescription]:
        """This side of the session to be, and its offer."""
        local = self._agreement.fresh()
        session_id = self._dependencies.rng.getrandbits(62)
        return local, make_offer(local, session_id, 1, self._agreement.direction)

    async def _go_over(self, target: ReferTo, referred: Referred, admitted: Admission) -> None:
        """Have the target's session be the call's until it ends."""
        sip = referred.sip
        before = self._line.switch(sip)
        self._agreement.moved(referred.accepted, referred.local)
        admitted.answered()
        before.report_refer(200)
        self._live.timeline.add("transfer.replaced", target=str(target))
        self._calling = None  # the target may want us to call somebody too
        async with trio.open_nursery() as nursery:
            nursery.start_soon(guard_minutes, sip, admitted, name="minutes")
            await self._see_off(before)
            await sip.wait_ended()
            nursery.cancel_scope.cancel()

    @staticmethod
    async def _see_off(before: SessionPort) -> None:
        """Who asked hangs up when it has heard of the answer; if it does not, we do."""
        with trio.move_on_after(RELEASE_S):
            await before.wait_ended()
        with trio.move_on_after(GOODBYE_S, shield=True):
            await before.hangup()
