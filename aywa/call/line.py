"""The session of a call, whose place another session may take while the conversation goes on (RFC 3891).

Whoever has the line has whatever session it is at the moment: what is asked of it goes there, what is heard
comes from there, and it has ended when the last one has.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aywa.call.sip_port import IncomingPort, SessionEndedPort, SessionPort
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.session_states import ReferAnswered, ReferReported


class Line:
    """Implements `SessionPort` for the session that is the call's."""

    def __init__(self, sip: SessionPort) -> None:
        self.on_offer: Callable[[SessionDescription], SessionDescription | None] | None = None
        self.on_offer_wanted: Callable[[], SessionDescription] | None = None
        self.on_answer: Callable[[SessionDescription], None] | None = None
        self.on_offer_refused: Callable[[int], None] | None = None
        self.on_key: Callable[[str, int], None] | None = None
        self.on_message_answered: Callable[[str, int | None], None] | None = None
        self.on_referral: Callable[[ReferAnswered | ReferReported], None] | None = None
        self.on_refer: Callable[[ReferTo], None] | None = None
        self.on_replaced: Callable[[IncomingPort], Awaitable[None]] | None = None
        self._sip = sip
        self._listen(sip)

    def switch(self, sip: SessionPort) -> SessionPort:
        """From now on this is the session; the one before is returned, and nobody listens to it any more."""
        before, self._sip = self._sip, sip
        _leave(before)
        self._listen(sip)
        return before

    def close(self) -> None:
        """Nobody listens any more, and nothing here holds who did."""
        _leave(self._sip)
        _leave(self)

    def _listen(self, sip: SessionPort) -> None:
        sip.on_offer = lambda offer: None if self.on_offer is None else self.on_offer(offer)
        sip.on_offer_wanted = lambda: sip.local if self.on_offer_wanted is None else self.on_offer_wanted()
        sip.on_answer = lambda answer: self.on_answer and self.on_answer(answer)
        sip.on_offer_refused = lambda status: self.on_offer_refused and self.on_offer_refused(status)
        sip.on_key = lambda key, duration_ms: self.on_key and self.on_key(key, duration_ms)
        sip.on_message_answered = lambda method, status: (
            self.on_message_answered and self.on_message_answered(method, status)
        )
        sip.on_referral = lambda event: self.on_referral and self.on_referral(event)
        sip.on_refer = self._refer_came
        sip.on_replaced = self._replacement_came

    def _refer_came(self, target: ReferTo) -> None:
        if self.on_refer is None:
            self._sip.answer_refer(603)
        else:
            self.on_refer(target)

    async def _replacement_came(self, call: IncomingPort) -> None:
        if self.on_replaced is None:
            await call.reject(603)
        else:
            await self.on_replaced(call)

    # --- the session's own --------------------------------------------------------------------------------

    @property
    def sip_call_id(self) -> str:
        """The Call-ID that both sides know it by."""
        return self._sip.sip_call_id

    def trace(self, tap: PacketTap) -> None:
        """Give `tap` every message from now on."""
        self._sip.trace(tap)

    @property
    def answer(self) -> SessionDescription | None:
        """What the far side described last."""
        return self._sip.answer

    @property
    def local(self) -> SessionDescription:
        """What we described last."""
        return self._sip.local

    @property
    def refer_to(self) -> ReferTo:
        """What somebody must be told who shall take our place in this session."""
        return self._sip.refer_to

    def offer(self, make: Callable[[], SessionDescription]) -> None:
        """Offer in mid-call what `make` describes. Raises LocalProtocolError."""
        self._sip.offer(make)

    def refer(self, target: ReferTo, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Ask the peer to call `target`. Raises LocalProtocolError."""
        self._sip.refer(target, headers)

    def send_message(
        self, method: str, headers: tuple[tuple[str, str], ...], content_type: str, body: bytes
    ) -> None:
        """Send an INFO, MESSAGE or NOTIFY. Raises LocalProtocolError."""
        self._sip.send_message(method, headers, content_type, body)

    def answer_refer(self, status: int) -> None:
        """Take (202) or refuse what `on_refer` was told."""
        self._sip.answer_refer(status)

    def report_refer(self, status: int) -> None:
        """Tell the peer how far the call is that it asked for."""
        self._sip.report_refer(status)

    async def hangup(self, reason: str | None = None) -> None:
        """Send BYE; bounded."""
        await self._sip.hangup(reason)

    async def wait_ended(self) -> SessionEndedPort:
        """Until either side has hung up the session that is the call's then."""
        while True:
            sip = self._sip
            ended = await sip.wait_ended()
            if sip is self._sip:
                return ended


def _leave(sip: SessionPort) -> None:
    sip.on_offer = sip.on_offer_wanted = sip.on_answer = sip.on_offer_refused = sip.on_key = None
    sip.on_message_answered = None
    sip.on_referral = sip.on_refer = sip.on_replaced = None
