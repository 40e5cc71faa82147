"""An incoming call, from admission to its session."""

from __future__ import annotations

from dataclasses import dataclass

import trio

from aywa.call.agreement import Agreement
from aywa.call.dependencies import CallDependencies
from aywa.call.ending import GOODBYE_S
from aywa.call.hearing import Hearing
from aywa.call.leg_setup import leg_parameters
from aywa.call.line import Line
from aywa.call.live import LiveCall
from aywa.call.session import CallSession
from aywa.call.sip_port import IncomingPort, SessionPort
from aywa.call.takeover import Takeover
from aywa.errors import EndCode, EndReason, ProviderError
from aywa.media.negotiated import local_audio, summary
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import (
    Accepted,
    LocalAudio,
    NoCommonCodec,
    accept_answer,
    accept_offer,
    make_offer,
)

HEARING_BOUND_S = 10.0  # a caller listens to the ringing tone meanwhile
RETRY_AFTER_S = 5
_REFUSALS = {
    EndCode.OVERLOADED: 503,
    EndCode.SHUTDOWN: 503,
    EndCode.PROVIDER_ERROR: 503,
    EndCode.UNACCEPTABLE_OFFER: 488,
    EndCode.CONTROL: 603,
}


@dataclass(frozen=True, slots=True)
class Inbound:
    """One incoming call and what it is answered with."""

    call: IncomingPort
    live: LiveCall
    dependencies: CallDependencies

    async def run(self) -> None:
        """Admit, answer and converse. Raises what prevented it: every error has its EndReason."""
        engine = self.dependencies.engine
        engine.admit()
        ports = engine.reserve_port()
        taken = False
        try:
            dependencies = self.dependencies
            local = local_audio(
                ports.host, ports.port, dependencies.media.for_trunk(self.call.trunk), dependencies.rng
            )
            description, accepted = self._describe(local)
            self.live.admitted()
            await self.call.ring()
            async with trio.open_nursery() as nursery:
                try:
                    hearing = Hearing(
                        self.dependencies.transcriber, self.live.timeline, self.live.conversation.transcribed
                    )
                    await self._open_hearing(hearing, nursery)
                    sip = Line(await self.call.answer(description))
                    try:
                        if accepted is None:
                            accepted = self._read_answer(sip, description, local)
                        taken = True
                        parameters = leg_parameters(
                            dependencies, self.call.trunk, accepted, self.call.source[0]
                        )
                        async with engine.open_leg(parameters, ports=ports) as leg:
                            self.live.capture.follow(leg)
                            agreement = Agreement(self.live, leg, sip, local, accepted, dependencies.rng)
                            Takeover(self.live, sip, agreement, dependencies, nursery)
                            with agreement.follow():
                                self.live.answered(
                                    **summary(accepted),
                                    remote=f"{accepted.remote[0]}:{accepted.remote[1]}",
                                    local=f"{ports.host}:{ports.port}",
                                )
                                session = CallSession(self.live, self.dependencies, hearing, nursery)
                                await session.converse(leg, sip)
                    finally:
                        # Whatever went wrong, nobody is left in a session without a leg.
                        with trio.move_on_after(GOODBYE_S, shield=True):
                            await sip.hangup()
                        sip.close()
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

    async def _open_hearing(self, hearing: Hearing, nursery: trio.Nursery) -> None:
        """Before the answer: a call that cannot hear is better not answered."""
        with trio.move_on_after(HEARING_BOUND_S) as bound:
            await nursery.start(hearing.serve, name="transcribe")
        if bound.cancelled_caught:
            raise ProviderError(
                "The recogniser did not open in time",
                provider=self.dependencies.transcriber.name,
                stage="stt",
                retryable=True,
            )


def parties_of(call: IncomingPort) -> tuple[str, str, str]:
    """From, to and Call-ID, as they stand in the row."""
    return str(call.from_), str(call.to), call.sip_call_id
