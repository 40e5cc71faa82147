"""An incoming call, from its INVITE to the final answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import trio

from aywa.errors import ParseError
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.parse import parse_sdp
from aywa.proto.sip.call_facts import CallFacts, facts_of
from aywa.proto.sip.header import NameAddr, Reason
from aywa.proto.sip.message import Request
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session_states import Ended, KeyPressed, OfferArrived, SessionEvent, State
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.settings import TrunkSettings
from aywa.ua.caps import Place
from aywa.ua.endpoint import Endpoint
from aywa.ua.errors import SipCallEnded
from aywa.ua.session import Session, tell

UNHEARD_S = (
    2.0  # the answer has been sent three times by then (0, 0.5 and 1.5 s); 10 % loss miss it once in 140
)


class IncomingCall:
    """A call that waits for its answer. Raises ParseError when its offer cannot be read.

    `facts` says who calls and by which way. `on_offer` and `on_key` are a session's, before the answer: an
    UPDATE may change what a `progress` has settled.
    """

    def __init__(self, endpoint: Endpoint, usage: IncomingUsage) -> None:
        self.request: Request = usage.request
        self.sip_call_id: str = usage.call_id
        self.from_: NameAddr = usage.request.from_
        self.to: NameAddr = usage.request.to
        self.source: Address = usage.source
        self.facts: CallFacts = facts_of(usage.request)
        self.trunk: TrunkSettings | None = endpoint.trunks.of(usage.source[0])
        self.offer: SessionDescription | None = parse_sdp(usage.request.body) if usage.has_offer else None
        self.on_offer: Callable[[SessionDescription], SessionDescription | None] | None = None
        self.on_key: Callable[[str, int], None] | None = None
        self.place: Place | None = None  # in its trunk's share; None: it takes no more than it replaces
        self._endpoint = endpoint
        self._usage = usage
        self._unheard = trio.CancelScope()
        self._early: Session | None = None
        self._over = trio.Event()
        self._ended: Ended | None = None
        endpoint.listen(usage, self._hear)

    @property
    def waiting(self) -> bool:
        """True while the call can still be answered or rejected."""
        return self._usage.state is State.INCOMING

    def trace(self, tap: PacketTap | None) -> None:
        """Give `tap` every message of the call, those before the first `trace` too; None: nobody."""
        if tap is None:
            self._endpoint.log.drop(self.sip_call_id)
        else:
            self._endpoint.log.follow(self.sip_call_id, tap)

    async def ring(self) -> None:
        """Send 180, repeated each minute; nothing once the call was answered or cancelled. No checkpoint."""
        if self.waiting:
            self._usage.ring(trio.current_time())
            self._endpoint.apply(self._usage)

    async def progress(self, early: SessionDescription) -> None:
        """Send 183 with `early`, so that the caller hears us before the answer; nothing once it is over.

        It is the answer to the INVITE's offer where the caller knows 100rel, and `answer` then takes it as
        said. Raises LocalProtocolError when it was described before, or is an offer and the caller lacks
        100rel. No checkpoint.
        """
        if self.waiting:
            self._early = Session(self._endpoint, self._usage, early)
            self._early.peer = self.offer
            self._endpoint.listen(self._usage, self._hear)
            self._usage.progress(early.encode(), trio.current_time())
            self._endpoint.apply(self._usage)

    async def answer(self, answer: SessionDescription) -> Session:
        """Send 200 with `answer` (our offer, when the INVITE had none) and wait for the ACK.

        Raises SipCallEnded when the caller cancelled (487 was sent), hung up, or never acknowledged (BYE was
        sent). When the waiting is cancelled, the call is hung up as soon as the ACK allows it.
        """
        if not self.waiting:
            raise self._why()
        session = self._early
        if session is None:
            session = Session(self._endpoint, self._usage, answer)
            session.peer = self.offer
        elif not self._usage.described:
            session.local = answer  # the caller lacks 100rel: the 183 was a foretaste
        self._endpoint.listen(self._usage, session.hear)
        session.on_offer, session.on_key = session.on_offer or self.on_offer, self.on_key
        self._usage.accept(answer.encode(), trio.current_time())
        self._endpoint.apply(self._usage)
        done = False
        try:
            end = await self._acknowledged(session)
            done = True
        finally:
            if not done:
                session.hangup_nowait("cancelled while answering")
        if end is not None:
            raise SipCallEnded(end.reason, by_remote=end.by_remote, status=end.status)
        if session.peer is None:
            session.hangup_nowait("the answer cannot be read")
            ended = await session.wait_ended()  # the answer in the ACK could not be read: BYE is on its way
            raise SipCallEnded(ended.reason, by_remote=False, status=ended.sip_status)
        return session

    async def _acknowledged(self, session: Session) -> Ended | None:
        """None once the ACK came, else how it ended without."""
        with trio.move_on_after(UNHEARD_S):
            return await self._established(session)
        if self.place is not None:
            self.place.doubt(self._unheard.cancel)
        with self._unheard:
            return await self._established(session)
        session.hangup_nowait("given up: nobody acknowledges", Reason("SIP", 408, "no ACK"))
        return Ended(False, None, "nobody acknowledged the answer")

    async def _established(self, session: Session) -> Ended | None:
        end = await session.wait_established()
        if end is None and self.place is not None:
            self.place.prove(trio.current_time())
        return end

    async def reject(
        self, status: int, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Refuse with a final status from 300 to 699; nothing once the call is over. No checkpoint."""
        self.reject_nowait(status, reason, headers)

    def reject_nowait(
        self, status: int, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Refuse, and return at once."""
        if self.waiting:
            self._usage.reject(status, trio.current_time(), headers=tuple(headers), reason=reason)
            self._endpoint.apply(self._usage)

    async def wait_cancelled(self) -> None:
        """Return when the call ended before its final answer: CANCEL, or a BYE instead of it."""
        await self._over.wait()

    def let_go(self, status: int) -> None:
        """Whoever had the call is done with it: refuse with `status` what waits, hang up what is up."""
        if self.waiting:
            self.reject_nowait(status)
        else:
            self._usage.hang_up(trio.current_time(), "")
            self._endpoint.apply(self._usage)

    def _hear(self, event: SessionEvent) -> None:
        if self._early is not None:
            self._early.on_offer, self._early.on_key = self.on_offer, self.on_key
            self._early.hear(event)
        elif isinstance(event, KeyPressed):
            tell("sip.on_key_failed", self.on_key, event.key, event.duration_ms)
        elif isinstance(event, OfferArrived):
            self._usage.answer_offer(None, trio.current_time())
            self._endpoint.apply(self._usage)
        if isinstance(event, Ended):
            self._ended = event
            self._endpoint.forget(self._usage)
            self._over.set()

    def _why(self) -> SipCallEnded:
        end = self._ended
        if end is None:
            return SipCallEnded("The call was answered before.", by_remote=False)
        return SipCallEnded(end.reason, by_remote=end.by_remote, status=end.status)


def read_incoming(endpoint: Endpoint, usage: IncomingUsage) -> IncomingCall | None:
    """The call of `usage`; None when its offer cannot be read, which was answered with 400."""
    try:
        return IncomingCall(endpoint, usage)
    except ParseError as error:
        usage.reject(error.status_hint, trio.current_time())
        endpoint.apply(usage)
        return None
