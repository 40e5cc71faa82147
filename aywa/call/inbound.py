"""An incoming call, from admission to its session."""

from __future__ import annotations

from dataclasses import dataclass

import trio

from aywa.call.dependencies import CallDependencies
from aywa.call.ending import GOODBYE_S
from aywa.call.leg_setup import leg_parameters
from aywa.call.live import LiveCall
from aywa.call.origin import note_origin
from aywa.call.sip_port import IncomingPort, SessionPort
from aywa.call.talk import Talk
from aywa.call.verdict import CallRefusedError
from aywa.errors import EndCode, EndReason, OverloadedError
from aywa.media.negotiated import local_audio
from aywa.ports.capture import CaptureMode
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import (
    Accepted,
    LocalAudio,
    NoCommonCodec,
    accept_answer,
    accept_offer,
    make_offer,
)

RETRY_AFTER_S = 5
_REFUSALS = {
    EndCode.OVERLOADED: 503,
    EndCode.SHUTDOWN: 503,
    EndCode.PROVIDER_ERROR: 503,
    EndCode.UNACCEPTABLE_OFFER: 488,
    EndCode.CONTROL: 603,
    EndCode.REQUEST_FAILED: 480,  # of no use to try again at once, and another day it may work
    EndCode.REQUEST_INVALID: 480,
    EndCode.REQUEST_EMPTY: 480,
    EndCode.REQUEST_UNSPEAKABLE: 480,
}


@dataclass(frozen=True, slots=True)
class Inbound:
    """One incoming call and what it is answered with."""

    call: IncomingPort
    live: LiveCall
    dependencies: CallDependencies
    limit: str = ""  # what forbids one more call

    async def run(self) -> None:
        """Admit, answer and converse. Raises what prevented it: every error has its EndReason."""
        note_origin(self.live.timeline, self.call)
        if (verdict := self.dependencies.verdict) is not None:
            self.live.timeline.add("assistant.requested", **verdict.facts)
            if verdict.refusal is not None:
                raise CallRefusedError(verdict.refusal)
        if self.limit:
            raise OverloadedError(self.limit)
        engine = self.dependencies.engine
        media = self.dependencies.media.for_trunk(self.call.trunk)
        self.live.capture.begin(CaptureMode(media.pcap))
        self.live.capture.listen(self.call)
        engine.admit()
        ports = engine.reserve_port()
        taken = False
        try:
            dependencies = self.dependencies
            local = local_audio(ports.host, ports.port, media, dependencies.rng)
            description, accepted = self._describe(local)
            self.live.admitted()
            await self.call.ring()
            async with trio.open_nursery() as nursery:
                try:
                    talk = Talk(self.live, dependencies, nursery)
                    await talk.open_hearing()
                    sip = await self.call.answer(description)
                    try:
                        if accepted is None:
                            accepted = self._read_answer(sip, description, local)
                        taken = True
                        parameters = leg_parameters(
                            dependencies, self.call.trunk, accepted, self.call.source[0]
                        )
                        async with engine.open_leg(parameters, ports=ports) as leg:
                            await talk.converse(leg, sip, local, accepted)
                    finally:
                        # Whatever went wrong, nobody is left in a session without a leg.
                        with trio.move_on_after(GOODBYE_S, shield=True):
                            await sip.hangup()
                finally:
                    # Not left to the nursery: what it cancels for an error keeps that error in a cycle.
                    nursery.cancel_scope.cancel()
        finally:
            if not taken:
                ports.release()

    async def refuse(self, reason: EndReason) -> None:
        """The final response of a call that was never answered; nothing happens after a CANCEL."""
        status = _REFUSALS.get(reason.code, 500)
        headers = (("Retry-After", str(RETRY_AFTER_S)),) if status == 503 else ()
        await self.call.reject(status, None, headers)

    def _describe(self, local: LocalAudio) -> tuple[SessionDescription, Accepted | None]:
        """Our answer with what was agreed on; our offer when the INVITE had none."""
        session_id = self.dependencies.rng.getrandbits(62)
        if self.call.offer is None:
            return make_offer(local, session_id, 1), None
        accepted = accept_offer(self.call.offer, local, session_id=session_id)
        return accepted.answer, accepted

    @staticmethod
    def _read_answer(sip: SessionPort, offer: SessionDescription, local: LocalAudio) -> Accepted:
        """The answer that came with the ACK. Raises NoCommonCodec."""
        if sip.answer is None:
            raise NoCommonCodec("The ACK has no answer")
        return accept_answer(offer, sip.answer, srtp=local.srtp.use)


def parties_of(call: IncomingPort) -> tuple[str, str, str]:
    """From, to and Call-ID, as they stand in the row."""
    return str(call.from_), str(call.to), call.sip_call_id
