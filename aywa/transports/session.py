"""A call over a stream, in the shape that calls have: it waits for its answer, then it is a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import trio

from aywa.errors import AywaError, EndCode, EndReason, EndSide, LocalProtocolError
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.audio import LocalAudio
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import make_offer, offer_again
from aywa.proto.sip.call_facts import CallFacts
from aywa.proto.sip.name_addr import NameAddr, parse_name_addr
from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.settings import NatMode, SrtpPolicy, TrunkSettings
from aywa.transports.coding import StreamCoding
from aywa.transports.link import Link
from aywa.transports.rtp_side import RtpSide

GOODBYE_S = 1.0  # for the far side to close after we have hung up


class StreamGone(AywaError):  # noqa: N818 - says what happened; the base says it is an error
    """The connection ended before the call was answered."""

    code = "stream-gone"

    def __init__(self, ended: StreamEnded) -> None:
        super().__init__(ended.reason)
        self.ended = ended

    def end_reason(self) -> EndReason:
        """The caller gave up, or the connection broke."""
        if self.ended.by_remote:
            return EndReason(EndCode.CALLER_CANCELLED, EndSide.CALLER, detail=self.detail)
        return EndReason(EndCode.SIP_ERROR, EndSide.SYSTEM, detail=self.detail)


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """How a call over a stream ended; `sip_status` is there for those who ask and never set."""

    by_remote: bool
    reason: str = ""
    sip_status: int | None = None


class StreamSession:
    """A call that was answered. A stream is never renegotiated: `on_offer` and the like are not called."""

    def __init__(self, call: StreamCall, local: SessionDescription) -> None:
        self.on_offer: Callable[[SessionDescription], SessionDescription | None] | None = None
        self.on_offer_wanted: Callable[[], SessionDescription] | None = None
        self.on_answer: Callable[[SessionDescription], None] | None = None
        self.on_offer_refused: Callable[[int], None] | None = None
        self.on_key: Callable[[str, int], None] | None = None
        self.on_message_answered: Callable[[str, int | None], None] | None = None
        # Nobody is transferred over a stream by its far side, nor by it.
        self.on_referral: Callable[[ReferAnswered | ReferReported], None] | None = None
        self.on_refer: Callable[[ReferTo], None] | None = None
        self.on_replaced: Callable[[Any], Awaitable[None]] | None = None
        self.local = local
        self.answer: SessionDescription | None = None
        self._call = call

    @property
    def sip_call_id(self) -> str:
        """What the call is known by; a stream has no Call-ID."""
        return self._call.sip_call_id

    @property
    def refer_to(self) -> ReferTo:
        """Raises LocalProtocolError: a stream has no dialog."""
        raise LocalProtocolError("a stream has no dialog")

    def offer(self, make: Callable[[], SessionDescription]) -> None:
        """Nothing: a stream is as it is."""

    def refer(self, target: ReferTo, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Raises LocalProtocolError: a transfer by REFER fails, one by dialling does not."""
        raise LocalProtocolError("a stream knows no REFER")

    def send_message(
        self, method: str, headers: tuple[tuple[str, str], ...], content_type: str, body: bytes
    ) -> None:
        """Raises LocalProtocolError: a stream has no dialog."""
        raise LocalProtocolError("a stream has no dialog to send a SIP message in")

    def trace(self, tap: PacketTap) -> None:
        """Nothing: a stream has no packets of signalling."""

    def answer_refer(self, status: int) -> None:
        """Nothing: none comes."""

    def report_refer(self, status: int) -> None:
        """Nothing: none came."""

    async def hangup(self, reason: str | None = None) -> None:
        """Tell the far side, and let it close; bounded; nothing happens when the call is over."""
        await self._call.hang_up(StreamEnded(by_remote=False, reason=reason or ""))

    async def wait_ended(self) -> StreamEnded:
        """Until either side has hung up, or the connection broke."""
        return await self._call.wait_ended()


