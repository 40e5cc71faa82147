"""A telephone network that does as it is told: each INVITE comes out as the next script says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import trio

from aywa.errors import TransportError
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import LocalAudio, accept_offer
from aywa.proto.sip.message import Response
from aywa.proto.sip.refer import Replaces
from aywa.proto.sip.uri import Uri
from aywa.ua.errors import InviteFailed
from tests.kit.fake_sip import FakeSession


@dataclass(frozen=True, slots=True)
class DialScript:
    """What becomes of one INVITE. Times are seconds since it was sent; None: never.

    `status` below 300 answers; None is silence, 0 a host without an address.
    """

    status: int | None = 200
    after_s: float = 2.0
    rings_after_s: float | None = 0.5
    early_after_s: float | None = None
    reason: str = ""
    raises: Exception | None = None  # in place of the status


@dataclass
class FakeInvite:
    """An INVITE that was sent."""

    target: Uri
    from_uri: Uri
    offer: SessionDescription
    headers: tuple[tuple[str, str], ...]
    trunk: str | None
    sent_at: float
    allow_redirect: Callable[[Uri], bool] | None
    cancelled_at: float | None = None
    replaces: Replaces | None = None
    trace: PacketTap | None = None
    session: FakeSession | None = None


@dataclass
class FakeDialler:
    """Takes scripts in their order; without one left, it is answered after two seconds."""

    scripts: deque[DialScript] = field(default_factory=deque)
    invites: list[FakeInvite] = field(default_factory=list)

    async def invite(
        self,
        target: Uri,
        *,
        from_uri: Uri,
        offer: SessionDescription,
        headers: Iterable[tuple[str, str]] = (),
        ring_timeout_s: float = 60.0,
        allow_redirect: Callable[[Uri], bool] | None = None,
        on_early_media: Callable[[SessionDescription, bool], None] | None = None,
        on_ringing: Callable[[int], None] | None = None,
        trunk: str | None = None,
        replaces: Replaces | None = None,
        trace: PacketTap | None = None,
    ) -> FakeSession:
        script = self.scripts.popleft() if self.scripts else DialScript()
        now = trio.current_time()
        sent = FakeInvite(target, from_uri, offer, tuple(headers), trunk, now, allow_redirect)
        sent.replaces, sent.trace = replaces, trace
        self.invites.append(sent)
        answer = self.describe(offer)
        done = False
        try:
            with trio.move_on_after(ring_timeout_s) as ringing:
                for at, act in sorted(
                    [
                        (script.rings_after_s, lambda: on_ringing and on_ringing(180)),
                        (script.early_after_s, lambda: on_early_media and on_early_media(answer, False)),
                    ],
                    key=lambda step: step[0] or 0.0,
                ):
                    if at is not None:
                        await trio.sleep_until(now + at)
                        act()
                if script.status is None:
                    await trio.sleep_forever()
                await trio.sleep_until(now + script.after_s)
            if ringing.cancelled_caught:
                sent.cancelled_at = trio.current_time()
                if script.status is None:
                    await trio.sleep_forever()
                raise InviteFailed(487, "no answer in time", response=response(487))
            done = True
        finally:
            if not done and sent.cancelled_at is None:
                sent.cancelled_at = trio.current_time()
        if script.raises is not None:
            raise script.raises
        if script.status == 0:
            raise TransportError("The host has no address")
        assert script.status is not None
        if script.status >= 300:
            raise InviteFailed(script.status, script.reason, response=response(script.status))
        sent.session = FakeSession(offer, answer)
        return sent.session

    @staticmethod
    def describe(offer: SessionDescription) -> SessionDescription:
        """What the far side answers: the first codec of the offer, at a port of its own."""
        return accept_offer(offer, LocalAudio("127.0.0.1", 41_000), session_id=7).answer


def response(status: int) -> Response:
    """A final response that says no more than its status."""
    return Response(status, "", [])
