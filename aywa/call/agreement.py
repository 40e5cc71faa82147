"""What both sides agreed on about the media, and how it changes while they talk (RFC 3264 section 8)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random

from aywa.call.live import LiveCall
from aywa.call.media_port import LegPort
from aywa.call.pauses import Why
from aywa.call.sip_port import SessionPort
from aywa.errors import LocalProtocolError
from aywa.media.negotiated import media_format, summary
from aywa.proto.sdp.attributes import Direction
from aywa.proto.sdp.audio import Accepted, LocalAudio, NoCommonCodec
from aywa.proto.sdp.crypto import ENTROPY_BYTES
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.numbers import continued, remembered
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, offer_again
from aywa.turn.events import PlayedTo


class Agreement:
    """Carries out on one leg what re-INVITEs agree on: codec, packets, keys, address, hold, key presses."""

    def __init__(
        self,
        live: LiveCall,
        leg: LegPort,
        sip: SessionPort,
        local: LocalAudio,
        first: Accepted,
        rng: Random,
    ) -> None:
        """`first` is what the call was answered with; `local` this side's stream; `rng` makes new keys."""
        self._live = live
        self._leg = leg
        self._sip = sip
        self._local = local
        self._current = first
        self._known = remembered((), first)
        self._rng = rng
        self.direction = Direction.SENDRECV  # what this side wants

    @contextmanager
    def follow(self) -> Iterator[None]:
        """For as long as the block runs the session's re-INVITEs come here; a call may begin on hold."""
        sip = self._sip
        self._hold()
        sip.on_offer, sip.on_offer_wanted, sip.on_answer = (
            self._receive_offer,
            self._offer,
            self._receive_answer,
        )
        sip.on_offer_refused = self._refused
        try:
            yield
        finally:
            sip.on_offer = sip.on_offer_wanted = sip.on_answer = sip.on_offer_refused = None

    def hold(self, on: bool) -> None:
        """Tell the far side that it is on hold, or no longer. Raises LocalProtocolError while it may not be
        told.
        """
        before, self.direction = self.direction, Direction.SENDONLY if on else Direction.SENDRECV
        try:
            self._sip.offer(self._offer)
        except LocalProtocolError:
            self.direction = before
            raise

    def fresh(self) -> LocalAudio:
        """This side's stream for a session that may take the place of this one: keys of its own."""
        return replace(
            self._local, srtp=replace(self._local.srtp, entropy=self._rng.randbytes(ENTROPY_BYTES))
        )

    def moved(self, accepted: Accepted, local: LocalAudio) -> None:
        """Another session has taken the place of the one before; `local` is what it was set up with."""
        self._local = local
        self._known = ()
        self._apply(accepted)

    def _receive_offer(self, offer: SessionDescription) -> SessionDescription | None:
        """The answer to a re-INVITE; None refuses it and leaves all as it was."""
        local = replace(self._local, ptime_ms=self._current.ptime_ms)
        try:
            accepted = self._accept(offer, local)
            if accepted.crypto is not None and accepted.crypto != self._current.crypto:
                # The peer's stream begins anew, and so does ours, whose packets must not be numbered from
                # the start again under a key that has been used (RFC 3711 section 9.1).
                srtp = replace(local.srtp, entropy=self._rng.randbytes(ENTROPY_BYTES))
                self._local, local = replace(self._local, srtp=srtp), replace(local, srtp=srtp)
                accepted = self._accept(offer, local)
        except NoCommonCodec:
            return None
        self._apply(accepted)
        return accepted.answer

    def _accept(self, offer: SessionDescription, local: LocalAudio) -> Accepted:
        return accept_offer(offer, local, direction=self.direction, previous=self._sip.local)

    def _offer(self) -> SessionDescription:
        """What is offered in mid-call: all that is possible, even out of a hold of theirs (section 8.4)."""
        local = continued(self._local, self._current, self._known)
        return offer_again(self._sip.local, local, self.direction)

    def _refused(self, status: int) -> None:
        """The far side wants no change; what it hears does not hang on it."""
        self._live.timeline.add("media.renegotiation_refused", sip_status=status)

    def _receive_answer(self, answer: SessionDescription) -> None:
        """The answer to our offer, with the ACK; one that cannot be carried ends the call."""
        try:
            self._apply(accept_answer(self._sip.local, answer, srtp=self._local.srtp.use))
        except NoCommonCodec as error:
            self._live.ending.end(replace(error.end_reason(), detail=error.detail))

    def _apply(self, accepted: Accepted) -> None:
        self._current = accepted
        self._known = remembered(self._known, accepted)
        self._leg.set_format(media_format(accepted))
        if accepted.has_address:
            self._leg.set_remote(*accepted.remote)
        self._hold()
        self._live.timeline.add("media.renegotiated", direction=accepted.direction.value, **summary(accepted))

    def _hold(self) -> None:
        """Nothing may be sent to a side that does not receive: what is written waits for it; and nothing is
        missed from one that does not send.
        """
        held = not self._current.direction.sends
        leg, conversation = self._leg, self._live.conversation
        leg.hold(held)
        leg.excuse(not self._current.direction.receives)
        conversation.receive(PlayedTo(leg.played, leg.timeline))
        self._live.pauses.hold(Why.FAR_SIDE, held)
