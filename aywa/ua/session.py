"""A session as the rest of the runtime sees it: answered, not yet over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from aywa.errors import ParseError
from aywa.log import get_logger, places
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.parse import parse_sdp
from aywa.proto.sip.header import Reason
from aywa.proto.sip.refer import ReferTo, Replaces
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import (
    AnswerArrived,
    EarlyMedia,
    Ended,
    Established,
    KeyPressed,
    MessageAnswered,
    OfferArrived,
    OfferRefused,
    ReferAnswered,
    ReferArrived,
    ReferReported,
    Ringing,
    SessionEvent,
)
from aywa.ua.endpoint import Endpoint

if TYPE_CHECKING:
    from aywa.ua.uas import IncomingCall

HANGUP_WAIT_S = 2.0  # four T1: a peer that is there has answered the BYE; the transaction goes on without us
_log = get_logger("sip")


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """How a session ended. `sip_status`: the status that answered our BYE or ended the set-up, if any."""

    by_remote: bool
    sip_status: int | None
    reason: str
    causes: tuple[Reason, ...] = ()  # what the peer's Reason headers say (RFC 3326)


@dataclass(slots=True)
class _Offering:
    """A re-INVITE of ours that is not answered."""

    make: Callable[[], SessionDescription]
    made: SessionDescription


class Session:
    """A confirmed INVITE usage, in either role.

    `answer` is the session description the peer sent last: its answer, or its offer when it offered.
    `on_offer` is called with the offer of a re-INVITE and returns the answer, or None to refuse it with 488
    and go on as before; it must not block. While it is not set, every such offer is refused: an answer that
    nobody made for it would be stale. A re-INVITE without an offer gets the one that `on_offer_wanted` makes,
    or what we described last while that is not set; `on_answer` hears the answer, once `local` is the offer.
    It hears the answer to `offer` too, and `on_offer_refused` the status if there is none.
    `on_key` hears key presses that come by INFO: the key and its length in ms. `on_message_answered` hears
    what became of `send_message`. `on_refer` hears whom the peer wants called (REFER): then `answer_refer`
    and `report_refer` are due; while it is not set, that gets 603. `on_referral` hears how a REFER of ours
    goes. `on_replaced` is given the call that shall take this session's place (RFC 3891) and answers or
    rejects it; while it is not set, such calls get 603.
    """

    def __init__(self, endpoint: Endpoint, usage: InviteUsage, local: SessionDescription) -> None:
        self.on_offer: Callable[[SessionDescription], SessionDescription | None] | None = None
        self.on_offer_wanted: Callable[[], SessionDescription] | None = None
        self.on_answer: Callable[[SessionDescription], None] | None = None
        self.on_offer_refused: Callable[[int], None] | None = None
        self.on_key: Callable[[str, int], None] | None = None
        self.on_early_media: Callable[[SessionDescription, bool], None] | None = None
        self.on_ringing: Callable[[int], None] | None = None
        self.on_refer: Callable[[ReferTo], None] | None = None
        self.on_referral: Callable[[ReferAnswered | ReferReported], None] | None = None
        self.on_replaced: Callable[[IncomingCall], Awaitable[None]] | None = None
        self.on_message_answered: Callable[[str, int | None], None] | None = None
        self.local = local
        self.peer: SessionDescription | None = None  # `answer`, or None while the set-up lasts
        self._endpoint = endpoint
        self._usage = usage
        self._offering: _Offering | None = None
        self._established = trio.Event()
        self._over = trio.Event()
        self._ended: Ended | None = None
        self._failed: Ended | None = None  # ended without having been up
        endpoint.listen(usage, self.hear)
        endpoint.sessions[usage] = self

    def offer(self, make: Callable[[], SessionDescription]) -> None:
        """Send a re-INVITE with what `make` describes; `on_answer` or `on_offer_refused` hears what comes of
        it. `make` is asked again if an offer of the peer's comes first. No checkpoint.

        Raises LocalProtocolError when the session is not up or a change is under way.
        """
        offering = _Offering(make, make())
        self._usage.offer(offering.made.encode(), trio.current_time())
        self._offering = offering
        self._endpoint.apply(self._usage)

    @property
    def refer_to(self) -> ReferTo:
        """What somebody must be told who shall take our place in this session (Refer-To with Replaces)."""
        dialog = self._usage.dialog
        assert dialog is not None, "an answered session has a dialog"
        named = Replaces(dialog.call_id, dialog.remote.tag or "0", dialog.local.tag or "0")
        return ReferTo(dialog.remote_target, named)

    def refer(self, target: ReferTo, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Ask the peer to call `target`; `on_referral` hears how it goes. No checkpoint.

        Raises LocalProtocolError when the session is not up or a REFER is open.
        """
        self._usage.refer(target, trio.current_time(), headers=headers)
        self._endpoint.apply(self._usage)

    def send_message(
        self, method: str, headers: tuple[tuple[str, str], ...], content_type: str, body: bytes
    ) -> None:
        """Send an INFO, MESSAGE or NOTIFY; `on_message_answered` hears its method and the final status, None
        if none comes. No checkpoint.

        Raises LocalProtocolError when the session is not up or too many are open.
        """
        self._usage.send_message(method, headers, content_type, body)
        self._endpoint.apply(self._usage)

    def answer_refer(self, status: int) -> None:
        """Take (202) or refuse (300 to 699) what `on_refer` was told; nothing when none waits."""
        self._usage.answer_refer(status, trio.current_time())
        self._endpoint.apply(self._usage)

    def report_refer(self, status: int) -> None:
        """Tell the peer how far the call is that it asked for; a final status ends it."""
        self._usage.report_refer(status, trio.current_time())
        self._endpoint.apply(self._usage)

    def trace(self, tap: PacketTap) -> None:
        """Give `tap` every message of the session from now on, to the last."""
        self._endpoint.log.follow(self.sip_call_id, tap, until_over=True)

    @property
    def sip_call_id(self) -> str:
        """The Call-ID both sides know this session by."""
        return self._usage.call_id

    @property
    def answer(self) -> SessionDescription:
        """What the peer described last. Sessions given out have it."""
        assert self.peer is not None, "a session without the peer's description is not given out"
        return self.peer

    @property
    def ended(self) -> SessionEnded | None:
        """How it ended, or None while it lasts."""
        end = self._ended
        return None if end is None else SessionEnded(end.by_remote, end.status, end.reason, end.causes)

    async def hangup(self, reason: str | None = None, cause: Reason | None = None) -> None:
        """Send BYE and wait at most `HANGUP_WAIT_S` for its answer; nothing to do when it is over already.

        `cause` is told to the peer in the Reason header.
        """
        self.hangup_nowait(reason, cause)
        with trio.move_on_after(HANGUP_WAIT_S):
            await self._over.wait()

    def hangup_nowait(self, reason: str | None = None, cause: Reason | None = None) -> None:
        """Send BYE, or note it to be sent with the ACK, and return."""
        self._usage.hang_up(trio.current_time(), reason or "", cause)
        self._endpoint.apply(self._usage)

    async def wait_ended(self) -> SessionEnded:
        """Wait until either side has hung up."""
        await self._over.wait()
        ended = self.ended
        assert ended is not None, "said before the event is set"
        return ended

    async def wait_established(self) -> Ended | None:
        """Wait for the set-up: None when the session came up (and may be over again), else how it failed."""
        await self._established.wait()
        return self._failed

    def hear(self, event: SessionEvent) -> None:
        """What the usage says; the endpoint calls it."""
        match event:
            case Established(body):
                self._take(body)
                self._established.set()
            case AnswerArrived(body):
                self._answer_came(body)
            case OfferRefused(status):
                self._offering = None
                tell("sip.on_offer_refused_failed", self.on_offer_refused, status)
            case OfferArrived(body):
                answer = self._answer_to(body)
                self._usage.answer_offer(answer, trio.current_time())
                self._offer_anew()
                self._endpoint.apply(self._usage)
            case Ended():
                self._ended = event
                if not self._established.is_set():
                    self._failed = event
                self._endpoint.forget(self._usage)
                self._established.set()
                self._over.set()
            case KeyPressed(key, duration_ms):
                tell("sip.on_key_failed", self.on_key, key, duration_ms)
            case Ringing(response):
                tell("sip.on_ringing_failed", self.on_ringing, response.status)
            case EarlyMedia(_, body, reliable):
                self._tell_early(body, reliable=reliable)
            case MessageAnswered(method, status):
                tell("sip.on_message_answered_failed", self.on_message_answered, method, status)
            case ReferAnswered() | ReferReported():
                tell("sip.on_referral_failed", self.on_referral, event)
            case ReferArrived(target):
                if self.on_refer is None:
                    self.answer_refer(603)
                else:
                    tell("sip.on_refer_failed", self.on_refer, target)
            case _:
                pass

    def _answer_came(self, body: bytes) -> None:
        """The answer to our re-INVITE, or the one that an ACK brought."""
        ours = self._offering
        if ours is not None and self._usage.local_body == ours.made.encode():
            self._offering, self.local = None, ours.made
        else:
            self._offer_anew()
        if self._take(body):
            self._tell_answer()

    def _offer_anew(self) -> None:
        """An offer of ours that waits its turn follows on what has been agreed on meanwhile."""
        ours = self._offering
        if ours is None:
            return
        try:
            ours.made = ours.make()
        except Exception as error:  # noqa: BLE001 - the blast wall of this call: the offer stays as it was
            _log.error("sip.offer_anew_failed", places=places(error))
            return
        self._usage.offer_anew(ours.made.encode())

    def _take(self, body: bytes) -> bool:
        """Read the peer's answer; one that cannot be read ends the session."""
        if not body:
            return False
        try:
            self.peer = parse_sdp(body)
        except ParseError:
            self.hangup_nowait("the answer cannot be read")
            return False
        return True

    def _answer_to(self, body: bytes) -> bytes | None:
        """The body that answers a re-INVITE; None refuses it."""
        if not body:
            return self._offer()
        if self.on_offer is None:
            return None
        try:
            offered = parse_sdp(body)
        except ParseError:
            return None
        try:
            answer = self.on_offer(offered)
        except Exception as error:  # noqa: BLE001 - the blast wall: this re-INVITE fails, no call ends
            _log.error("sip.on_offer_failed", places=places(error))
            return None
        if answer is None:
            return None
        self.peer, self.local = offered, answer
        return answer.encode()

    def _offer(self) -> bytes | None:
        """The offer that a re-INVITE without one asks for."""
        if self.on_offer_wanted is not None:
            try:
                self.local = self.on_offer_wanted()
            except Exception as error:  # noqa: BLE001 - the blast wall of this call, as for an offer
                _log.error("sip.on_offer_wanted_failed", places=places(error))
                return None
        return self.local.encode()

    def _tell_early(self, body: bytes, *, reliable: bool) -> None:
        """Early media that cannot be read is not heard; the answer may yet be readable."""
        try:
            description = parse_sdp(body)
        except ParseError:
            _log.warning("sip.early_media_unreadable", sip_call_id=self.sip_call_id)
            return
        tell("sip.on_early_media_failed", self.on_early_media, description, reliable)

    def _tell_answer(self) -> None:
        if self.on_answer is None:
            return
        try:
            self.on_answer(self.answer)
        except Exception as error:  # noqa: BLE001 - the blast wall of this call: media may stand on either one
            _log.error("sip.on_answer_failed", places=places(error))
            self.hangup_nowait("the answer cannot be applied")


def tell(failed: str, listener: Callable[..., None] | None, *said: object) -> None:
    """Call a listener behind the blast wall of its call: what it raises costs what it was told."""
    if listener is None:
        return
    try:
        listener(*said)
    except Exception as error:  # noqa: BLE001 - as above
        _log.error(failed, places=places(error))