class StreamCall:
    """An incoming call over `link`, whose media is `rtp` on this host. `trunk`: whose address it is."""

    def __init__(
        self, link: Link, rtp: RtpSide, trunk: TrunkSettings, source: tuple[str, int], rng: Random
    ) -> None:
        origin, coding = link.origin, link.coding
        self.sip_call_id = origin.call_id
        self.source = source
        self.from_: NameAddr = parse_name_addr(f"<{origin.from_uri}>")
        self.to: NameAddr = parse_name_addr(f"<{origin.to_uri}>")
        self.facts = CallFacts(self.from_, custom=dict(origin.facts), called=self.to.uri.user_text)
        # On this host there is one codec, no SRTP and no NAT, whatever the trunk has with SIP.
        self.trunk: TrunkSettings | None = replace(
            trunk, codecs=(coding.codec,), srtp=SrtpPolicy.OFF, nat=NatMode.STRICT
        )
        self.offer: SessionDescription | None = make_offer(_local(rtp, coding), rng.getrandbits(62), 1)
        self.answered = trio.Event()
        self.session: StreamSession | None = None
        self.gone = trio.Event()  # nothing more comes
        self._link = link
        self._rtp = rtp
        self._ended: StreamEnded | None = None
        self._over = trio.Event()

    async def ring(self) -> None:
        """Asterisk rings by itself."""

    def trace(self, tap: PacketTap | None) -> None:
        """Nothing: a stream has no packets of signalling."""

    async def answer(self, answer: SessionDescription) -> StreamSession:
        """Take the call; the leg is on this host, whatever address its description says to others.

        Raises StreamGone when the far side is no longer there.
        """
        if self._ended is not None:
            raise StreamGone(self._ended)
        try:
            await self._link.answer()
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise StreamGone(StreamEnded(False, "the connection broke")) from error
        self._rtp.connect((self._rtp.address[0], answer.media[0].port))
        self.session = StreamSession(self, answer)
        self.answered.set()
        return self.session

    async def reject(
        self, status: int, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Hang up: a stream has no other refusal. Nothing happens once the call is over."""
        await self.hang_up(StreamEnded(by_remote=False, reason=reason or f"refused with {status}"))

    @property
    def over(self) -> bool:
        """Either side has hung up, or the connection broke."""
        return self._ended is not None

    def key(self, key: str) -> None:
        """The caller pressed a key; how long is not said."""
        if self.session is not None and self.session.on_key is not None:
            self.session.on_key(key, 0)

    def recode(self, coding: StreamCoding) -> bool:
        """The far side has changed its coding, as a re-INVITE would; False before the leg is there."""
        session = self.session
        if session is None or session.on_offer is None or self.offer is None:
            return False
        offer = offer_again(self.offer, _local(self._rtp, coding))
        answer = session.on_offer(offer)
        if answer is None:
            return False
        self.offer, session.local, self._rtp.coding = offer, answer, coding
        return True

    def end(self, ended: StreamEnded) -> bool:
        """The call is over, for whoever said so first; False when it was over before."""
        if self._ended is not None:
            return False
        self._ended = ended
        self._over.set()
        return True

    async def hang_up(self, ended: StreamEnded) -> None:
        """End the call from this side, and the connection with it."""
        if not self.end(ended):
            return
        try:
            with trio.move_on_after(GOODBYE_S):
                await self._link.hang_up()
                await self.gone.wait()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # gone by itself
        finally:
            await self._link.aclose()

    async def wait_ended(self) -> StreamEnded:
        """How it ended, once it has."""
        await self._over.wait()
        assert self._ended is not None, "set before the event"
        return self._ended


def _local(rtp: RtpSide, coding: StreamCoding) -> LocalAudio:
    """Reports come to the port of the audio: there is none above it."""
    return LocalAudio(*rtp.address, (coding.audio,), rtcp_mux=True)
