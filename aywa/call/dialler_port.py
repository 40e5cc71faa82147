"""The user agent as dialling needs it: structural, so that a call can be placed by any signalling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from aywa.call.sip_port import SessionPort
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.refer import Replaces
from aywa.proto.sip.uri import Uri


class DiallerPort(Protocol):
    """Places calls."""

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
    ) -> SessionPort:
        """Call `target` and return when it answered; cancelling the waiting cancels the call.

        `trace` hears every message, of each attempt to its last.

        Raises InviteFailed with the final status, TransportError when nothing leads there, and
        ProtocolError for a header that may not be sent.
        """
