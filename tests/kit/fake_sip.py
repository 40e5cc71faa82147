"""An incoming call and its session, without SIP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import trio

from aywa.errors import EndCode, EndReason, EndSide, RemoteProtocolError
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import LocalAudio, make_offer
from aywa.proto.sip.call_facts import CallFacts
from aywa.proto.sip.name_addr import parse_name_addr
from aywa.proto.sip.refer import ReferTo, Replaces
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.proto.sip.uri import parse_uri
from aywa.settings import TrunkSettings


class CallerGaveUpError(RemoteProtocolError):
    """The caller gave up before the answer."""

    def end_reason(self) -> EndReason:
        return EndReason(EndCode.CALLER_CANCELLED, EndSide.CALLER, 487)


@dataclass(frozen=True, slots=True)
class FakeEnded:
    """How a session ended."""

    by_remote: bool
    sip_status: int | None = None
    reason: str = ""


class FakeSession:
    """A session that is up."""

    def __init__(self, local: SessionDescription, answer: SessionDescription | None) -> None:
        self.on_offer: Callable[[SessionDescription], SessionDescription | None] | None = None
        self.on_offer_wanted: Callable[[], SessionDescription] | None = None
        self.on_answer: Callable[[SessionDescription], None] | None = None
        self.on_offer_refused: Callable[[int], None] | None = None
        self.offer_error: Exception | None = None  # what `offer` raises
        self.offers: list[SessionDescription] = []  # of ours in mid-call
        self.on_key: Callable[[str, int], None] | None = None
        self.on_message_answered: Callable[[str, int | None], None] | None = None
        self.messages: list[tuple[str, tuple[tuple[str, str], ...], str, bytes]] = []  # that we sent
        self.on_referral: Callable[[ReferAnswered | ReferReported], None] | None = None
        self.refer_to = ReferTo(parse_uri("sip:peer@192.0.2.7:5070"), Replaces("call@test", "t", "f"))
        self.on_refer: Callable[[ReferTo], None] | None = None
        self.on_replaced: Callable[[FakeIncomingCall], Awaitable[None]] | None = None
        self.refer_answers: list[int] = []  # to REFERs of the far side: the answer, then the reports
        self.referred: list[tuple[ReferTo, tuple[tuple[str, str], ...]]] = []
        self.sip_call_id = "session@test"
        self.taps: list[PacketTap] = []
        self.local = local
        self.answer = answer
        self.bye_sent_at: float | None = None
        self._ended: FakeEnded | None = None
        self._over = trio.Event()

    async def hangup(self, reason: str | None = None) -> None:
        if self._ended is None:
            self.bye_sent_at = trio.current_time()
            self._end(FakeEnded(by_remote=False))
        await trio.sleep(0.01)

    def offer(self, make: Callable[[], SessionDescription]) -> None:
        if self.offer_error is not None:
            raise self.offer_error
        self.offers.append(make())

    def answers(self, answer: Callable[[SessionDescription], SessionDescription]) -> None:
        """The far side answers our last offer."""
        assert self.on_answer is not None
        self.local = self.offers[-1]
        self.answer = answer(self.local)
        self.on_answer(self.answer)

    def refer(self, target: ReferTo, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.referred.append((target, headers))

    def send_message(
        self, method: str, headers: tuple[tuple[str, str], ...], content_type: str, body: bytes
    ) -> None:
        if self.offer_error is not None:
            raise self.offer_error
        self.messages.append((method, headers, content_type, body))

    def trace(self, tap: PacketTap) -> None:
        self.taps.append(tap)

    def answer_refer(self, status: int) -> None:
        self.refer_answers.append(status)

    def report_refer(self, status: int) -> None:
        self.refer_answers.append(status)

    def refer_says(self, *events: ReferAnswered | ReferReported) -> None:
        """The far side answers our REFER, or reports."""
        for event in events:
            assert self.on_referral is not None
            self.on_referral(event)

    async def wait_ended(self) -> FakeEnded:
        await self._over.wait()
        assert self._ended is not None
        return self._ended

    def reinvite(self, offer: SessionDescription) -> SessionDescription | None:
        """The far side sends a re-INVITE with an offer; our answer, or None for 488."""
        assert self.on_offer is not None
        answer = self.on_offer(offer)
        if answer is not None:
            self.local, self.answer = answer, offer
        return answer

    def reinvite_without_offer(
        self, answer: Callable[[SessionDescription], SessionDescription]
    ) -> SessionDescription:
        """The far side sends a re-INVITE without an offer, and answers ours in its ACK; our offer."""
        assert self.on_offer_wanted is not None
        assert self.on_answer is not None
        self.local = self.on_offer_wanted()
        self.answer = answer(self.local)
        self.on_answer(self.answer)
        return self.local

    @property
    def over(self) -> bool:
        """Either side has hung up."""
        return self._ended is not None

    def remote_hangs_up(self) -> None:
        """The far side sends BYE."""
        self._end(FakeEnded(by_remote=True))

    def _end(self, ended: FakeEnded) -> None:
        self._ended = ended
        self._over.set()


class FakeIncomingCall:
    """A call that waits for its answer."""

    def __init__(
        self, number: int = 1, *, offer: bool | SessionDescription = True, cancelled: bool = False
    ) -> None:
        self.sip_call_id = f"call-{number}@test"
        self.source = ("192.0.2.7", 5060)
        self.trunk: TrunkSettings | None = None
        self.facts = CallFacts(parse_name_addr("<sip:caller@example.test>"))
        self.from_ = "<sip:caller@example.test>"
        self.to = "<sip:hotel@example.test>"
        theirs = make_offer(LocalAudio("127.0.0.1", 40_000 + 2 * number), number, 1)
        self.offer = offer if isinstance(offer, SessionDescription) else theirs if offer else None
        self._late_answer = theirs
        self.cancelled = cancelled
        self.rang = False
        self.rejected: tuple[int, dict[str, str]] | None = None
        self.session: FakeSession | None = None
        self.taps: list[PacketTap | None] = []

    def trace(self, tap: PacketTap | None) -> None:
        self.taps.append(tap)

    async def ring(self) -> None:
        self.rang = True

    async def answer(self, answer: SessionDescription) -> FakeSession:
        await trio.sleep(0.01)
        if self.cancelled:
            raise CallerGaveUpError("The caller cancelled", status_hint=487)
        self.session = FakeSession(answer, self.offer or self._late_answer)
        return self.session

    async def reject(
        self, status: int, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        if not self.cancelled:
            self.rejected = (status, dict(headers))
