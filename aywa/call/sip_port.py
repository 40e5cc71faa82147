"""The SIP user agent as a call needs it: structural, so that a call can be driven by any signalling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.call_facts import CallFacts
from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.session_states import ReferAnswered, ReferReported
from aywa.settings import TrunkSettings


class Printable(Protocol):
    """A name-addr: prints as its header value."""

    def __str__(self) -> str:
        """The header's value."""


class SessionEndedPort(Protocol):
    """How a session ended."""

    @property
    def by_remote(self) -> bool:
        """The far side hung up."""

    @property
    def sip_status(self) -> int | None:
        """The status that ended it, if one did."""

    @property
    def reason(self) -> str:
        """What the far side said about it."""


class SessionPort(Protocol):
    """A session that is up."""

    on_offer: Callable[[SessionDescription], SessionDescription | None] | None
    on_offer_wanted: Callable[[], SessionDescription] | None
    on_answer: Callable[[SessionDescription], None] | None
    on_offer_refused: Callable[[int], None] | None
    on_key: Callable[[str, int], None] | None
    on_message_answered: Callable[[str, int | None], None] | None
    on_referral: Callable[[ReferAnswered | ReferReported], None] | None
    on_refer: Callable[[ReferTo], None] | None
    on_replaced: Callable[[Any], Awaitable[None]] | None  # hears an `IncomingPort`

    def offer(self, make: Callable[[], SessionDescription]) -> None:
        """Offer in mid-call what `make` describes, again if the peer was faster; `on_answer` or
        `on_offer_refused` hears what comes of it, and neither where nothing is ever renegotiated.

        Raises LocalProtocolError while another change is under way.
        """

    def answer_refer(self, status: int) -> None:
        """Take (202) or refuse (300 to 699) what `on_refer` was told."""

    def report_refer(self, status: int) -> None:
        """Tell the peer how far the call is that it asked for; a final status ends it."""

    @property
    def refer_to(self) -> ReferTo:
        """What somebody must be told who shall take our place in this session."""

    def refer(self, target: ReferTo, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Ask the peer to call `target`; `on_referral` hears how it goes. Raises LocalProtocolError."""

    def send_message(
        self, method: str, headers: tuple[tuple[str, str], ...], content_type: str, body: bytes
    ) -> None:
        """Send an INFO, MESSAGE or NOTIFY; `on_message_answered` hears what comes of it.

        Raises LocalProtocolError when that cannot be.
        """

    def trace(self, tap: PacketTap) -> None:
        """Give `tap` every message from now on, to the last of the session."""

    @property
    def sip_call_id(self) -> str:
        """The Call-ID both sides know this session by."""

    @property
    def answer(self) -> SessionDescription | None: ...
    @property
    def local(self) -> SessionDescription: ...

    async def hangup(self, reason: str | None = None) -> None:
        """Send BYE; bounded; nothing happens when the session is over."""

    async def wait_ended(self) -> SessionEndedPort:
        """Until either side has hung up."""


class IncomingPort(Protocol):
    """A call that waits for its answer."""

    sip_call_id: str

    @property
    def source(self) -> tuple[str, int]:
        """Where the INVITE came from."""

    @property
    def trunk(self) -> TrunkSettings | None:
        """Whose call it is: its codecs and its SRTP go before the general ones."""

    @property
    def facts(self) -> CallFacts:
        """What the INVITE says of who calls and by which way."""

    @property
    def from_(self) -> Printable:
        """Who calls."""

    @property
    def to(self) -> Printable:
        """Whom they want."""

    @property
    def offer(self) -> SessionDescription | None:
        """The INVITE's offer; None leaves the offer to us."""

    def trace(self, tap: PacketTap | None) -> None:
        """Give `tap` every message of the call, those before the first `trace` too; None: nobody."""

    async def ring(self) -> None:
        """180."""

    async def answer(self, answer: SessionDescription) -> SessionPort:
        """200, and wait for the ACK. Raises an AywaError when the caller has given up."""

    async def reject(
        self, status: int, reason: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """A final refusal; nothing happens once the call is over."""
