"""What both sides agreed on about the media, and how it changes while they talk (RFC 3264 section 8)."""

from __future__ import annotations

from dataclasses import replace

from aywa.call.live import LiveCall
from aywa.call.media_port import LegPort
from aywa.call.sip_port import SessionPort
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import (
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    Accepted,
    LocalAudio,
    NoCommonCodec,
    accept_answer,
    accept_offer,
    offer_again,
)
from aywa.turn.events import LineHeld, PlayedTo


class Agreement:
    """Carries out on one leg what re-INVITEs agree on: address, hold and key presses, not another codec."""

    def __init__(
        self, live: LiveCall, leg: LegPort, sip: SessionPort, local: LocalAudio, first: Accepted
    ) -> None:
        """`first` is what the call was answered with; `local` this side's stream."""
        self._live = live
        self._leg = leg
        self._sip = sip
        codec = PCMA if first.payload_type == PCMA.payload_type else PCMU
        self._local = replace(local, formats=(codec, TELEPHONE_EVENT))
        self._current = first

    def follow(self) -> None:
        """From now on the session's re-INVITEs come here; a call may be on hold from the start."""
        self._hold()
        self._sip.on_offer = self._receive_offer
        self._sip.on_offer_wanted = self._offer
        self._sip.on_answer = self._receive_answer

    def _receive_offer(self, offer: SessionDescription) -> SessionDescription | None:
        """The answer to a re-INVITE; None refuses it and leaves all as it was."""
        try:
            accepted = accept_offer(offer, self._local, previous=self._sip.local)
        except NoCommonCodec:
            return None
        self._apply(accepted)
        return accepted.answer

    def _offer(self) -> SessionDescription:
        """What a re-INVITE without an offer gets: all that is possible, even out of a hold (section 8.4)."""
        local = self._local
        if (number := self._current.event_payload_type) is not None:
            # A number keeps its meaning for as long as the session lasts (section 8.3.2).
            local = replace(local, formats=(local.formats[0], replace(TELEPHONE_EVENT, payload_type=number)))
        return offer_again(self._sip.local, local)

    def _receive_answer(self, answer: SessionDescription) -> None:
        """The answer to our offer, with the ACK; one that cannot be carried ends the call."""
        try:
            self._apply(accept_answer(self._sip.local, answer))
        except NoCommonCodec as error:
            self._live.ending.end(replace(error.end_reason(), detail=error.detail))

    def _apply(self, accepted: Accepted) -> None:
        self._current = accepted
        if accepted.has_address:
            self._leg.set_remote(*accepted.remote)
        self._leg.set_event_payload_type(accepted.event_payload_type)
        self._hold()
        self._live.timeline.add("media.renegotiated", direction=accepted.direction.value)

    def _hold(self) -> None:
        """Nothing may be sent to a side that does not receive: what is written waits for it."""
        held = not self._current.direction.sends
        leg, conversation = self._leg, self._live.conversation
        leg.hold(held)
        conversation.receive(PlayedTo(leg.played, leg.timeline))
        conversation.receive(LineHeld(held))
